"""Figures of the plane: real and generated points, what a discriminator thinks there, and how two players move."""

from collections.abc import Callable, Mapping

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from numpy.typing import ArrayLike
from torch import Tensor

from course_gan.plots.style import BLACK, COLOURS, as_array, colour_of, legend_above, on_axes, styled

# (low, high) for both axes, or ((x0, x1), (y0, y1))
Limits = tuple[float, float] | tuple[tuple[float, float], tuple[float, float]]

# Pale, so that points stand out on it: the generator's colour where D says fake, the data's where D says real.
PALE = ("#F0A878", "#FAE3D3", "#FFFFFF", "#D3E7F4", "#7DBBE0")
FAKE_TO_REAL = LinearSegmentedColormap.from_list("fake to real", PALE)
ARROWS = 17  # arrows of a field along each axis
STREAMS = 30  # points along each axis at which a phase portrait asks for the velocity


def both_axes(limits: Limits) -> tuple[tuple[float, float], tuple[float, float]]:
    """The limits as ((x0, x1), (y0, y1))."""
    across, up = limits if np.ndim(limits) == 2 else (limits, limits)
    return across, up


def lattice(limits: Limits, resolution: int) -> Tensor:
    """Points (resolution², 2) of a square lattice, row by row from the bottom.

    limits: (low, high) for both axes, or ((x0, x1), (y0, y1)); resolution: points along each axis.
    """
    (x0, x1), (y0, y1) = both_axes(limits)
    y, x = torch.meshgrid(torch.linspace(y0, y1, resolution), torch.linspace(x0, x1, resolution), indexing="ij")
    return torch.stack([x.flatten(), y.flatten()], dim=1)


def as_maps(points: ArrayLike | Tensor) -> np.ndarray:
    """The columns of points (n², k) of a lattice as k maps: (k, n, n)."""
    side = round(len(points) ** 0.5)
    return as_array(points).T.reshape(-1, side, side)


def frame(axes: Axes, labels: tuple[str, str], limits: Limits | None = None) -> None:
    """Name the axes, x first, give them equal scales, and limits as in `lattice`."""
    axes.set(aspect="equal", xlabel=labels[0], ylabel=labels[1])
    if limits is not None:
        across, up = both_axes(limits)
        axes.set(xlim=across, ylim=up)


def draw_points(axes: Axes, name: str, points: ArrayLike | Tensor | None, alpha: float) -> None:
    """Scatter points (n, 2), or none, in the colour of their name ("real", "fake"); alpha: their opacity, to 1."""
    if points is not None:
        size = float(np.clip(4000 / max(len(points), 1), 5, 22))
        axes.scatter(*as_array(points).T, s=size, color=COLOURS[name], alpha=alpha, lw=0, label=name)


@styled
def scatter(
    real: ArrayLike | Tensor | None,
    fake: ArrayLike | Tensor | None,
    modes: ArrayLike | Tensor | None = None,
    limits: Limits | None = None,
    axes: Axes | None = None,
) -> Figure:
    """Show real and generated points of the plane.

    real, fake: (n, 2), either may be None; modes: centres (m, 2), ringed; limits: (low, high) for both axes.
    axes: where to draw, by default those of a new Figure. Returns the Figure.
    """
    axes = on_axes(axes, height=4.6, width=4.6)
    draw_points(axes, "real", real, alpha=0.6)
    draw_points(axes, "fake", fake, alpha=0.6)
    if modes is not None:
        axes.scatter(*as_array(modes).T, s=130, facecolors="none", edgecolors=BLACK, lw=1, label="modes")
    frame(axes, ("$x_1$", "$x_2$"), limits)
    return legend_above(axes)


