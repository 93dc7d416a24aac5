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


def mosaic(images, columns, gap=2, row_gap=None):
    """Lay images (n, 1|3, h, w) out in rows as one uint8 image (H, W, 3) on white; gaps in pixels."""
    pixels = as_pixels(images)
    n, h, w, _ = pixels.shape
    row_gap = gap if row_gap is None else row_gap
    rows = math.ceil(n / columns)
    sheet = np.full((rows * (h + row_gap) - row_gap, columns * (w + gap) - gap, 3), 255, np.uint8)
    for i, image in enumerate(pixels):
        top, left = (i // columns) * (h + row_gap), (i % columns) * (w + gap)
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
    n, w = pixels.shape[0], pixels.shape[2]
    columns = min(n, columns or (n if n <= 8 else max(8, math.ceil(math.sqrt(n)))))
    count = math.ceil(n / columns)
    titles, rows = list(titles or []), list(rows or [])
    if titles and len(titles) not in (columns, n):
        raise ValueError(f"titles: got {len(titles)}, wanted one a column ({columns}) or one an image ({n})")
    if rows and len(rows) != count:
        raise ValueError(f"rows: got {len(rows)} labels, wanted one a row ({count})")
    each = len(titles) == n and count > 1  # a title on every image needs room between the rows
    left = 16 + 7.6 * max((len(line) for text in rows for line in str(text).split("\n")), default=-2.1)
    top = 10 + 15 * max((str(text).count("\n") + 1 for text in titles), default=-0.66)

    # All in screen pixels from here: small images are magnified by a whole number, large ones shrink to fit the page.
    room = min((WIDTH * DPI * scale - left) / columns - 3, max(144, w) * scale)
    zoom = math.floor(room / w) if room >= w else room / w
    if zoom >= 1:
        pixels, zoom = pixels.repeat(zoom, axis=1).repeat(zoom, axis=2), 1
    h, w = pixels.shape[1:3]
    gap = round(3 / zoom)
    row_gap = round(top / zoom) if each else gap
    sheet = mosaic(pixels.transpose(0, 3, 1, 2), columns, gap, row_gap)
    height, width = sheet.shape[0] * zoom, sheet.shape[1] * zoom
    figure = blank((top + height) / DPI, (left + width) / DPI)
    figure.set_layout_engine("none")
    axes = figure.add_axes((left / (left + width), 0, width / (left + width), height / (top + height)))
    axes.imshow(sheet, interpolation="nearest" if zoom == 1 else "antialiased", aspect="auto")
    axes.set_axis_off()
    for i, title in enumerate(titles):
        x, y = (i % columns) * (w + gap) + w / 2, (i // columns) * (h + row_gap) - 4 / zoom
        axes.text(x, y, title, ha="center", va="bottom", fontsize=10, linespacing=1.1)
    for i, text in enumerate(rows):
        axes.text(-8 / zoom, i * (h + row_gap) + h / 2, text, ha="right", va="center", fontsize=10)
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
    low_x, high_x = min(0, x - sizes[-1] / 2), max(w, x + sizes[-1] / 2)
    low_y, high_y = min(0, y - sizes[-1] / 2), max(h, y + sizes[-1] / 2)
    side = 4.4
    axes = on_axes(None, side + 0.6, side * (high_x - low_x) / (high_y - low_y) + 0.5)
    beyond = {"facecolor": "#F1F1F1", "edgecolor": "#C8C8C8", "hatch": "///", "linewidth": 0, "zorder": -1}
    axes.add_patch(Rectangle((low_x, low_y), high_x - low_x, high_y - low_y, **beyond))
    axes.imshow(255 - (255 - pixels) // 3, extent=(0, w, h, 0))  # what is not seen is faded
    bright = axes.imshow(pixels, extent=(0, w, h, 0))
    bright.set_clip_path(Rectangle((x - sizes[-1] / 2, y - sizes[-1] / 2), *[sizes[-1]] * 2, transform=axes.transData))
    for i, s in enumerate(sizes):
        colour = (ORANGE, GREEN, PURPLE)[i % 3]
        for line in ({"ec": "white", "lw": 4}, {"ec": colour, "lw": 2.2, "label": f"{s} × {s} pixels"}):
            axes.add_patch(Rectangle((x - s / 2, y - s / 2), s, s, fill=False, **line))
    axes.plot([x], [y], "o", color="white", mec="black", ms=5)
    axes.set(xlim=(low_x, high_x), ylim=(high_y, low_y), aspect="equal", xticks=[0, w], yticks=[0, h])
    axes.grid(False)
    axes.spines[:].set_visible(False)
    return legend_above(axes)
