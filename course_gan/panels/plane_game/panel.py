"""Lesson 02: the learner's own game, one move at a time or running; the field and the players' paths move."""

import time
from functools import partial

import numpy as np
import torch
from matplotlib.collections import LineCollection

from course_gan import plots
from course_gan.errors import CourseError
from course_gan.panels.kit.frame import Panel, row
from course_gan.panels.kit.threads import STAGE, Worker
from course_gan.panels.plane_game.levers import LEVERS, PlaneGame
from course_gan.plots.plane import FAKE_TO_REAL, lattice
from course_gan.plots.style import COLOURS, as_array, styled

TAIL, FOLLOWED, SIDE = 12, 24, 48  # moves of a path that are drawn, samples that are followed, squares of the field
DRAWINGS = 5  # a second, while it runs


class Dynamics(Panel):
    """A game in the plane: what D thinks everywhere, where the fakes are and came from, and how many modes are found.

    game: a GAN on points of the plane with its `points` (and modes, std, count …: see PlaneGame).
    limits: (low, high) of both axes. While it runs it makes `pace` steps a second, if it can.
    """

    name = "dynamics"
    shows = "your game: D's answer, and the fakes, with the players' paths; on the right: modes found"
    welcome = "press Run, or move one side at a time"

    def __init__(self, game, points=None, modes=None, limits=(-1.6, 1.6), **options):
        super().__init__()
        self.game, self.players, self.limits = game, PlaneGame(game, points, modes, **options), limits
        self.worker, self.ema, self.pace, self.path, self.scores = Worker("dynamics panel"), False, 20, [], []
        self.note()

    def note(self) -> None:
        """Remember where the players are now, for the paths and the curve on the right."""
        score, self.share = self.players.found(self.ema) or (float("nan"), None)
        self.path = [*self.path, self.game.sample(n=FOLLOWED, ema=self.ema)][-TAIL:]
        self.scores.append((self.game.steps, score))

    # --- moves

    def move(self, side: str) -> None:
        """One move of the discriminator or the generator, or one step of both; CourseError while it runs by itself."""
        if self.worker.running:
            raise CourseError("the game runs by itself: press Pause before you move a side by hand")
        with STAGE:
            self.players.round() if side == "both" else self.players.move(side)
            self.note()
            self.show(f"{side} moved")

    def run(self) -> None:
        """Go on by itself in the background, until pause."""
        self._due = 0.0
        self.say("running")
        self.worker.start(lambda: iter(self.players.round, None), self._seen, self._ended)

    def _seen(self, step):
        began = time.monotonic()
        if began >= self._due:
            self._due = began + 1 / DRAWINGS
            self.note()
            self.show()
        return max(0.0, 1 / self.pace - (time.monotonic() - began))

    def _ended(self, error):
        if error is not None:
            self.fail(error)
        else:
            self.note()
            self.show("paused")

    def pause(self) -> None:
        """Let the present step be the last; Run goes on from there."""
        self.halt()

    def reset(self) -> None:
        """Back to the start of the game, levers as they are."""
        self.halt()
        with STAGE:
            self.players.reset()
            self.path, self.scores = [], []
            self.note()
            self.redraw()
            self.show("back at the start")

    def set(self, name: str, value: float) -> None:
        """Pull a lever: lr, lr_discriminator, discriminator_steps, r1 or ema; also while the game runs."""
        with STAGE:
            self.players.set(name, value)
            self.show()

    # --- the page

    @styled
    def sketch(self):
        figure, (left, right) = plots.panels(1, 2, height=3.7, width=7.4, width_ratios=[1.25, 1])
        modes, look = self.players.modes, {"cmap": FAKE_TO_REAL, "vmin": 0, "vmax": 1, "interpolation": "bilinear"}
        field = left.imshow(np.zeros((SIDE, SIDE)), extent=self.limits * 2, origin="lower", **look)
        left.grid(False)
        places, look = modes, {"ms": 10, "mfc": "none", "mec": "black", "mew": 0.8}
        if modes is None:
            places, look = self.players.points[:400], {"ms": 3, "mew": 0, "color": COLOURS["real"], "alpha": 0.5}
        real = left.plot(*as_array(places).T, "o", **look)  # among what moves, to be drawn over the field
        tails = left.add_collection(LineCollection([], colors="#7A3300", lw=0.8, alpha=0.7))
        fakes = left.plot([], [], "o", ms=3, mew=0, color=COLOURS["fake"], alpha=0.8)
        heads = left.plot([], [], "o", ms=4, mew=0, color="#7A3300")
        left.set(xlim=self.limits, ylim=self.limits, xlabel="$x_1$", ylabel="$x_2$")
        right.set(xlabel="step", ylabel="modes found", ylim=(0, 1 if modes is None else len(modes) + 0.4))
        return figure, (field, *real, tails, *fakes, *heads, *right.plot([], [], color="black", lw=1.6))

    def place(self, picture):
        field, _, tails, fakes, heads, curve = picture.moving
        path = as_array(torch.stack(self.path))
        field.set_data(as_array(self.players.judge(lattice(self.limits, SIDE))).reshape(SIDE, SIDE))
        fakes.set_data(*as_array(self.game.sample(n=400, ema=self.ema)).T)
        tails.set_segments(path.transpose(1, 0, 2))
        heads.set_data(*path[-1].T)
        steps, scores = np.array(self.scores[:: 1 + len(self.scores) // 1000]).T
        curve.set_data(steps, scores)
        picture.fit(curve.axes, steps[-1])

    def read(self):
        (step, score), modes, numbers = self.scores[-1], self.players.modes, ""
        if modes is not None:
            numbers = f"modes found <b>{score:.0f}</b> of {len(modes)}, {self.share:.0%} of samples near one"
        return f"step <b>{step}</b> &emsp; {numbers}"

    def controls(self):
        moves = self.buttons(
            ("Step D", partial(self.move, "discriminator"), "the discriminator moves once"),
            ("Step G", partial(self.move, "generator"), "the generator moves once"),
            ("Both", partial(self.move, "both"), "one step of training"),
            ("Run", self.run, "go on by itself"),
            ("Pause", self.pause, "stop between two steps"),
            ("Reset", self.reset, "back to the start, levers as they are"),
        )
        levers = [self._lever(name, value) for name, value in self.players.levers.items()]
        faster = {"act": partial(setattr, self, "pace"), "value": self.pace, "min": 1, "max": 200}
        levers += [self.knob("IntSlider", "pace", "steps a second", **faster)]
        if self.game.averages:
            levers += [self.knob("Checkbox", "averaged", "show the average", self._average, value=self.ema)]
        return [moves, row(*levers)]

    def _lever(self, name, value):
        # A slider over numbers would round the learner's own value to its step; one over notches can hold it.
        label, notches = LEVERS[name]
        options = [(f"{notch:.4g}", notch) for notch in sorted({*notches, value})]
        return self.knob("SelectionSlider", name, label, partial(self.set, name), options=options, value=value)

    def _average(self, wanted):
        with STAGE:
            self.ema, self.path = wanted, []
            self.note()
            self.show("the averaged generator" if wanted else "the generator itself")
