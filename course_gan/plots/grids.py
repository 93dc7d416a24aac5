"""Figures of images: a grid of samples, and what one output of a convolution sees of an image."""

import math

import numpy as np
import torch
from matplotlib.patches import Rectangle

from course_gan.data import to_uint8
from course_gan.plots.style import DPI, GREEN, ORANGE, PURPLE, WIDTH, as_array, blank, legend_above, on_axes, styled


def as_pixels(images):
    """Images float in [-1, 1] or uint8, (n, 1|3, h, w), as uint8 (n, h, w, 3)."""
    images = as_array(images)
    if images.ndim != 4 or images.shape[1] not in (1, 3):
        raise ValueError(f"images: got shape {tuple(images.shape)}, wanted (n, 1 or 3, h, w)")
    if images.dtype != np.uint8:
        images = to_uint8(torch.from_numpy(np.nan_to_num(images))).numpy()
    return np.broadcast_to(images.transpose(0, 2, 3, 1), (*images.shape[:1], *images.shape[2:], 3))


def mosaic(images, columns, gap=2):
    """Lay images (n, 1|3, h, w) out in rows as one uint8 image (H, W, 3) on white; gap in pixels."""
    pixels = as_pixels(images)
    n, h, w, _ = pixels.shape
    sheet = np.full((math.ceil(n / columns) * (h + gap) - gap, columns * (w + gap) - gap, 3), 255, np.uint8)
    for i, image in enumerate(pixels):
        top, left = i // columns * (h + gap), i % columns * (w + gap)
        sheet[top : top + h, left : left + w] = image
    return sheet


@styled
def image_grid(images, columns=None, titles=None, rows=None, scale=1.0):
    """Show images in a grid, each pixel magnified by a whole number where the page allows.

    images: float in [-1, 1] or uint8, (n, 1 or 3, h, w); columns: images a row, by default as square as fits.
    titles: one a column (shown once, on top) or one an image; rows: one label a row, at its left.
    scale: 1 fills at most the page's width and magnifies an image to at most 144 pixels; 0.5 halves both.
    Raises ValueError for images of another shape, or titles and rows that fit neither count.
    """
    pixels = as_pixels(images)
    n, h, w, _ = pixels.shape
    columns = min(n, columns or (n if n <= 8 else max(8, math.ceil(math.sqrt(n)))))
    count = math.ceil(n / columns)
    titles, rows = ([str(text) for text in texts or []] for texts in (titles, rows))
    if titles and len(titles) not in (columns, n):
        raise ValueError(f"titles: got {len(titles)}, wanted one a column ({columns}) or one an image ({n})")
    if rows and len(rows) != count:
        raise ValueError(f"rows: got {len(rows)} labels, wanted one a row ({count})")

    # All in screen pixels from here: small images are magnified by a whole number, large ones shrink to fit the page.
    left = 16 + round(7.6 * max(len(line) for text in rows for line in text.split("\n"))) if rows else 0
    top = 25 + 15 * max(text.count("\n") for text in titles) if titles else 0
    zoom = min((WIDTH * DPI * scale - left) / columns - 3, max(144, w) * scale) / w
    zoom, look = (math.floor(zoom), "nearest") if zoom >= 1 else (zoom, "antialiased")
    w, h = round(w * zoom), round(h * zoom)
    gap = top if len(titles) > columns else 3  # a title on every image needs room between the rows
    width, height = columns * (w + 3) - 3, count * (h + gap) - gap
    figure = blank((top + height) / DPI, (left + width) / DPI)
    figure.set_layout_engine("none")
    axes = figure.add_axes((0, 0, 1, 1), xlim=(-left, width), ylim=(height, -top))
    axes.set_axis_off()
    places = [(i % columns * (w + 3), i // columns * (h + gap)) for i in range(n)]
    for image, (x, y) in zip(pixels, places):
        axes.imshow(image, extent=(x, x + w, y + h, y), aspect="auto", interpolation=look)
    for title, (x, y) in zip(titles, places):
        axes.text(x + w / 2, y - 8, title, ha="center", va="baseline", fontsize=10, linespacing=1.1)
    for text, (_, y) in zip(rows, places[::columns]):
        axes.text(-8, y + h / 2, text, ha="right", va="center", fontsize=10)
    return figure


@styled
def receptive_field(image, size, centre=None):
    """Frame the square of an image that one output of a convolutional network sees.

    image: float in [-1, 1] or uint8, (1 or 3, h, w); size: the field's side in pixels, or several of them.
    centre: (row, column) in pixels, by default the middle. A field that passes the border sees padding, drawn hatched.
    """
    pixels = as_pixels(as_array(image)[None])[0]
    h, w, _ = pixels.shape
    sizes = sorted([size] if np.isscalar(size) else size)
    y, x = (h / 2, w / 2) if centre is None else centre
    largest, half = sizes[-1], sizes[-1] / 2
    left, right, top, bottom = min(0, x - half), max(w, x + half), min(0, y - half), max(h, y + half)
    axes = on_axes(None, 5.0, 4.4 * (right - left) / (bottom - top) + 0.5)
    axes.patch.set(facecolor="#F1F1F1", edgecolor="#C8C8C8", hatch="///", linewidth=0)
    axes.imshow(255 - (255 - pixels) // 3, extent=(0, w, h, 0))  # what is not seen is faded
    bright = axes.imshow(pixels, extent=(0, w, h, 0))
    bright.set_clip_path(Rectangle((x - half, y - half), largest, largest, transform=axes.transData))
    for i, s in enumerate(sizes):
        colour = (ORANGE, GREEN, PURPLE)[i % 3]
        for line in ({"ec": "white", "lw": 4}, {"ec": colour, "lw": 2.2, "label": f"{s} × {s} pixels"}):
            axes.add_patch(Rectangle((x - s / 2, y - s / 2), s, s, fill=False, **line))
    axes.plot([x], [y], "o", color="white", mec="black", ms=5)
    axes.set(xlim=(left, right), ylim=(bottom, top), aspect="equal", xticks=[0, w], yticks=[0, h])
    axes.grid(False)
    axes.spines[:].set_visible(False)
    return legend_above(axes)
