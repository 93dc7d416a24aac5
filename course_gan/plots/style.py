"""One look for every figure of the course: colours that survive colour blindness, sizes that fit a notebook page."""

import functools
from pathlib import Path

import matplotlib
import numpy as np
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

STYLE = matplotlib.rc_params_from_file(Path(__file__).with_name("course.mplstyle"), use_default_template=False)
DPI = 90
WIDTH = 8.0  # inches: 720 pixels, the width of a notebook's page

# Okabe and Ito's palette. One meaning per colour throughout: blue is data, vermillion the generator, green the judge.
CYCLE = BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY, BLACK = tuple(STYLE["axes.prop_cycle"].by_key()["color"])
COLOURS = {"latent": PURPLE, "neutral": "#8A8A8A", **dict.fromkeys(("real", "data"), BLUE)}
COLOURS |= dict.fromkeys(("fake", "generator"), VERMILLION) | dict.fromkeys(("discriminator", "critic"), GREEN)


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


def legend_above(axes):
    """Put the legend in a line above the axes, where it hides nothing; return the axes' Figure, which is then done."""
    if labels := axes.get_legend_handles_labels()[1]:
        axes.legend(ncols=min(len(labels), 4), loc="lower left", bbox_to_anchor=(0, 1))
    return axes.figure
