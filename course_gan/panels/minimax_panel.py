"""Lesson 01: two densities on a line, moved by hand; the best discriminator and what it tells the generator follow."""

import numpy as np

from course_gan import plots
from course_gan.panels.frame import Panel, row
from course_gan.panels.line import LOG_4, Reading, X, log_normal, log_real, read
from course_gan.panels.picture import Picture
from course_gan.plots.style import styled

SHOWN = (-6.0, 6.0)


class Minimax(Panel):
    """Two densities that the learner moves: D*, the value, the JSD and both gradients of θ move with them."""

    shows = (
        "real density (blue), generator (vermillion) and best discriminator (dashed) on the left; value of the game and "
        "both gradients over the generator's place θ, with a dot where it stands"
    )
    name = "minimax"
    places = np.linspace(*SHOWN, 97)

    def __init__(self, gap=1.5, spread=0.5, place=3.0, width=1.0):
        super().__init__()
        self.state = {"gap": gap, "spread": spread, "place": place, "width": width}

    def curves(self):
        """What is drawn: the densities and D* over X, a Reading over `places`, and the Reading here."""
        s = self.state
        p_log, q_log = log_real(X, s["gap"], s["spread"]), log_normal(X, s["place"], s["width"])
        best = np.exp(-np.logaddexp(0, q_log - p_log))
        everywhere = read(s["gap"], s["spread"], np.append(self.places, s["place"]), s["width"])
        return np.exp(p_log), np.exp(q_log), best, *(Reading(*(v[i] for v in everywhere)) for i in (slice(-1), -1))

    @styled
    def draw(self):
        p, q, best, over, here = self.curves()
        figure, (left, middle, right) = plots.panels(1, 3, height=2.9, width=9.4, width_ratios=[1.7, 1, 1])
        plots.densities(X, {"real p": p, "generator q": q}, discriminator=best, axes=left)
        left.set(xlim=SHOWN, ylim=(0, 1.45))
        plots.curves({"value V(D*, G)": over.value}, self.places, "θ", "", 1, middle)
        middle.lines[0].set_color("black")
        middle.legend_.legend_handles[0].set_color("black")
        middle.axhline(-LOG_4, color="#888888", lw=1, ls=":")
        middle.set(ylim=(-1.5, 0.1))
        pushes = {"saturating": over.saturating, "non-saturating": over.non_saturating}
        plots.curves(pushes, self.places, "θ", "", 1, right)
        right.legend(loc="upper left", fontsize=8.5)
        right.axhline(0, color="#888888", lw=1, ls=":")
        right.set_yscale("symlog", linthresh=0.1)
        right.set_ylabel("gradient of θ", labelpad=0)
        right.set(ylim=(-100, 100), yticks=[-100, -10, -1, -0.1, 0, 0.1, 1, 10, 100])
        right.set_yticklabels(["−100", "−10", "−1", "−0.1", "0", "0.1", "1", "10", "100"], fontsize=8)
        right.yaxis.set_minor_locator(plots.style.matplotlib.ticker.NullLocator())
        twin = next(axes for axes in figure.axes if axes not in (left, middle, right))
        dots = [
            axes.plot([0], [0], "o", ms=8, color=line.get_color())[0]
            for axes, line in ((middle, middle.lines[0]), (right, right.lines[0]), (right, right.lines[1]))
        ]
        lines = (*left.lines[:2], twin.lines[-1], middle.lines[0], *right.lines[:2])
        picture = Picture(figure, (*left.collections, *lines, *dots))
        self._place(picture, p, q, best, over, here)
        return picture

    def _place(self, picture, p, q, best, over, here):
        fills, lines, dots = picture.moving[:2], picture.moving[2:8], picture.moving[8:]
        for fill, density in zip(fills, (p, q)):
            fill.set_verts([np.column_stack([np.append(X, X[::-1]), np.append(density, np.zeros_like(X))])])
        for line, values in zip(lines, (p, q, best, over.value, over.saturating, over.non_saturating)):
            line.set_ydata(values)
        for dot, value in zip(dots, (here.value, here.saturating, here.non_saturating)):
            dot.set_data([self.state["place"]], [value])

    def move(self, **changes):
        """Set gap, spread, place or width, and show what follows."""
        self.state |= changes
        p, q, best, over, here = self.curves()
        if self.picture is not None:
            self._place(self.picture, p, q, best, over, here)
            self.refresh()
            self.readout.value = (
                f"V(D*, G) = <b>{here.value:.4f}</b> &emsp; JSD = <b>{here.divergence:.4f}</b> of at most 0.6931 "
                f"&emsp; gradient of θ: of log(1 − D) <b>{here.saturating:+.4f}</b>, "
                f"of −log D <b>{here.non_saturating:+.4f}</b>"
            )
        return here

    def controls(self):
        limits = {
            "gap": ("real: bumps at ±", 0.0, 3.0),
            "spread": ("real: spread", 0.3, 1.5),
            "place": ("generator: θ", *SHOWN),
            "width": ("generator: spread", 0.3, 1.5),
        }

        def moved():
            self.move(**{name: knob.value for name, knob in self.knobs.items()})

        self.knobs = {
            name: self.knob("FloatSlider", name, label, moved, value=self.state[name], min=low, max=high, step=0.05)
            for name, (label, low, high) in limits.items()
        }
        return [row(*self.knobs.values())]

    def open(self):
        box = super().open()
        self.move()
        return box
