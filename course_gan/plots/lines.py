"""Figures with one variable along the page: losses and scores over steps, densities over x."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike
from torch import Tensor

from course_gan.plots.style import COLOURS, as_array, colour_of, legend_above, on_axes, styled

BANDS = 150  # stretches along the page in which a long curve's least and largest values are found


def smoothed(values: np.ndarray, window: int) -> np.ndarray:
    """The running mean of values (n,) over a centred window, narrower at the ends, so that nothing is shifted."""
    reach = min(window, len(values) - 1) // 2
    box = np.ones(2 * reach + 1)
    inside = np.convolve(np.ones(len(values)), box, "same")  # how many values the window holds there
    return np.convolve(values, box, "same") / inside


@styled
def curves(
    values: Mapping[str, ArrayLike | Tensor],
    x: ArrayLike | Tensor | None = None,
    xlabel: str = "step",
    ylabel: str = "loss",
    smooth: int | None = None,
    axes: Axes | None = None,
) -> Figure:
    """Draw named curves; a long one as its running mean, in a band from its least to its largest values nearby.

    values: name -> (n,), or (runs, n): then the mean over the runs, and a band from the least to the largest.
    x: (n,), by default 0, 1, 2 …; smooth: window of the running mean, by default a fiftieth of a curve of 200 or more.
    axes: where to draw, by default those of a new Figure. Returns the Figure.
    """
    axes = on_axes(axes)
    for position, (name, curve) in enumerate(values.items()):
        curve = as_array(curve).astype(float)
        along = np.arange(curve.shape[-1]) if x is None else as_array(x)
        _curve(axes, name, along, curve, smooth, colour_of(name, position))
    axes.set(xlabel=xlabel, ylabel=ylabel, xmargin=0.01)
    return legend_above(axes)


def _curve(axes: Axes, name: str, along: np.ndarray, curve: np.ndarray, smooth: int | None, colour: str) -> None:
    """One curve (n,), or (runs, n), over along (n,), with its band."""
    n = len(along)
    window = smooth or (n // 50 if n >= 200 else 1)
    if curve.ndim == 2:
        axes.fill_between(along, curve.min(0), curve.max(0), color=colour, alpha=0.18, lw=0)
        curve = curve.mean(0)
    elif window > 1:
        stretches = zip(np.array_split(along, BANDS), np.array_split(curve, BANDS))
        band = np.array([(part[0], ys.min(), ys.max()) for part, ys in stretches if len(ys)])
        axes.fill_between(*band.T, color=colour, alpha=0.18, lw=0)
        curve = smoothed(curve, window)
    axes.plot(along, curve, marker="o" if n <= 12 else None, ms=5, color=colour, label=name)


@styled
def densities(
    x: ArrayLike | Tensor,
    values: Mapping[str, ArrayLike | Tensor],
    discriminator: ArrayLike | Tensor | None = None,
    xlabel: str = "x",
    axes: Axes | None = None,
) -> Figure:
    """Draw densities over x, and what a discriminator answers there.

    x: (n,); values: name -> density (n,); discriminator: probabilities (n,) in [0, 1], on an axis of their own.
    axes: where to draw, by default those of a new Figure. Returns the Figure.
    """
    axes = on_axes(axes)
    x = as_array(x)
    for position, (name, density) in enumerate(values.items()):
        colour = colour_of(name, position)
        axes.fill_between(x, as_array(density), color=colour, alpha=0.15, lw=0)
        axes.plot(x, as_array(density), color=colour, label=name)
    axes.set(xlabel=xlabel, ylabel="density", xlim=(x.min(), x.max()), ylim=(0, None))
    if discriminator is not None:
        _answers(axes, x, as_array(discriminator))
    return legend_above(axes)


def _answers(axes: Axes, x: np.ndarray, discriminator: np.ndarray) -> None:
    """D(x), probabilities (n,) over x (n,), on an axis of its own at the right, and in the legend."""
    colour = COLOURS["discriminator"]
    right = axes.twinx()
    right.axhline(0.5, color=colour, lw=0.8, ls=":")
    right.plot(x, discriminator, color=colour, ls="--")
    axes.plot([], [], color=colour, ls="--", label="discriminator D(x)")  # for the legend
    right.set(ylim=(0, 1.03), yticks=[0, 0.5, 1])
    right.set_ylabel("D(x)", color=colour)
    right.tick_params(axis="y", colors=colour)
    right.spines["right"].set(visible=True, color=colour)
    right.grid(False)
