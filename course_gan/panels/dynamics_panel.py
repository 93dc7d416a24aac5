"""Lesson 02: the learner's own game, one move at a time or running; the field and the players' paths move."""

import time

import numpy as np
import torch
from matplotlib.collections import LineCollection

from course_gan import plots
from course_gan.errors import CourseError
from course_gan.panels.frame import Panel, row
from course_gan.panels.picture import doubled
from course_gan.panels.players import LEVERS, PlaneGame, TwoNumbers
from course_gan.panels.threads import STAGE, Worker
from course_gan.plots.plane import FAKE_TO_REAL, lattice
from course_gan.plots.style import COLOURS, as_array, styled

TAIL, FOLLOWED, SIDE = 12, 24, 48  # moves of a path that are drawn, samples that are followed, squares of the field
DRAWINGS = 5  # a second, while it runs


class Dynamics(Panel):
    """A game in the plane: what D thinks everywhere, where the fakes are and came from, and how many modes are found.

    game: a GAN on points of the plane with its `points` (and modes, std, count …: see PlaneGame), or `TwoNumbers`.
    limits: (low, high) of both axes. While it runs it makes `pace` steps a second, if it can.
    """

    name = "dynamics"
    welcome = "press Run, or move one side at a time"

    def __init__(self, game, points=None, modes=None, limits=None, **options):
        super().__init__()
        self.game, self.small = game, isinstance(game, TwoNumbers)
        if not self.small and points is None:
            raise CourseError("a GAN needs its data: give the real points (n, 2) after the game")
        self.players = game if self.small else PlaneGame(game, points, modes, **options)
        self.limits = limits or ((-3.0, 3.0) if self.small else (-1.6, 1.6))
        self.score = "distance from rest" if self.small else "modes found"
        self.worker, self.ema, self.pace, self.path, self.scores = Worker("dynamics panel"), False, 20, [], []
        what = "two numbers, with the streams of their game" if self.small else "game: D's answer, and the fakes"
        self.shows = f"your {what}, with the players' paths; on the right: {self.score}"
        self.note()

    def note(self) -> None:
        """Remember where the players are now, for the paths and the curve on the right."""
        players, self.share = self.players, None
        if self.small:
            self.path.append(torch.cat([players.place, players.average]))
            score = players.distance
        else:
            self.path.append(players.samples(FOLLOWED, self.ema))
            score, self.share = players.found(self.ema) or (float("nan"), None)
        self.path = self.path[-(2000 if self.small else TAIL) :]
        self.scores.append((players.steps, score))

    # --- moves

    def by_hand(self, act, text: str) -> None:
        """Let act() move a side or both; CourseError while the game runs by itself."""
        if self.worker.running:
            raise CourseError("the game runs by itself: press Pause before you move a side by hand")
        with STAGE:
            act()
            self.note()
            self.show(text)

    def move(self, side: str) -> None:
        """One move of one side."""
        self.by_hand(lambda: self.players.move(side), f"{side} moved")

    def both(self) -> None:
        """One step: D as often as its lever says, then G, then the average."""
        self.by_hand(self.players.round, "both moved")

    def run(self) -> None:
        """Go on by itself in the background, until pause."""

        def rounds():
            while True:
                self.players.round()
                yield self.players.steps

        self._due = 0.0
        self.say("running")
        self.worker.start(rounds, self._seen, self._ended)

    def _seen(self, step):
        began = time.monotonic()
        if self.small or began >= self._due:
            self.note()
        if began >= self._due:
            self._due = began + 1 / DRAWINGS
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
        self.worker.halt()

    halt = pause

    def reset(self) -> None:
        """Back to the start of the game, levers as they are."""
        self.worker.halt()
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
            if self.small and name == "r1":
                self.redraw()  # the streams bend
            self.show()

    # --- the page

    @styled
    def sketch(self):
        figure, (left, right) = plots.panels(1, 2, height=3.7, width=7.4, width_ratios=[1.25, 1])
        parts = self._two_numbers(left) if self.small else self._plane(left)
        left.set(xlim=self.limits, ylim=self.limits)
        modes = None if self.small else self.players.modes
        top = 1.2 * max(self.scores[0][1], 0.1) if self.small else 1 if modes is None else len(modes) + 0.4
        right.set(xlabel="step", ylabel=self.score, ylim=(0, top))
        return figure, (*parts, *right.plot([], [], color="black", lw=1.6))

    def _plane(self, axes):
        look = {"cmap": FAKE_TO_REAL, "vmin": 0, "vmax": 1, "interpolation": "bilinear", "origin": "lower"}
        field = axes.imshow(np.zeros((SIDE, SIDE)), extent=self.limits * 2, **look)
        axes.grid(False)
        axes.set(xlabel="$x_1$", ylabel="$x_2$")
        if self.players.modes is None:
            places, look = self.players.points[:400], {"ms": 3, "mew": 0, "color": COLOURS["real"], "alpha": 0.5}
        else:
            places, look = self.players.modes, {"ms": 10, "mfc": "none", "mec": "black", "mew": 0.8}
        real = axes.plot(*as_array(places).T, "o", **look)  # among what moves, to be drawn over the field
        tails = axes.add_collection(LineCollection([], colors="#7A3300", lw=0.8, alpha=0.7))
        fakes = axes.plot([], [], "o", ms=3, mew=0, color=COLOURS["fake"], alpha=0.8)
        return field, *real, tails, *fakes, *axes.plot([], [], "o", ms=4, mew=0, color="#7A3300")

    def _two_numbers(self, axes):
        plots.phase_portrait(self.players.velocity, None, (self.limits, self.limits), axes=axes)
        path = axes.plot([], [], color=COLOURS["generator"], lw=1.4)
        average = axes.plot([], [], color=COLOURS["latent"], lw=1.2, ls="--")
        return *path, *average, *axes.plot([], [], "o", ms=7, color=COLOURS["generator"])

    def place(self, picture):
        *parts, curve = picture.moving
        path = as_array(torch.stack(self.path))
        if self.small:
            for part, places in zip(parts, (path[:, :2], path[:, 2:], path[-1:, :2])):
                part.set_data(*places.T)
        else:
            field, _, tails, fakes, heads = parts
            field.set_data(as_array(self.players.judge(lattice(self.limits, SIDE))).reshape(SIDE, SIDE))
            fakes.set_data(*as_array(self.players.samples(400, self.ema)).T)
            tails.set_segments(path.transpose(1, 0, 2))
            heads.set_data(*path[-1].T)
        steps, scores = np.array(self.scores[:: 1 + len(self.scores) // 1000]).T
        curve.set_data(steps, scores)
        top, most = curve.axes.get_ylim()[1], np.nanmax(scores, initial=0)
        picture.fit(curve.axes, doubled(steps[-1]), 0, top if most <= top else 1.5 * most)

    def read(self):
        step, score = self.scores[-1]
        numbers = ""
        if self.small:
            numbers = "θ = {:+.3f}, ψ = {:+.3f}, ".format(*self.players.place) + f"{self.score} <b>{score:.3f}</b>"
        elif self.share is not None:
            modes = len(self.players.modes)
            numbers = f"{self.score} <b>{score:.0f}</b> of {modes}, {self.share:.0%} of samples near one"
        return f"step <b>{step}</b> &emsp; {numbers}"

    def controls(self):
        moves = [
            self.button("Step D", lambda: self.move("discriminator"), "the discriminator moves once"),
            self.button("Step G", lambda: self.move("generator"), "the generator moves once"),
            self.button("Both", self.both, "one step of training"),
            self.button("Run", self.run, "go on by itself"),
            self.button("Pause", self.pause, "stop between two steps"),
            self.button("Reset", self.reset, "back to the start, levers as they are"),
        ]
        levers = [self._lever(name, value) for name, value in self.players.levers.items()]
        pace = self.knob("IntSlider", "pace", "steps a second", self._faster, value=self.pace, min=1, max=200)
        average = [] if self.small or not self.game.averages else ["averaged"]
        average = [self.knob("Checkbox", name, "show the average", self._average, value=self.ema) for name in average]
        return [row(*moves), row(*levers, pace, *average)]

    def _lever(self, name, value):
        # A slider over numbers would round the learner's own value to its step; one over notches can hold it.
        notches = [(f"{notch:.4g}", notch) for notch in sorted({*LEVERS[name].notches, value})]
        act = {"act": lambda chosen: self.set(name, chosen), "options": notches, "value": value}
        return self.knob("SelectionSlider", name, LEVERS[name].label, **act)

    def _faster(self, pace):
        self.pace = pace

    def _average(self, wanted):
        with STAGE:
            self.ema, self.path = wanted, []
            self.note()
            self.show("the averaged generator" if wanted else "the generator itself")
