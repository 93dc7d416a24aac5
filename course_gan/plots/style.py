"""One look for every figure of the course: colours that survive colour blindness, sizes that fit a notebook page."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import matplotlib
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

P = ParamSpec("P")
R = TypeVar("R")

STYLE = matplotlib.rc_params_from_file(Path(__file__).with_name("course.mplstyle"), use_default_template=False)
DPI = 90
WIDTH = 8.0  # inches: 720 pixels, the width of a notebook's page

# Okabe and Ito's palette. One meaning per colour throughout: blue is data, vermillion the generator, green the judge.
CYCLE = BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY, BLACK = tuple(STYLE["axes.prop_cycle"].by_key()["color"])
COLOURS = {
    "latent": PURPLE,
    "neutral": "#8A8A8A",
    "real": BLUE,
    "data": BLUE,
    "fake": VERMILLION,
    "generator": VERMILLION,
    "discriminator": GREEN,
    "critic": GREEN,
}


def use_style() -> None:
    """Give figures made by hand with pyplot the look of the course's own."""
    matplotlib.rcParams.update(STYLE)


def styled(draw: Callable[P, R]) -> Callable[P, R]:
    """Run a drawing function under the course's style, and leave the reader's own settings as they were."""

    @functools.wraps(draw)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        with matplotlib.rc_context(STYLE):
            return draw(*args, **kwargs)

    return wrapper


def blank(height: float = 3.2, width: float = WIDTH) -> Figure:
    """An empty Figure with a canvas of its own (width and height in inches): pyplot never hears of it."""
    figure = Figure(figsize=(width, height))
    FigureCanvasAgg(figure)
    return figure


@styled
def panels(
    rows: int = 1, columns: int = 2, height: float = 3.2, width: float = WIDTH, **subplots: Any
) -> tuple[Figure, list[Axes]]:
    """Make a Figure with several axes, to be filled with `axes=` by the other functions.

    rows, columns: counts; height, width: of the whole, in inches; subplots: as for Figure.subplots (sharex, sharey).
    Returns the Figure and a flat list of its axes, row by row.
    """
    figure = blank(height, width)
    axes = np.atleast_1d(figure.subplots(rows, columns, **subplots))
    return figure, list(axes.flat)


def on_axes(axes: Axes | None, height: float = 3.2, width: float = WIDTH) -> Axes:
    """The axes to draw on: those given, or the only ones of a new Figure; height, width: of that one, in inches."""
    return blank(height, width).subplots() if axes is None else axes


def colour_of(name: str, position: int) -> str:
    """The colour that a name has in the course ("real", "generator loss"), else the next one of the cycle.

    name: whose first word that has a colour of its own decides; position: place in the cycle, from 0.
    """
    words = str(name).lower().replace("_", " ").split()
    return next((COLOURS[word] for word in words if word in COLOURS), CYCLE[position % len(CYCLE)])


def as_array(values: ArrayLike | torch.Tensor) -> np.ndarray:
    """A tensor on any device as a float32 or uint8 array of its shape; anything else as numpy takes it."""
    if isinstance(values, torch.Tensor):
        values = values.detach().cpu()
        values = values.numpy() if values.dtype == torch.uint8 else values.float().numpy()
    return np.asarray(values)


def legend_above(axes: Axes) -> Figure:
    """Put the legend in a line above the axes, where it hides nothing; return the axes' Figure, which is then done."""
    labels = axes.get_legend_handles_labels()[1]
    if labels:
        axes.legend(ncols=min(len(labels), 4), loc="lower left", bbox_to_anchor=(0, 1))
    return axes.figure
