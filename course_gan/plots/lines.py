"""Figures with one variable along the page: losses and scores over steps, densities over x."""

import numpy as np

from course_gan.plots.style import COLOURS, as_array, colour_of, legend_above, on_axes, styled


def smoothed(values, window):
    """The running mean of values (n,) over a centred window, narrower at the ends, so that nothing is shifted."""
    odd = np.ones(2 * (min(window, len(values) - 1) // 2) + 1)
    return np.convolve(values, odd, "same") / np.convolve(np.ones(len(values)), odd, "same")


@styled
def curves(values, x=None, xlabel="step", ylabel="loss", smooth=None, axes=None):
    """Draw named curves; a long one as its running mean, in a band from its least to its largest values nearby.

    values: name -> (n,), or (runs, n): then the mean over the runs, and a band from the least to the largest.
    x: (n,), by default 0, 1, 2 …; smooth: window of the running mean, by default a fiftieth of a curve of 200 or more.
    """
    axes = on_axes(axes)
    for position, (name, curve) in enumerate(values.items()):
        curve, colour = as_array(curve).astype(float), colour_of(name, position)
        along, style = np.arange(curve.shape[-1]) if x is None else as_array(x), {"color": colour, "label": name}
        n = len(along)
        window = smooth or (n // 50 if n >= 200 else 1)
        if curve.ndim == 2:
            axes.fill_between(along, curve.min(0), curve.max(0), color=colour, alpha=0.18, lw=0)
            curve = curve.mean(0)
        elif window > 1:
            parts = zip(np.array_split(along, 150), np.array_split(curve, 150))
            band = np.array([(part[0], ys.min(), ys.max()) for part, ys in parts if len(ys)])
            axes.fill_between(*band.T, color=colour, alpha=0.18, lw=0)
            curve = smoothed(curve, window)
        axes.plot(along, curve, marker="o" if n <= 12 else None, ms=5, **style)
    axes.set(xlabel=xlabel, ylabel=ylabel, xmargin=0.01)
    return legend_above(axes)


@styled
def densities(x, values, discriminator=None, xlabel="x", axes=None):
    """Draw densities over x, and what a discriminator answers there.

    x: (n,); values: name -> density (n,); discriminator: probabilities (n,) in [0, 1], on an axis of their own.
    """
    axes, x = on_axes(axes), as_array(x)
    for position, (name, density) in enumerate(values.items()):
        colour = colour_of(name, position)
        axes.fill_between(x, as_array(density), color=colour, alpha=0.15, lw=0)
        axes.plot(x, as_array(density), color=colour, label=name)
    axes.set(xlabel=xlabel, ylabel="density", xlim=(x.min(), x.max()), ylim=(0, None))
    if discriminator is not None:
        colour, right = COLOURS["discriminator"], axes.twinx()
        right.axhline(0.5, color=colour, lw=0.8, ls=":")
        right.plot(x, as_array(discriminator), color=colour, ls="--")
        axes.plot([], [], color=colour, ls="--", label="discriminator D(x)")  # for the legend
        right.set(ylim=(0, 1.03), yticks=[0, 0.5, 1])
        right.set_ylabel("D(x)", color=colour)
        right.tick_params(axis="y", colors=colour)
        right.spines["right"].set(visible=True, color=colour)
        right.grid(False)
    return legend_above(axes)