@styled
def field(
    value: Callable[[Tensor], Tensor],
    limits: Limits = (-1.5, 1.5),
    real: ArrayLike | Tensor | None = None,
    fake: ArrayLike | Tensor | None = None,
    arrows: bool = True,
    label: str = "D(x)",
    resolution: int = 80,
    axes: Axes | None = None,
) -> Figure:
    """Colour the plane by what a discriminator answers, with arrows up its slope, where the generator is sent.

    value: callable, points (n, 2) -> (n,), logits or probabilities; limits: (low, high) or ((x0, x1), (y0, y1)).
    real, fake: points (n, 2) drawn on top; arrows: the gradient of value by autograd, direction only.
    label: of the colour bar; resolution: points along each axis at which value is asked.
    axes: where to draw, by default those of a new Figure. Returns the Figure.
    """
    axes = on_axes(axes, height=4.8, width=5.8)
    points = lattice(limits, resolution)
    with torch.no_grad():
        answers = value(points).detach().cpu().reshape(-1, 1)
        x, y, values = as_maps(torch.cat([points, answers], dim=1))  # each (resolution, resolution)
    low, middle, high = _scale(values)
    filled = axes.pcolormesh(x, y, values, cmap=FAKE_TO_REAL, shading="gouraud", vmin=low, vmax=high)
    if values.min() < middle < values.max():
        axes.contour(x, y, values, [middle], colors=BLACK, linewidths=1, linestyles="--")
    draw_points(axes, "real", real, alpha=0.9)
    draw_points(axes, "fake", fake, alpha=0.9)
    if arrows:
        places = lattice(limits, ARROWS)
        axes.quiver(*as_array(places).T, *_uphill(value, places).T, color="#555555", scale=28, width=0.0035)
    frame(axes, ("$x_1$", "$x_2$"), limits)
    axes.grid(False)
    bar = axes.figure.colorbar(filled, ax=axes, shrink=0.85, ticks=[low, middle, high], format="%.2g", label=label)
    bar.outline.set_visible(False)
    return legend_above(axes)


def _scale(values: np.ndarray) -> tuple[float, float, float]:
    """The least, the undecided and the largest value of the colours: of probabilities, or of logits around 0."""
    if values.min() >= 0 and values.max() <= 1:
        return 0.0, 0.5, 1.0
    largest = max(np.abs(values).max(), 1e-6)
    return -largest, 0.0, largest


def _uphill(value: Callable[[Tensor], Tensor], places: Tensor) -> np.ndarray:
    """The direction (n, 2), of length one, in which value rises most steeply at places (n, 2)."""
    places = places.clone().requires_grad_()
    (slope,) = torch.autograd.grad(value(places).sum(), places)
    return as_array(slope / slope.norm(dim=1, keepdim=True).clamp_min(1e-12))


@styled
def phase_portrait(
    velocity: Callable[[Tensor], Tensor] | None,
    trajectories: Mapping[str, ArrayLike | Tensor] | None = None,
    limits: Limits = (-1.5, 1.5),
    labels: tuple[str, str] = ("θ", "ψ"),
    title: str | None = None,
    axes: Axes | None = None,
) -> Figure:
    """Draw the streamlines of a two-parameter game, and the paths that players took from their starts.

    velocity: callable, points (n, 2) -> velocities (n, 2), or None; trajectories: name -> (steps, 2), dot at the start.
    limits: (low, high) or ((x0, x1), (y0, y1)); labels: names of the two parameters. The cross is the origin.
    axes: where to draw, by default those of a new Figure. Returns the Figure.
    """
    axes = on_axes(axes, height=4.6, width=4.6)
    if velocity is not None:
        points = lattice(limits, STREAMS)
        x, y = as_maps(points)
        across, up = as_maps(velocity(points))
        axes.streamplot(x, y, across, up, color="#C4C4C4", linewidth=0.9, density=0.9, arrowsize=0.9)
    axes.plot([0], [0], "+", color=BLACK, ms=11, mew=1.5, zorder=4)
    for position, (name, path) in enumerate((trajectories or {}).items()):
        _path(axes, name, as_array(path), colour_of(name, position))
    frame(axes, labels, limits)
    axes.set_title(title or "", pad=24 if trajectories else 6)
    axes.grid(False)
    return legend_above(axes)


def _path(axes: Axes, name: str, path: np.ndarray, colour: str) -> None:
    """A path (steps, 2), with a dot at its start and an arrow head at the end of the last move that can be seen."""
    axes.plot(*path.T, color=colour, label=name, lw=1.6, zorder=3)
    axes.plot(*path[0], "o", color=colour, ms=6, zorder=4)
    moves = np.flatnonzero(np.abs(np.diff(path, axis=0)).sum(1) > 1e-9)
    if len(moves):
        last = moves[-1]
        arrow = {"arrowstyle": "-|>", "color": colour, "lw": 1.6}
        axes.annotate("", path[last + 1], path[last], arrowprops=arrow, zorder=5)
