"""Figures of the plane: real and generated points, what a discriminator thinks there, and how two players move."""

import numpy as np
import torch
from matplotlib.colors import LinearSegmentedColormap

from course_gan.plots.style import BLACK, COLOURS, as_array, colour_of, legend_above, on_axes, styled

# Pale, so that points stand out on it: the generator's colour where D says fake, the data's where D says real.
FAKE_TO_REAL = LinearSegmentedColormap.from_list(
    "fake to real", ["#F0A878", "#FAE3D3", "#FFFFFF", "#D3E7F4", "#7DBBE0"]
)


def lattice(limits, resolution):
    """Points (resolution**2, 2) of a square lattice; limits: (low, high) for both axes, or ((x0, x1), (y0, y1))."""
    (x0, x1), (y0, y1) = limits if np.ndim(limits) == 2 else (limits, limits)
    y, x = torch.meshgrid(torch.linspace(y0, y1, resolution), torch.linspace(x0, x1, resolution), indexing="ij")
    return torch.stack([x.flatten(), y.flatten()], dim=1)


def _square(axes, points):
    """Equal scales, and limits just around points (n, 2)."""
    axes.set(aspect="equal", xlim=(points[:, 0].min(), points[:, 0].max()))
    axes.set_ylim(points[:, 1].min(), points[:, 1].max())


def _points(axes, points, name, alpha=0.6):
    points = as_array(points)
    size = float(np.clip(4000 / max(len(points), 1), 5, 22))
    axes.scatter(*points.T, s=size, color=COLOURS[name], alpha=alpha, lw=0, label=name)


@styled
def scatter(real, fake, modes=None, limits=None, axes=None):
    """Show real and generated points of the plane.

    real, fake: (n, 2), either may be None; modes: centres (m, 2), ringed; limits: (low, high) for both axes.
    """
    axes = on_axes(axes, height=4.6, width=4.6)
    for points, name in ((real, "real"), (fake, "fake")):
        if points is not None:
            _points(axes, points, name)
    if modes is not None:
        axes.scatter(*as_array(modes).T, s=130, facecolors="none", edgecolors=BLACK, lw=1, label="modes")
    axes.set(aspect="equal", xlabel="$x_1$", ylabel="$x_2$")
    if limits is not None:
        axes.set(xlim=limits, ylim=limits)
    legend_above(axes)
    return axes.figure


@styled
def field(value, limits=(-1.5, 1.5), real=None, fake=None, arrows=True, label="D(x)", resolution=80, axes=None):
    """Colour the plane by what a discriminator answers, with arrows up its slope, where the generator is sent.

    value: callable, points (n, 2) -> (n,), logits or probabilities; limits: (low, high) or ((x0, x1), (y0, y1)).
    real, fake: points (n, 2) drawn on top; arrows: the gradient of value by autograd, direction only.
    """
    axes = on_axes(axes, height=4.8, width=5.8)
    grid = lattice(limits, resolution)
    with torch.no_grad():
        values = as_array(value(grid)).reshape(resolution, resolution)
    probability = values.min() >= 0 and values.max() <= 1
    middle, reach = (0.5, 0.5) if probability else (0.0, max(float(np.abs(values).max()), 1e-6))
    x, y = (as_array(grid[:, i]).reshape(resolution, resolution) for i in (0, 1))
    ends = {"vmin": middle - reach, "vmax": middle + reach}
    filled = axes.pcolormesh(x, y, values, cmap=FAKE_TO_REAL, shading="gouraud", rasterized=True, **ends)
    if values.min() < middle < values.max():
        axes.contour(x, y, values, [middle], colors=BLACK, linewidths=1, linestyles="--")
    for points, name in ((real, "real"), (fake, "fake")):
        if points is not None:
            _points(axes, points, name, alpha=0.9)
    if arrows:
        places = lattice(limits, 17).requires_grad_()
        (slope,) = torch.autograd.grad(value(places).sum(), places)
        slope = as_array(slope / slope.norm(dim=1, keepdim=True).clamp_min(1e-12))
        axes.quiver(*as_array(places).T, *slope.T, color="#555555", scale=28, width=0.0035)
    _square(axes, as_array(grid))
    axes.set(xlabel="$x_1$", ylabel="$x_2$")
    axes.grid(False)
    bar = axes.figure.colorbar(filled, ax=axes, shrink=0.85, ticks=[middle - reach, middle, middle + reach])
    bar.set_label(label)
    bar.ax.set_yticklabels([f"{tick:.2g}" for tick in (middle - reach, middle, middle + reach)])
    bar.outline.set_visible(False)
    legend_above(axes)
    return axes.figure


@styled
def phase_portrait(velocity, trajectories=None, limits=(-1.5, 1.5), labels=("θ", "ψ"), title=None, axes=None):
    """Draw the streamlines of a two-parameter game, and the paths that players took from their starts.

    velocity: callable, points (n, 2) -> velocities (n, 2), or None; trajectories: name -> (steps, 2), dot at the start.
    limits: (low, high) or ((x0, x1), (y0, y1)); labels: names of the two parameters. The cross is the origin.
    """
    axes = on_axes(axes, height=4.6, width=4.6)
    grid = lattice(limits, 30)
    if velocity is not None:
        x, y = (as_array(grid[:, i]).reshape(30, 30) for i in (0, 1))
        u, v = (as_array(velocity(grid))[:, i].reshape(30, 30) for i in (0, 1))
        axes.streamplot(x, y, u, v, color="#C4C4C4", linewidth=0.9, density=0.9, arrowsize=0.9)
    axes.plot([0], [0], "+", color=BLACK, ms=11, mew=1.5, zorder=4)
    for position, (name, path) in enumerate((trajectories or {}).items()):
        path, colour = as_array(path), colour_of(name, position)
        axes.plot(*path.T, color=colour, label=name, lw=1.6, zorder=3)
        axes.plot(*path[0], "o", color=colour, ms=6, zorder=4)
        inside = np.flatnonzero(np.abs(np.diff(path, axis=0)).sum(1) > 1e-9)
        if len(inside) > 0:  # an arrow head at the end of the last move that can be seen
            start, end = path[inside[-1]], path[inside[-1] + 1]
            axes.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": colour, "lw": 1.6}, zorder=5)
    _square(axes, as_array(grid))
    axes.set(xlabel=labels[0], ylabel=labels[1])
    axes.grid(False)
    legend_above(axes)
    if title:
        axes.set_title(title, pad=24 if trajectories else 6)
    return axes.figure
