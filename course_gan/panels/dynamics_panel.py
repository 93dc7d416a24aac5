"""Lesson 02: the learner's own game, one move at a time or running; the field and the players' paths move."""

import time

import numpy as np
import torch
from matplotlib.collections import LineCollection

from course_gan import plots
from course_gan.errors import CourseError
from course_gan.panels.frame import STAGE, Panel, Worker, row
from course_gan.panels.picture import Picture
from course_gan.panels.players import LEVERS, PlaneGame, TwoNumbers
from course_gan.plots.plane import FAKE_TO_REAL, lattice
from course_gan.plots.style import COLOURS, as_array, styled

TAIL, FOLLOWED, SIDE = 12, 24, 48  # moves of a path that are drawn, samples that are followed, squares of the field
DRAWINGS = 5  # a second, while it runs


class Dynamics(Panel):
    """A game in the plane: what D thinks everywhere, where the fakes are and came from, and how many modes are found.

    game: a GAN on points of the plane with its `points` (and modes, std, count: see PlaneGame), or `TwoNumbers`.
    limits: (low, high) of both axes. While it runs it makes `pace` steps a second, if it can.
    """

    name = "dynamics"

    def __init__(self, game, points=None, modes=None, std=0.05, count=None, limits=None, batch_size=256, seed=0):
        super().__init__()
        self.small = isinstance(game, TwoNumbers)
        if not self.small and points is None:
            raise CourseError("a GAN needs its data: give the real points (n, 2) after the game")
        self.game = game
        self.players = game if self.small else PlaneGame(game, points, modes, std, count, batch_size, seed)
        self.limits = limits or ((-3.0, 3.0) if self.small else (-1.6, 1.6))
        self.worker, self.ema, self.pace = Worker("dynamics panel"), False, 20
        self._forget()
        what = "Dirac-GAN, streamlines of its velocity" if self.small else "game, D's answer as colour, fakes as points"
        after = "distance from rest" if self.small else "modes found"
        self.shows = f"your {what}, with the paths of the players; on the right the {after}"

    def _forget(self):
        self.path, self.scores = [], []
        self.note()

    def note(self) -> None:
        """Remember where the players are now, for the paths and the curve on the right."""
        players = self.players
        if self.small:
            self.path.append(torch.cat([players.place, players.average]))
            score = players.distance
        else:
            self.path.append(players.samples(FOLLOWED, self.ema))
            found = players.found(self.ema)
            score, self.share = found if found is not None else (float("nan"), float("nan"))
        self.path = self.path[-(2000 if self.small else TAIL) :]
        self.scores.append((players.steps, score))

    # --- moves

    def move(self, side: str) -> None:
        """One move of one side; CourseError while the game runs by itself."""
        self._by_hand(lambda: self.players.move(side), f"{side} moved")

    def both(self) -> None:
        """One step: D as often as its lever says, then G, then the average."""
        self._by_hand(self.players.round, "both moved")

    def _by_hand(self, act, text):
        if self.worker.running:
            raise CourseError("the game runs by itself: press Pause before you move a side by hand")
        with STAGE:
            act()
            self.note()
        self.show(text)

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
        if began >= self._due:
            self.note()
            self.show()
            self._due = began + 1 / DRAWINGS
        elif self.small:
            self.note()
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
            self._forget()
            self._renew()
        self.show("back at the start")

    def set(self, name: str, value: float) -> None:
        """Pull a lever: lr, lr_discriminator, discriminator_steps, r1 or ema; also while the game runs."""
        with STAGE:
            self.players.set(name, value)
            if self.small and name == "r1":
                self._renew()  # the streamlines bend
        self.refresh()

    # --- pictures

    @styled
    def draw(self):
        figure, (left, right) = plots.panels(1, 2, height=3.7, width=7.4, width_ratios=[1.25, 1])
        parts = self._draw_numbers(left) if self.small else self._draw_plane(left)
        left.set(xlim=self.limits, ylim=self.limits)
        (curve,) = right.plot([], [], color="black", lw=1.6)
        right.set(xlabel="step", ylabel="distance from rest" if self.small else "modes found", xlim=(0, 50))
        modes = 0 if self.small or self.players.modes is None else len(self.players.modes)
        right.set_ylim(0, modes + 0.4 if modes else 1.2 * max(self.scores[0][1], 0.1) if self.small else 1)
        picture = Picture(figure, (*parts, curve))
        self._place(picture)
        return picture

    def _draw_plane(self, axes):
        look = {"cmap": FAKE_TO_REAL, "vmin": 0, "vmax": 1, "interpolation": "bilinear"}
        extent = (*self.limits, *self.limits)
        image = axes.imshow(np.zeros((SIDE, SIDE)), origin="lower", extent=extent, **look)
        axes.grid(False)
        tails = axes.add_collection(LineCollection([], colors="#7A3300", lw=0.8, alpha=0.7))
        (fakes,) = axes.plot([], [], "o", ms=3, mew=0, color=COLOURS["fake"], alpha=0.8)
        (heads,) = axes.plot([], [], "o", ms=4, mew=0, color="#7A3300")
        if self.players.modes is None:
            real = {"ms": 3, "mew": 0, "color": COLOURS["real"], "alpha": 0.5}
        else:
            real = {"ms": 10, "mfc": "none", "mec": "black", "mew": 0.8}
        places = self.players.points[:400] if self.players.modes is None else self.players.modes
        (real,) = axes.plot(*as_array(places).T, "o", **real)  # among what moves, to be drawn over the field
        axes.set(xlabel="$x_1$", ylabel="$x_2$")
        return image, real, tails, fakes, heads

    def _draw_numbers(self, axes):
        plots.phase_portrait(self.players.velocity, None, (self.limits, self.limits), axes=axes)
        (path,) = axes.plot([], [], color=COLOURS["generator"], lw=1.4)
        (average,) = axes.plot([], [], color=COLOURS["latent"], lw=1.2, ls="--")
        (head,) = axes.plot([], [], "o", ms=7, color=COLOURS["generator"])
        return path, average, head

    def _place(self, picture):
        *parts, curve = picture.moving
        if self.small:
            path, average, head = parts
            places = as_array(torch.stack(self.path))
            path.set_data(*places[:, :2].T)
            average.set_data(*places[:, 2:].T)
            head.set_data(places[-1:, 0], places[-1:, 1])
        else:
            image, _, tails, fakes, heads = parts
            image.set_data(as_array(self.players.judge(lattice(self.limits, SIDE))).reshape(SIDE, SIDE))
            fakes.set_data(*as_array(self.players.samples(400, self.ema)).T)
            tails.set_segments(as_array(torch.stack(self.path)).transpose(1, 0, 2))
            heads.set_data(*as_array(self.path[-1]).T)
        steps, scores = np.array(self.scores[:: 1 + len(self.scores) // 1000]).T
        curve.set_data(steps, scores)
        axes = curve.axes
        if steps[-1] > axes.get_xlim()[1]:
            axes.set_xlim(0, 2 * steps[-1])
            picture.still_changed()
        if np.nanmax(scores, initial=0) > axes.get_ylim()[1]:
            axes.set_ylim(0, 1.5 * np.nanmax(scores))
            picture.still_changed()

    def _renew(self):
        if self.picture is not None:
            self.picture = self.draw()

    def show(self, text: str = "") -> None:
        """Bring the page up to the present state; without a text the line of news stays as it is."""
        if self.picture is None:
            return
        with STAGE:
            self._place(self.picture)
            self.refresh()
        step, score = self.scores[-1]
        if self.small:
            theta, psi = self.players.place.tolist()
            found = f"θ = {theta:+.3f}, ψ = {psi:+.3f}, distance from rest <b>{score:.3f}</b>"
        elif self.players.modes is None:
            found = ""
        else:
            found = f"modes found <b>{score:.0f}</b> of {len(self.players.modes)}, {self.share:.0%} of samples near one"
        self.readout.value = f"step <b>{step}</b> &emsp; {found}"
        if text:
            self.say(text)

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
        self._pace = pace
        extra = [pace]
        if not self.small and self.game.averages:
            self._averaged = self.knob("Checkbox", "averaged", "show the average", self._average, value=False)
            extra.append(self._averaged)
        return [row(*moves), row(*levers, *extra)]

    def _lever(self, name, value):
        # A slider over numbers would round the learner's own value to its step; one over notches can hold it.
        notches = sorted({*LEVERS[name].notches, value})
        options = {"options": [(f"{notch:.4g}", notch) for notch in notches], "value": value}
        lever = self.knob("SelectionSlider", name, LEVERS[name].label, lambda: self.set(name, lever.value), **options)
        return lever

    def _faster(self):
        self.pace = self._pace.value

    def _average(self):
        self.ema = self._averaged.value
        self.path = self.path[:0]
        with STAGE:
            self.note()
        self.show("the averaged generator" if self.ema else "the generator itself")

    def open(self):
        box = super().open()
        self.show("press Run, or move one side at a time")
        return box
