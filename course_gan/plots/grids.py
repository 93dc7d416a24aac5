"""Figures of images: a grid of samples, and what one output of a convolution sees of an image."""

import math
from collections.abc import Iterable

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike
from torch import Tensor

from course_gan.data import to_uint8
from course_gan.plots.style import DPI, GREEN, ORANGE, PURPLE, WIDTH, as_array, blank, legend_above, on_axes, styled

GAP = 3  # screen pixels between the images of a grid
LARGE = 144  # screen pixels to which a small image is magnified at most
LINE = 15  # screen pixels of a line of text
LETTER = 7.6  # screen pixels of a letter, about


def as_pixels(images: ArrayLike | Tensor) -> np.ndarray:
    """Images float in [-1, 1] or uint8, (n, 1|3, h, w), as uint8 (n, h, w, 3); ValueError for another shape."""
    images = as_array(images)
    if images.ndim != 4 or images.shape[1] not in (1, 3):
        raise ValueError(f"images: got shape {tuple(images.shape)}, wanted (n, 1 or 3, h, w)")
    if images.dtype != np.uint8:
        images = to_uint8(torch.from_numpy(np.nan_to_num(images))).numpy()
    n, _, h, w = images.shape
    return np.broadcast_to(images.transpose(0, 2, 3, 1), (n, h, w, 3))


def mosaic(images: ArrayLike | Tensor, columns: int, gap: int = 2) -> np.ndarray:
    """Lay images out in rows on one white sheet.

    images: float in [-1, 1] or uint8, (n, 1 or 3, h, w); columns: images per row; gap: white pixels between two.
    Returns uint8 (H, W, 3); ValueError for images of another shape.
    """
    pixels = as_pixels(images)
    n, h, w, _ = pixels.shape
    rows = math.ceil(n / columns)
    height = rows * (h + gap) - gap
    width = columns * (w + gap) - gap
    sheet = np.full((height, width, 3), 255, np.uint8)
    for i, image in enumerate(pixels):
        row, column = divmod(i, columns)
        top = row * (h + gap)
        left = column * (w + gap)
        sheet[top : top + h, left : left + w] = image
    return sheet


@styled
def image_grid(
    images: ArrayLike | Tensor,
    columns: int | None = None,
    titles: Iterable | None = None,
    rows: Iterable | None = None,
    scale: float = 1.0,
) -> Figure:
    """Show images in a grid, each pixel magnified by a whole number where the page allows.

    images: float in [-1, 1] or uint8, (n, 1 or 3, h, w); columns: images per row, by default as square as fits.
    titles: one per column (shown once, on top) or one per image; rows: one label per row, at its left.
    scale: 1 fills at most the page's width and magnifies an image to at most 144 pixels; 0.5 halves both.
    Raises ValueError for images of another shape, or titles and rows that fit neither count.
    """
    pixels = as_pixels(images)
    n, h, w, _ = pixels.shape
    columns = min(n, columns or _columns(n))
    count = math.ceil(n / columns)
    titles = [str(text) for text in titles or []]
    rows = [str(text) for text in rows or []]
    if titles and len(titles) not in (columns, n):
        raise ValueError(f"titles: got {len(titles)}, wanted one a column ({columns}) or one an image ({n})")
    if rows and len(rows) != count:
        raise ValueError(f"rows: got {len(rows)} labels, wanted one a row ({count})")

    # All in screen pixels from here: small images are magnified by a whole number, large ones shrink to fit the page.
    left = 16 + round(LETTER * max(len(line) for text in rows for line in text.split("\n"))) if rows else 0
    top = 25 + LINE * max(text.count("\n") for text in titles) if titles else 0
    zoom = min((WIDTH * DPI * scale - left) / columns - GAP, max(LARGE, w) * scale) / w
    look = "antialiased"
    if zoom >= 1:
        zoom = math.floor(zoom)
        look = "nearest"
    w, h = round(w * zoom), round(h * zoom)
    gap = top if len(titles) > columns else GAP  # a title on every image needs room between the rows
    width = columns * (w + GAP) - GAP
    height = count * (h + gap) - gap
    figure = blank((top + height) / DPI, (left + width) / DPI)
    figure.set_layout_engine("none")
    axes = figure.add_axes((0, 0, 1, 1), xlim=(-left, width), ylim=(height, -top))
    axes.set_axis_off()
    places = [(i % columns * (w + GAP), i // columns * (h + gap)) for i in range(n)]
    for image, (x, y) in zip(pixels, places):
        axes.imshow(image, extent=(x, x + w, y + h, y), aspect="auto", interpolation=look)
    for title, (x, y) in zip(titles, places):
        axes.text(x + w / 2, y - 8, title, ha="center", va="baseline", fontsize=10, linespacing=1.1)
    for text, (_, y) in zip(rows, places[::columns]):
        axes.text(-8, y + h / 2, text, ha="right", va="center", fontsize=10)
    return figure


def _columns(n: int) -> int:
    """Images per row where nobody asks: a single row of up to eight, then as square as fits, eight at the least."""
    return n if n <= 8 else max(8, math.ceil(math.sqrt(n)))


@styled
def receptive_field(
    image: ArrayLike | Tensor, size: int | Iterable[int], centre: tuple[float, float] | None = None
) -> Figure:
    """Frame the square of an image that one output of a convolutional network sees.

    image: float in [-1, 1] or uint8, (1 or 3, h, w); size: the field's side in pixels, or several of them.
    centre: (row, column) in pixels, by default the middle. A field that passes the border sees padding, drawn hatched.
    Raises ValueError for an image of another shape.
    """
    pixels = as_pixels(as_array(image)[None])[0]
    h, w, _ = pixels.shape
    sizes = sorted([size] if np.isscalar(size) else size)
    y, x = (h / 2, w / 2) if centre is None else centre
    largest = sizes[-1]
    half = largest / 2
    left, right = min(0, x - half), max(w, x + half)
    top, bottom = min(0, y - half), max(h, y + half)
    axes = on_axes(None, 5.0, 4.4 * (right - left) / (bottom - top) + 0.5)
    axes.patch.set(facecolor="#F1F1F1", edgecolor="#C8C8C8", hatch="///", linewidth=0)
    axes.imshow(255 - (255 - pixels) // 3, extent=(0, w, h, 0))  # what is not seen is faded
    bright = axes.imshow(pixels, extent=(0, w, h, 0))
    bright.set_clip_path(_square(x, y, largest, transform=axes.transData))
    for i, side in enumerate(sizes):
        _frame_square(axes, x, y, side, (ORANGE, GREEN, PURPLE)[i % 3])
    axes.plot([x], [y], "o", color="white", mec="black", ms=5)
    axes.set(xlim=(left, right), ylim=(bottom, top), aspect="equal", xticks=[0, w], yticks=[0, h])
    axes.grid(False)
    axes.spines[:].set_visible(False)
    return legend_above(axes)


def _square(x: float, y: float, side: float, **look) -> Rectangle:
    """A square of this side around a point."""
    return Rectangle((x - side / 2, y - side / 2), side, side, **look)


def _frame_square(axes: Axes, x: float, y: float, side: int, colour: str) -> None:
    """Frame the square of this side around a point, in a colour on white that shows on any image."""
    axes.add_patch(_square(x, y, side, fill=False, ec="white", lw=4))
    axes.add_patch(_square(x, y, side, fill=False, ec=colour, lw=2.2, label=f"{side} × {side} pixels"))
