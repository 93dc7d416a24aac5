"""One look for every figure of the course: colours that survive colour blindness, sizes that fit a notebook page."""

import functools

import matplotlib
import numpy as np
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

# Okabe and Ito's palette. One meaning per colour throughout: blue is data, vermillion the generator, green the judge.
BLUE, VERMILLION, GREEN, PURPLE = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
ORANGE, SKY, YELLOW, BLACK, GREY = "#E69F00", "#56B4E9", "#F0E442", "#000000", "#8A8A8A"
COLOURS = {
    "real": BLUE,
    "data": BLUE,
    "fake": VERMILLION,
    "generator": VERMILLION,
    "discriminator": GREEN,
    "critic": GREEN,
    "latent": PURPLE,
    "neutral": GREY,
}
CYCLE = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY, BLACK)

DPI = 90
WIDTH = 8.0  # inches: 720 pixels, the width of a notebook's page

STYLE = {
    "figure.dpi": DPI,
    "savefig.dpi": DPI,
    "figure.facecolor": "white",
    "figure.constrained_layout.use": True,
    "font.family": "sans-serif",
    "font.size": 11,
    "axes.titlesize": 11.5,
    "axes.titlelocation": "left",
    "axes.labelsize": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#444444",
    "axes.labelcolor": "#222222",
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.prop_cycle": matplotlib.cycler(color=CYCLE),
    "grid.color": "#E4E4E4",
    "grid.linewidth": 0.8,
    "xtick.color": "#444444",
    "ytick.color": "#444444",
    "xtick.labelsize": 10,
    "ytick.labelsize": 10,
    "legend.frameon": False,
    "legend.fontsize": 10.5,
    "lines.linewidth": 1.8,
    "image.interpolation": "nearest",
}


def use_style():
    """Give figures made by hand with pyplot the look of the course's own."""
    matplotlib.rcParams.update(STYLE)


def styled(draw):
    """Run a drawing function under the course's style, and leave the reader's own settings as they were."""

    @functools.wraps(draw)
    def wrapper(*args, **kwargs):
        with matplotlib.rc_context(STYLE):
            return draw(*args, **kwargs)

    return wrapper


def blank(height=3.2, width=WIDTH):
    """An empty Figure with a canvas of its own (width and height in inches): pyplot never hears of it."""
    figure = Figure(figsize=(width, height))
    FigureCanvasAgg(figure)
    return figure


@styled
def panels(rows=1, columns=2, height=3.2, width=WIDTH, **subplots):
    """Make a Figure with several axes, to be filled with `axes=` by the other functions.

    rows, columns: counts; height, width: of the whole, in inches; subplots: as for Figure.subplots (sharex, sharey).
    Returns the Figure and a flat list of its axes, row by row.
    """
    figure = blank(height, width)
    return figure, list(np.atleast_1d(figure.subplots(rows, columns, **subplots)).flat)


def on_axes(axes, height=3.2, width=WIDTH):
    """The axes to draw on: those given, or the only ones of a new Figure."""
    return blank(height, width).subplots() if axes is None else axes


def colour_of(name, position):
    """The colour that a name has in the course ("real", "generator loss"), else the next one of the cycle."""
    words = str(name).lower().replace("_", " ").split()
    return next((COLOURS[word] for word in words if word in COLOURS), CYCLE[position % len(CYCLE)])


def as_array(values):
    """A tensor on any device, or anything numpy takes, as a float or uint8 numpy array."""
    if isinstance(values, torch.Tensor):
        values = values.detach().cpu()
        values = values.numpy() if values.dtype == torch.uint8 else values.float().numpy()
    return np.asarray(values)


def legend_above(axes, entries=None):
    """Put the legend in one line above the axes, where it hides nothing."""
    handles, labels = axes.get_legend_handles_labels() if entries is None else entries
    if len(labels) > 0:
        columns = min(len(labels), 4)
        place = {
            "ncols": columns,
            "loc": "lower left",
            "bbox_to_anchor": (0, 1),
            "borderaxespad": 0.2,
            "borderpad": 0.2,
        }
        axes.legend(handles, labels, columnspacing=1.2, handlelength=1.4, handletextpad=0.5, **place)
