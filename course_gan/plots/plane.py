"""Figures of the plane: real and generated points, what a discriminator thinks there, and how two players move."""

import numpy as np
import torch
from matplotlib.colors import LinearSegmentedColormap

from course_gan.plots.style import BLACK, COLOURS, as_array, colour_of, legend_above, on_axes, styled

# Pale, so that points stand out on it: the generator's colour where D says fake, the data's where D says real.
PALE = ("#F0A878", "#FAE3D3", "#FFFFFF", "#D3E7F4", "#7DBBE0")
FAKE_TO_REAL = LinearSegmentedColormap.from_list("fake to real", PALE)


def lattice(limits, resolution):
    """Points (resolution**2, 2) of a square lattice; limits: (low, high) for both axes, or ((x0, x1), (y0, y1))."""
    (x0, x1), (y0, y1) = limits if np.ndim(limits) == 2 else (limits, limits)
    y, x = torch.meshgrid(torch.linspace(y0, y1, resolution), torch.linspace(x0, x1, resolution), indexing="ij")
    return torch.stack([x.flatten(), y.flatten()], dim=1)


def as_maps(points):
    """The columns of points (n**2, k) of a lattice as k arrays (n, n)."""
    side = round(len(points) ** 0.5)
    return as_array(points).T.reshape(-1, side, side)


def frame(axes, labels, limits=None):
    """Name the axes, give them equal scales, and limits as in lattice."""
    axes.set(aspect="equal", xlabel=labels[0], ylabel=labels[1])
    if limits is not None:
        across, up = limits if np.ndim(limits) == 2 else (limits, limits)
        axes.set(xlim=across, ylim=up)


def draw_points(axes, alpha, **samples):
    """Scatter named points (n, 2), or None, in the colours of their names."""
    for name, points in samples.items():
        if points is not None:
            size = float(np.clip(4000 / max(len(points), 1), 5, 22))
            axes.scatter(*as_array(points).T, s=size, color=COLOURS[name], alpha=alpha, lw=0, label=name)


@styled
def scatter(real, fake, modes=None, limits=None, axes=None):
    """Show real and generated points of the plane.

    real, fake: (n, 2), either may be None; modes: centres (m, 2), ringed; limits: (low, high) for both axes.
    """
    axes = on_axes(axes, height=4.6, width=4.6)
    draw_points(axes, 0.6, real=real, fake=fake)
    if modes is not None:
        axes.scatter(*as_array(modes).T, s=130, facecolors="none", edgecolors=BLACK, lw=1, label="modes")
    frame(axes, ("$x_1$", "$x_2$"), limits)
    return legend_above(axes)


@styled
def field(value, limits=(-1.5, 1.5), real=None, fake=None, arrows=True, label="D(x)", resolution=80, axes=None):
    """Colour the plane by what a discriminator answers, with arrows up its slope, where the generator is sent.

    value: callable, points (n, 2) -> (n,), logits or probabilities; limits: (low, high) or ((x0, x1), (y0, y1)).
    real, fake: points (n, 2) drawn on top; arrows: the gradient of value by autograd, direction only.
    """
    axes = on_axes(axes, height=4.8, width=5.8)
    points = lattice(limits, resolution)
    with torch.no_grad():
        x, y, values = as_maps(torch.cat([points, value(points).detach().cpu().reshape(-1, 1)], dim=1))
    probability = values.min() >= 0 and values.max() <= 1
    low, middle, high = (0, 0.5, 1) if probability else np.array([-1, 0, 1]) * max(np.abs(values).max(), 1e-6)
    filled = axes.pcolormesh(x, y, values, cmap=FAKE_TO_REAL, shading="gouraud", vmin=low, vmax=high)
    if values.min() < middle < values.max():
        axes.contour(x, y, values, [middle], colors=BLACK, linewidths=1, linestyles="--")
    draw_points(axes, 0.9, real=real, fake=fake)
    if arrows:
        places = lattice(limits, 17).requires_grad_()
        (slope,) = torch.autograd.grad(value(places).sum(), places)
        slope = as_array(slope / slope.norm(dim=1, keepdim=True).clamp_min(1e-12))
        axes.quiver(*as_array(places).T, *slope.T, color="#555555", scale=28, width=0.0035)
    frame(axes, ("$x_1$", "$x_2$"), limits)
    axes.grid(False)
    bar = axes.figure.colorbar(filled, ax=axes, shrink=0.85, ticks=[low, middle, high], format="%.2g", label=label)
    bar.outline.set_visible(False)
    return legend_above(axes)


@styled
def phase_portrait(velocity, trajectories=None, limits=(-1.5, 1.5), labels=("θ", "ψ"), title=None, axes=None):
    """Draw the streamlines of a two-parameter game, and the paths that players took from their starts.

    velocity: callable, points (n, 2) -> velocities (n, 2), or None; trajectories: name -> (steps, 2), dot at the start.
    limits: (low, high) or ((x0, x1), (y0, y1)); labels: names of the two parameters. The cross is the origin.
    """
    axes = on_axes(axes, height=4.6, width=4.6)
    if velocity is not None:
        points = lattice(limits, 30)
        flow = (*as_maps(points), *as_maps(velocity(points)))
        axes.streamplot(*flow, color="#C4C4C4", linewidth=0.9, density=0.9, arrowsize=0.9)
    axes.plot([0], [0], "+", color=BLACK, ms=11, mew=1.5, zorder=4)
    for position, (name, path) in enumerate((trajectories or {}).items()):
        path, colour = as_array(path), colour_of(name, position)
        axes.plot(*path.T, color=colour, label=name, lw=1.6, zorder=3)
        axes.plot(*path[0], "o", color=colour, ms=6, zorder=4)
        moves = np.flatnonzero(np.abs(np.diff(path, axis=0)).sum(1) > 1e-9)
        for last in moves[-1:]:  # an arrow head at the end of the last move that can be seen
            arrow = {"arrowstyle": "-|>", "color": colour, "lw": 1.6}
            axes.annotate("", path[last + 1], path[last], arrowprops=arrow, zorder=5)
    frame(axes, labels, limits)
    axes.set_title(title or "", pad=24 if trajectories else 6)
    axes.grid(False)
    return legend_above(axes)
