"""Figures of images: a grid of samples, and what one output of a convolution sees of an image."""

import math

import numpy as np
from matplotlib.patches import Rectangle

from course_gan.plots.style import DPI, GREEN, ORANGE, PURPLE, WIDTH, as_array, blank, styled


def as_pixels(images):
    """Images float in [-1, 1] or uint8, (n, 1|3, h, w), as uint8 (n, h, w, 3)."""
    images = as_array(images)
    if images.ndim != 4 or images.shape[1] not in (1, 3):
        raise ValueError(f"images: got shape {tuple(images.shape)}, wanted (n, 1 or 3, h, w)")
    if images.dtype != np.uint8:
        images = np.clip(np.round((np.nan_to_num(images) + 1) * 127.5), 0, 255).astype(np.uint8)
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
    scale: 1 fills at most the page's width with images of at most 144 pixels; 0.5 makes all that half as large.
    Raises ValueError for images of another shape, or titles and rows that fit neither count.
    """
    n, h, w = (as_pixels(images).shape)[:3]
    columns = min(n, columns or (n if n <= 8 else max(8, math.ceil(math.sqrt(n)))))
    count = math.ceil(n / columns)
    titles, rows = list(titles or []), list(rows or [])
    if titles and len(titles) not in (columns, n):
        raise ValueError(f"titles: got {len(titles)}, wanted one a column ({columns}) or one an image ({n})")
    if rows and len(rows) != count:
        raise ValueError(f"rows: got {len(rows)} labels, wanted one a row ({count})")
    each = len(titles) == n and count > 1  # a title on every image needs room between the rows
    label = 16 + 7.6 * max((len(line) for text in rows for line in str(text).split("\n")), default=-2.2)
    head = 10 + 15 * max((str(text).count("\n") + 1 for text in titles), default=-0.6)

    # All in screen pixels from here; the magnification is whole unless the images must shrink to fit.
    room = min((WIDTH * DPI * scale - label) / columns - 2, 144 * scale)
    zoom = max(room / w, 0.05) if room < w else math.floor(room / w)
    gap = max(1, round(3 / zoom))
    sheet = mosaic(images, columns, gap, math.ceil(head / zoom) if each else gap)
    height, width = sheet.shape[0] * zoom, sheet.shape[1] * zoom
    figure = blank((height + head + 2) / DPI, (width + label + 2) / DPI)
    figure.set_layout_engine("none")
    total_w, total_h = width + label + 2, height + head + 2
    axes = figure.add_axes((label / total_w, 1 / total_h, width / total_w, height / total_h))
    axes.imshow(sheet, interpolation="nearest" if zoom >= 1 else "antialiased", aspect="auto")
    axes.set_axis_off()
    step_x, step_y = w + gap, h + (math.ceil(head / zoom) if each else gap)
    for i, title in enumerate(titles):
        x, y = (i % columns) * step_x + w / 2 - 0.5, (i // columns) * step_y - 0.5 - 4 / zoom
        axes.text(x, y, title, ha="center", va="bottom", fontsize=10, linespacing=1.1)
    for i, text in enumerate(rows):
        axes.text(-0.5 - 8 / zoom, i * step_y + h / 2 - 0.5, text, ha="right", va="center", fontsize=10)
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
    figure = blank(side, side * (high_x - low_x) / (high_y - low_y) + 1.6)
    axes = figure.subplots()
    axes.add_patch(
        Rectangle((low_x, low_y), high_x - low_x, high_y - low_y, fc="#F1F1F1", ec="#C8C8C8", hatch="///", lw=0)
    )
    axes.imshow(255 - (255 - pixels) // 3, extent=(0, w, h, 0))  # what is not seen is faded
    bright = axes.imshow(pixels, extent=(0, w, h, 0))
    outer = Rectangle((x - sizes[-1] / 2, y - sizes[-1] / 2), sizes[-1], sizes[-1], transform=axes.transData)
    bright.set_clip_path(outer)
    for i, s in enumerate(sizes):
        colour = (ORANGE, GREEN, PURPLE)[i % 3]
        label = f"{s} × {s} pixels"
        axes.add_patch(Rectangle((x - s / 2, y - s / 2), s, s, fill=False, ec="white", lw=4))
        axes.add_patch(Rectangle((x - s / 2, y - s / 2), s, s, fill=False, ec=colour, lw=2.2, label=label))
    axes.plot([x], [y], "o", color="white", mec="black", ms=5)
    axes.set(xlim=(low_x, high_x), ylim=(high_y, low_y), aspect="equal", xticks=[0, w], yticks=[0, h])
    axes.grid(False)
    axes.spines[:].set_visible(False)
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), title="one output sees", alignment="left")
    return figure
