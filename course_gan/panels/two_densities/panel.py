"""Lesson 01: two densities on a line, moved by hand; the best discriminator and what it tells the generator follow."""

import numpy as np

from course_gan import plots
from course_gan.panels.kit.frame import Panel
from course_gan.panels.two_densities.game_on_a_line import LOG_4, Reading, X, log_normal, log_real, read
from course_gan.plots.style import styled

SHOWN = (-6.0, 6.0)
# name: label, start, least and largest value, step
SLIDERS = {
    "gap": ("real: bumps at ±", 1.5, 0.0, 3.0, 0.05),
    "spread": ("real: spread", 0.5, 0.3, 1.5, 0.05),
    "theta": ("generator: θ", 3.0, *SHOWN, 0.05),
    "width": ("generator: spread", 1.0, 0.3, 1.5, 0.05),
}


class Minimax(Panel):
    """Two densities that the learner moves: D*, the value, the JSD and both gradients of θ move with them."""

    name = "minimax"
    shows = "both densities and the best discriminator (dashed); value and gradients over θ, with dots where θ stands"
    places = np.linspace(*SHOWN, 97)
    sliders = SLIDERS

    def game(self) -> tuple[list, Reading]:
        """The curves (p, q and D* over X; value and both gradients over `places`), and the Reading at θ."""
        gap, spread, theta, width = self.state.values()
        p, q = log_real(X, gap, spread), log_normal(X, theta, width)
        everywhere = read(gap, spread, np.append(self.places, theta), width)
        value, _, *pushes = (values[:-1] for values in everywhere)
        here = Reading(*(values[-1] for values in everywhere))
        return [np.exp(p), np.exp(q), np.exp(-np.logaddexp(0, q - p)), value, *pushes], here

    @styled
    def sketch(self):
        (p, q, best, value, *pushes), _ = self.game()
        figure, (left, middle, right) = plots.panels(1, 3, height=2.9, width=9.4, width_ratios=[1.7, 1, 1])
        plots.densities(X, {"real p": p, "generator q": q}, discriminator=best, axes=left)
        plots.curves({"value V(D*, G)": value}, self.places, "θ", "", 1, middle)
        plots.curves(dict(zip(("saturating", "non-saturating"), pushes)), self.places, "θ", "gradient of θ", 1, right)
        left.set(xlim=SHOWN, ylim=(0, 1.45))
        middle.set(ylim=(-1.5, 0.1))
        for part in (middle.lines[0], middle.legend_.legend_handles[0]):
            part.set_color("black")
        right.legend(loc="upper left", fontsize=8.5)
        right.set_yscale("symlog", linthresh=0.1)
        ticks = (-100, -10, -1, -0.1, 0, 0.1, 1, 10, 100)
        right.set(ylim=(-100, 100), yticks=ticks, yticklabels=[f"{tick:g}".replace("-", "−") for tick in ticks])
        lines = [*left.lines[:2], figure.axes[-1].lines[-1], middle.lines[0], *right.lines[:2]]
        dots = [line.axes.plot([], [], "o", ms=8, color=line.get_color())[0] for line in lines[3:]]
        for axes, level in ((middle, -LOG_4), (right, 0)):
            axes.axhline(level, color="#888888", lw=1, ls=":")
        return figure, (*left.collections, *lines, *dots)

    def place(self, picture):
        curves, here = self.game()
        fills, lines, dots = picture.moving[:2], picture.moving[2:8], picture.moving[8:]
        for fill, density in zip(fills, curves):
            fill.set_verts([np.column_stack([np.append(X, X[::-1]), np.append(density, np.zeros_like(X))])])
        for line, values in zip(lines, curves):
            line.set_ydata(values)
        for dot, value in zip(dots, (here.value, here.saturating, here.non_saturating)):
            dot.set_data([self.state["theta"]], [value])

    def read(self):
        value, divergence, *pushes = self.game()[1]
        return (
            f"V(D*, G) = <b>{value:.4f}</b> &emsp; JSD = <b>{divergence:.4f}</b> of at most 0.6931 &emsp; "
            "gradient of θ: of log(1 − D) <b>{:+.4f}</b>, of −log D <b>{:+.4f}</b>".format(*pushes)
        )

    def controls(self):
        return [self.slides()]
