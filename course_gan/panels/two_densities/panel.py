"""Lesson 01: two densities on a line, moved by hand; the best discriminator and what it tells the generator follow."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from course_gan import plots
from course_gan.panels.kit.controls import Slider
from course_gan.panels.kit.panel import Panel
from course_gan.panels.kit.picture import Picture
from course_gan.panels.two_densities.game_on_a_line import LOG_4, Curves, Reading, X, look
from course_gan.plots.style import styled

if TYPE_CHECKING:
    from ipywidgets import DOMWidget

SHOWN = (-6.0, 6.0)
SLIDERS = {
    "gap": Slider("real: bumps at ±", 1.5, 0.0, 3.0, 0.05),
    "spread": Slider("real: spread", 0.5, 0.3, 1.5, 0.05),
    "theta": Slider("generator: θ", 3.0, *SHOWN, 0.05),
    "width": Slider("generator: spread", 1.0, 0.3, 1.5, 0.05),
}
TICKS = (-100, -10, -1, -0.1, 0, 0.1, 1, 10, 100)  # of the gradients
NUMBERS = (
    "V(D*, G) = <b>{:.4f}</b> &emsp; JSD = <b>{:.4f}</b> of at most 0.6931 &emsp; "
    "gradient of θ: of log(1 − D) <b>{:+.4f}</b>, of −log D <b>{:+.4f}</b>"
)


class Minimax(Panel):
    """Two densities that the learner moves: D*, the value, the JSD and both gradients of θ move with them."""

    name = "minimax"
    shows = "both densities and the best discriminator (dashed); value and gradients over θ, with dots where θ stands"
    places = np.linspace(*SHOWN, 97)
    sliders = SLIDERS

    def game(self) -> tuple[Curves, Reading]:
        """The curves over X and over `places`, and the Reading at θ, as the sliders stand."""
        return look(**self.state, places=self.places)

    @styled
    def sketch(self) -> tuple[Figure, Sequence[Artist]]:
        curves, _ = self.game()
        figure, (left, middle, right) = plots.panels(1, 3, height=2.9, width=9.4, width_ratios=[1.7, 1, 1])
        plots.densities(X, {"real p": curves.real, "generator q": curves.generator}, curves.best, axes=left)
        left.set(xlim=SHOWN, ylim=(0, 1.45))
        answer = figure.axes[-1].lines[-1]  # D*, on the axis at the right of the left one
        value = self._value(middle, curves)
        pushes = self._gradients(right, curves)
        lines = [*left.lines[:2], answer, value, *pushes]
        dots = [line.axes.plot([], [], "o", ms=8, color=line.get_color())[0] for line in (value, *pushes)]
        middle.axhline(-LOG_4, color="#888888", lw=1, ls=":")
        right.axhline(0, color="#888888", lw=1, ls=":")
        return figure, (*left.collections, *lines, *dots)

    def _value(self, axes: Axes, curves: Curves) -> Line2D:
        """Draw the value of the game over θ; its line."""
        plots.curves({"value V(D*, G)": curves.value}, self.places, xlabel="θ", ylabel="", smooth=1, axes=axes)
        axes.set(ylim=(-1.5, 0.1))
        for part in (axes.lines[0], axes.legend_.legend_handles[0]):
            part.set_color("black")
        return axes.lines[0]

    def _gradients(self, axes: Axes, curves: Curves) -> list[Line2D]:
        """Draw both gradients over θ, on a scale that holds 0 and 100; their lines."""
        pushes = {"saturating": curves.saturating, "non-saturating": curves.non_saturating}
        plots.curves(pushes, self.places, xlabel="θ", ylabel="gradient of θ", smooth=1, axes=axes)
        axes.legend(loc="upper left", fontsize=8.5)
        axes.set_yscale("symlog", linthresh=0.1)
        axes.set(ylim=(-100, 100), yticks=TICKS, yticklabels=[f"{tick:g}".replace("-", "−") for tick in TICKS])
        return axes.lines[:2]

    def place(self, picture: Picture) -> None:
        curves, here = self.game()
        fills, lines, dots = picture.moving[:2], picture.moving[2:8], picture.moving[8:]
        for fill, density in zip(fills, (curves.real, curves.generator)):
            up_and_back = np.append(X, X[::-1])
            fill.set_verts([np.column_stack([up_and_back, np.append(density, np.zeros_like(X))])])
        for line, values in zip(lines, curves):
            line.set_ydata(values)
        for dot, value in zip(dots, (here.value, here.saturating, here.non_saturating)):
            dot.set_data([self.state["theta"]], [value])

    def read(self) -> str:
        _, here = self.game()
        return NUMBERS.format(*here)

    def controls(self) -> list["DOMWidget"]:
        return [self.slides()]
