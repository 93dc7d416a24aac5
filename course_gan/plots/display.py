"""From a Figure to the page: a small PNG with a caption that can be seen and an alternative text that can be heard."""

import base64
import html
import io
import sys
from typing import Any

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from course_gan.console import say
from course_gan.plots.style import DPI, STYLE

PHOTOGRAPHIC = 30_000  # bytes of a lossless WebP, or colours: more are photographs, which lossy WebP keeps well


def in_notebook() -> bool:
    """Whether this runs in a Jupyter kernel, found out without importing IPython where it is not."""
    module = sys.modules.get("IPython")
    return module is not None and getattr(module.get_ipython(), "kernel", None) is not None


def picture(figure: Figure, dpi: float = DPI) -> Image.Image:
    """Draw a Figure as an RGB picture.

    dpi: pixels per inch; the picture has the figure's size in inches times dpi.
    """
    with matplotlib.rc_context(STYLE):
        figure.set_dpi(dpi)
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba())[..., :3]  # (h, w, 3)
    return Image.fromarray(pixels.copy())


def shrunk(image: Image.Image) -> Image.Image:
    """The RGB picture in grey if it is, else in 256 colours: the nearest where nobody would see it, else dithered."""
    pixels = np.asarray(image, int)  # (h, w, 3)
    if (pixels == pixels[..., :1]).all():
        return image.convert("L")
    few = image.quantize(256, method=Image.Quantize.MAXCOVERAGE, kmeans=1, dither=Image.Dither.NONE)
    error = np.abs(np.asarray(few.convert("RGB"), int) - pixels).max(axis=2)
    if error.mean() < 2.5 and error.max() <= 32:
        return few
    return image.quantize(256, palette=few, dither=Image.Dither.FLOYDSTEINBERG)


def encode(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """A picture as the bytes of a file.

    kind: a format that PIL writes, "PNG" or "WEBP"; options: as for PIL's `Image.save` in that format.
    """
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def png(figure: Figure, dpi: float = DPI) -> bytes:
    """Draw a Figure as the bytes of a small PNG, of 256 colours or of greys; dpi: pixels per inch."""
    return encode(shrunk(picture(figure, dpi)), optimize=True)


def bundle(figure: Figure, caption: str, key: bool = False) -> tuple[dict[str, str], dict[str, dict]]:
    """What a notebook stores of a figure: data and metadata, each by mime type.

    Neither JupyterLab nor nbconvert's lab template gives an image/png its alternative text, so the picture is there
    twice: as image/png for whatever reads that, and as WebP, smaller, in an HTML figure with `alt` and caption. Of
    photographs the PNG has a third of the width and height: whole, it would be twice the WebP and slow to make. Its
    metadata tell whoever shows it, as GitHub does, to show it as large as the picture.
    """
    image = picture(figure)
    photos = image.getcolors(PHOTOGRAPHIC) is None
    few = shrunk(image.reduce(3) if photos else image)
    webp = encode(few.convert("RGB"), "WEBP", lossless=True)
    if photos or len(webp) > PHOTOGRAPHIC:
        webp = encode(image, "WEBP", quality=75 if photos else 88)
    source = base64.b64encode(webp).decode()
    text = html.escape(caption)
    page = (
        f'<figure style="margin: 0"><img alt="{text}" src="data:image/webp;base64,{source}">'
        f'<figcaption style="max-width: 720px; font-size: 90%; opacity: 0.8">{text}</figcaption></figure>'
    )
    content = base64.b64encode(encode(few, optimize=True)).decode()
    data = {"text/plain": caption, "text/html": page, "image/png": content}
    shown = {"alt": caption, "width": image.width, "height": image.height}
    return data, {"image/png": shown, "course_gan": {"key": bool(key)}}


def show(figure: Figure, caption: str, key: bool = False) -> None:
    """Show a Figure in a notebook with its caption below it, which is its alternative text too; print it elsewhere.

    caption: what is to be seen, in a sentence or two; key: whether this is one of the lesson's key figures.
    """
    if not in_notebook():
        say(caption)
        return
    from IPython.display import display

    data, metadata = bundle(figure, caption, key)
    display(data, raw=True, metadata=metadata)
