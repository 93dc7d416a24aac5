"""Lesson 02: the learner's own game, one move at a time or running; the field and the players' paths move."""

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from torch import Tensor

from course_gan import plots
from course_gan.errors import CourseError
from course_gan.panels.kit.controls import row
from course_gan.panels.kit.panel import Panel
from course_gan.panels.kit.picture import Picture
from course_gan.panels.kit.threads import STAGE, Worker
from course_gan.panels.plane_game.levers import LEVERS
from course_gan.panels.plane_game.players import PlaneGame
from course_gan.panels.plane_game.trail import Trail
from course_gan.plots.plane import FAKE_TO_REAL
from course_gan.plots.style import COLOURS, as_array, styled
from course_gan.training import GAN

if TYPE_CHECKING:
    from ipywidgets import DOMWidget

SIDE = 48  # squares of the field
SEEN = 400  # samples and real points that are drawn
DRAWINGS = 5  # a second, while it runs
BROWN = "#7A3300"  # paths, on the pale colours of the field


class Dynamics(Panel):
    """A game in the plane: what D thinks everywhere, where the fakes are and came from, and how many modes are found.

    game: a GAN on points of the plane with its `points` (n, 2) and modes (m, 2), or None.
    limits: (low, high) of both axes; std, count, batch_size, seed: as in `PlaneGame`, which raises CourseError for
    points of another shape. While it runs it makes `pace` steps a second, if it can.
    """

    name = "dynamics"
    shows = "your game: D's answer, and the fakes, with the players' paths; on the right: modes found"
    welcome = "press Run, or move one side at a time"

    def __init__(
        self,
        game: GAN,
        points: Tensor | None = None,
        modes: Tensor | None = None,
        limits: tuple[float, float] = (-1.6, 1.6),
        std: float = 0.05,
        count: Callable[[Tensor, Tensor], tuple[int, float]] | None = None,
        batch_size: int = 256,
        seed: int = 0,
    ):
        super().__init__()
        self.game = game
        self.players = PlaneGame(game, points, modes, std, count, batch_size, seed)
        self.limits = limits
        self.worker = Worker("dynamics panel")
        self.ema = False  # whether the averaged generator is shown
        self.pace = 20
        self.trail = Trail(self.players)
        self.trail.note(self.ema)
        self._due = 0.0

    # --- moves

    def move(self, side: str) -> None:
        """One move of the discriminator or the generator, or one step of both; CourseError while it runs by itself."""
        if self.worker.running:
            raise CourseError("the game runs by itself: press Pause before you move a side by hand")
        with STAGE:
            if side == "both":
                self.players.round()
            else:
                self.players.move(side)
            self.trail.note(self.ema)
            self.show(f"{side} moved")

    def run(self) -> None:
        """Go on by itself in the background, until pause."""
        self._due = 0.0
        self.say("running")
        self.worker.start(lambda: iter(self.players.round, None), self._seen, self._ended)

    def _seen(self, step: int) -> float:
        began = time.monotonic()
        if began >= self._due:
            self._due = began + 1 / DRAWINGS
            self.trail.note(self.ema)
            self.show()
        return max(0.0, 1 / self.pace - (time.monotonic() - began))

    def _ended(self, error: BaseException | None) -> None:
        if error is not None:
            self.fail(error)
        else:
            self.trail.note(self.ema)
            self.show("paused")

    def pause(self) -> None:
        """Let the present step be the last; Run goes on from there."""
        self.halt()

    def reset(self) -> None:
        """Back to the start of the game, levers as they are."""
        self.halt()
        with STAGE:
            self.players.reset()
            self.trail.clear()
            self.trail.note(self.ema)
            self.redraw()
            self.show("back at the start")

    def set(self, name: str, value: float) -> None:
        """Pull a lever: lr, lr_discriminator, discriminator_steps, r1 or ema; also while the game runs."""
        with STAGE:
            self.players.set(name, value)
            self.show()

    # --- the page

    @styled
    def sketch(self) -> tuple[Figure, Sequence[Artist]]:
        figure, (left, right) = plots.panels(1, 2, height=3.7, width=7.4, width_ratios=[1.25, 1])
        modes = self.players.modes
        left.grid(False)
        moving = [
            left.imshow(
                np.zeros((SIDE, SIDE)),
                extent=self.limits * 2,
                origin="lower",
                cmap=FAKE_TO_REAL,
                vmin=0,
                vmax=1,
                interpolation="bilinear",
            ),
            self._real(left),  # among what moves, to be drawn over the field
            left.add_collection(LineCollection([], colors=BROWN, lw=0.8, alpha=0.7)),
            *left.plot([], [], "o", ms=3, mew=0, color=COLOURS["fake"], alpha=0.8),
            *left.plot([], [], "o", ms=4, mew=0, color=BROWN),
            *right.plot([], [], color="black", lw=1.6),
        ]
        left.set(xlim=self.limits, ylim=self.limits, xlabel="$x_1$", ylabel="$x_2$")
        right.set(xlabel="step", ylabel="modes found", ylim=(0, 1 if modes is None else len(modes) + 0.4))
        return figure, moving

    def _real(self, axes: Axes) -> Line2D:
        """The modes as rings, or some real points where there are none."""
        if self.players.modes is not None:
            places = as_array(self.players.modes)
            return axes.plot(*places.T, "o", ms=10, mfc="none", mec="black", mew=0.8)[0]
        places = as_array(self.players.points[:SEEN])
        return axes.plot(*places.T, "o", ms=3, mew=0, color=COLOURS["real"], alpha=0.5)[0]

    def place(self, picture: Picture) -> None:
        field, _, tails, fakes, heads, curve = picture.moving
        field.set_data(self.players.field(self.limits, SIDE))
        fakes.set_data(*as_array(self.game.sample(n=SEEN, ema=self.ema)).T)
        paths = self.trail.tails()
        tails.set_segments(paths)
        heads.set_data(*paths[:, -1].T)
        steps, found = self.trail.curve()
        curve.set_data(steps, found)
        picture.fit(curve.axes, steps[-1])

    def read(self) -> str:
        step, found = self.trail.scores[-1]
        modes = self.players.modes
        numbers = ""
        if modes is not None:
            numbers = f"modes found <b>{found:.0f}</b> of {len(modes)}, {self.trail.share:.0%} of samples near one"
        return f"step <b>{step}</b> &emsp; {numbers}"

    def controls(self) -> list["DOMWidget"]:
        moves = self.buttons(
            ("Step D", partial(self.move, "discriminator"), "the discriminator moves once"),
            ("Step G", partial(self.move, "generator"), "the generator moves once"),
            ("Both", partial(self.move, "both"), "one step of training"),
            ("Run", self.run, "go on by itself"),
            ("Pause", self.pause, "stop between two steps"),
            ("Reset", self.reset, "back to the start, levers as they are"),
        )
        levers = [self._lever(name, value) for name, value in self.players.levers.items()]
        faster = partial(setattr, self, "pace")
        levers.append(self.knob("IntSlider", "pace", "steps a second", faster, value=self.pace, min=1, max=200))
        if self.game.averages:
            levers.append(self.knob("Checkbox", "averaged", "show the average", self._average, value=self.ema))
        return [moves, row(*levers)]

    def _lever(self, name: str, value: float) -> "DOMWidget":
        """A slider over notches, since one over numbers would round the learner's own value to its step."""
        label, notches = LEVERS[name]
        options = [(f"{notch:.4g}", notch) for notch in sorted({*notches, value})]
        return self.knob("SelectionSlider", name, label, partial(self.set, name), options=options, value=value)

    def _average(self, wanted: bool) -> None:
        with STAGE:
            self.ema = wanted
            self.trail.turn()
            self.trail.note(self.ema)
            self.show("the averaged generator" if wanted else "the generator itself")
