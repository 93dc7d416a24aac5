"""Lessons 03, 04, 07, 08: train a lesson's game with settings of one's own, watch it, pause it, and keep it."""

import math
import time

import numpy as np
import torch

from course_gan import losses
from course_gan.errors import CourseError
from course_gan.lessons import recipes
from course_gan.lessons.notebook import PROFILES
from course_gan.panels import hyperparameters
from course_gan.panels.frame import STAGE, Panel, Worker, row, widgets
from course_gan.panels.picture import Picture
from course_gan.plots.curves import smoothed
from course_gan.plots.grids import mosaic
from course_gan.plots.style import COLOURS, WIDTH, as_array, blank, colour_of, legend_above, styled
from course_gan.training import train

EVERY = 0.5  # seconds between two drawings at least, and never more than a fifth of the time


def preview(recipe: recipes.Recipe, ema: bool = True) -> torch.Tensor:
    """The recipe's samples, from the averaged players or, with ema=False, from those that are trained."""
    game = recipe.game
    averages = game.averages
    try:
        game.averages = averages if ema else {}
        return recipe.preview()
    finally:
        game.averages = averages


def duration(seconds: float) -> str:
    """Seconds as a person says them."""
    return (
        f"{seconds:.0f} s"
        if seconds < 90
        else f"{seconds / 60:.1f} min"
        if seconds < 5400
        else f"{seconds / 3600:.1f} h"
    )


class Training(Panel):
    """A lesson's game under the learner's hands; `panel.game` is always the game that is shown.

    lesson: a number of `recipes.settings`, or a Recipe, trained already or not. profile, settings: as for
    `recipes.build`. A new start keeps the game before in `panel.previous`.
    """

    name = "training"

    def __init__(self, lesson, profile="cpu", **settings):
        super().__init__()
        self.recipe = lesson if isinstance(lesson, recipes.Recipe) else recipes.build(lesson, profile, **settings)
        self.lesson, self.profile = self.recipe.settings["lesson"], self.recipe.settings["profile"]
        self.fixed = {} if isinstance(lesson, recipes.Recipe) else settings
        self.worker, self.previous, self.ema, self.history = Worker("training panel"), None, True, []
        self.state, self._after, self._due = "idle", "idle", 0.0
        self.shows = "losses of the players above, as it trains; samples below"

    @property
    def game(self):
        """The game as trained so far."""
        return self.recipe.game

    @property
    def steps(self) -> int:
        """The steps that the game is to have made at the end."""
        return self.recipe.steps

    # --- what the buttons do

    def start(self, profile: str | None = None, **settings) -> None:
        """Build a game anew from settings of `recipes.build`, and train it in the background."""
        self._only("idle", "a training is there already: press Stop first")
        profile = profile or self.profile
        recipes.settings(self.lesson, profile, **settings)  # refuses what is wrong before anything is given up

        def records():
            recipe = recipes.build(self.lesson, profile, **settings)
            self.previous = self.recipe if self.game.steps else self.previous
            self.recipe, self.profile, self.history = recipe, profile, []
            if self.box is not None:
                self.picture = self.draw()
            self.say("running")
            return self._records()

        self._begin(records, "building the game")

    def resume(self, steps: int | None = None) -> None:
        """Go on with the game as it is, up to its number of steps, or to another one."""
        self._only("idle paused", "it is running already")
        self.recipe.steps = steps or self.recipe.steps
        if self.game.steps >= self.steps:
            raise CourseError(f"all {self.steps} steps are made: enter more steps and press Resume, or press Start")
        self._begin(self._records, "running")

    def pause(self) -> None:
        """Let the present step be the last, and show where the game is; Resume goes on from there."""
        self._only("running", "nothing is running: press Start or Resume")
        self._after = "paused"
        self.worker.halt()

    def stop(self) -> None:
        """The same, and settings may be changed and another game started. This one stays in `panel.game`."""
        self._only("running paused", "nothing is running: press Start or Resume")
        self._after = "idle"
        self.worker.halt()
        if self.state == "paused":
            self._settle("idle")
            self.say(f"stopped at step {self.game.steps}; the game is in panel.game")

    def halt(self):
        self.worker.halt()

    def _only(self, states, otherwise):
        if self.state not in states.split():
            raise CourseError(otherwise)

    def _begin(self, records, text):
        self.error, self._after = None, "idle"
        self._settle("running")
        self.say(text)
        self.worker.start(records, self._seen, self._ended)

    def _settle(self, state):
        """Be idle, running or paused, and offer the buttons that make sense then."""
        self.state = state
        if self.box is not None:
            usable = {"Start": "idle", "Pause": "running", "Resume": "idle paused", "Stop": "running paused"}
            for name, states in usable.items():
                self.buttons[name].disabled = state not in states.split()

    # --- in the background

    def _records(self):
        self._began = time.monotonic(), self.game.steps
        return train(self.game, self.recipe.batches, self.steps - self.game.steps)

    def _seen(self, record):
        values = [record.values[f"{side}_loss"].detach().float() for side in self.game.sides]
        self.history.append((record.step, torch.stack(values)))
        began = time.monotonic()
        if began >= self._due:
            self.show(going=True)
            now = time.monotonic()
            self._due = now + max(EVERY, 4 * (now - began))

    def _ended(self, error):
        done = self.game.steps >= self.steps
        after = "idle" if done or error is not None else self._after
        if error is not None:
            self.fail(error)
        else:
            word = "finished" if done else "paused" if after == "paused" else "stopped"
            self.show(f"{word} at step {self.game.steps}; the game is in panel.game")
        self._settle(after)

    # --- the page

    @styled
    def draw(self):
        samples = as_array(self._samples())
        plane = samples.ndim == 2
        sheet = None if plane else self._sheet(samples)
        below = 3.4 if plane else min(WIDTH * sheet.shape[0] / sheet.shape[1], 5.0)
        figure = blank(2.0 + below)
        above, lower = figure.subfigures(2, 1, height_ratios=[2.0, below])
        axes = above.subplots()
        lines, pale = [], []
        for i, side in enumerate(self.game.sides):
            colour = colour_of(side, i)
            pale += axes.plot([], [], color=colour, alpha=0.25, lw=0.8)
            lines += axes.plot([], [], color=colour, label=f"{side} loss")
        axes.set(xlim=(0, self._last_step_shown()), ylim=(0, 1), xlabel="step", ylabel="loss")
        axes.xaxis.get_major_locator().set_params(integer=True)
        legend_above(axes)
        if plane:
            below = lower.subplots()
            real = as_array(self.recipe.batches.tensors[0][:400])
            below.plot(*real.T, "o", ms=3, mew=0, alpha=0.3, color=COLOURS["real"])
            (shown,) = below.plot(*samples.T, "o", ms=3, mew=0, alpha=0.6, color=COLOURS["fake"])
            limit = 1.3 * np.abs(real).max()
            below.set(aspect="equal", xlim=(-limit, limit), ylim=(-limit, limit))
        else:
            below = lower.add_axes((0.01, 0.01, 0.98, 0.98))
            below.set_axis_off()
            shown = below.imshow(sheet, interpolation="antialiased")
        picture = Picture(figure, (*pale, *lines, shown))
        self._place(picture, samples)
        return picture

    def _last_step_shown(self):
        """The right end of the losses' axis: doubled from 50 on, until it holds the steps made."""
        return min(self.steps, 50 * 2 ** max(0, math.ceil(math.log2(max(self.game.steps, 1) / 50))))

    def _samples(self):
        return preview(self.recipe, self.ema)

    def _sheet(self, samples):
        return mosaic(samples, 16 if samples.shape[-1] <= 32 else 8)

    def _place(self, picture, samples):
        *curves, shown = picture.moving
        if samples.ndim == 2:
            shown.set_data(*samples.T)
        else:
            shown.set_data(self._sheet(samples))
        if not self.history:
            return
        stride = 1 + len(self.history) // 1500
        steps = [step for step, _ in self.history[::stride]]
        table = torch.stack([values for _, values in self.history[::stride]]).cpu().numpy().T
        half = len(curves) // 2
        for pale, line, values in zip(curves[:half], curves[half:], table):
            pale.set_data(steps, values)
            line.set_data(steps, smoothed(values, 1 + len(values) // 30))
        axes, finite = curves[0].axes, table[np.isfinite(table)]
        low, high = np.quantile(finite, [0.005, 0.995]) if finite.size else (0, 1)
        old_low, old_high = axes.get_ylim()
        if low < old_low or high > old_high or high - low < 0.4 * (old_high - old_low):
            margin = 0.15 * (high - low) + 1e-3
            axes.set_ylim(min(0, low - margin) if low < 0.3 else low - margin, high + margin)
            picture.still_changed()
        if axes.get_xlim()[1] != (limit := self._last_step_shown()):
            axes.set_xlim(0, limit)
            picture.still_changed()

    def show(self, text: str = "", going: bool = False) -> None:
        """Bring the page up to the present state; without a text the line of news stays as it is."""
        if self.box is None:
            return
        with STAGE:
            self._place(self.picture, as_array(self._samples()))
            self.refresh()
        done, steps = self.game.steps, self.steps
        self.bar.value = min(1.0, done / steps)
        left = ""
        if going and steps > done > self._began[1]:
            seconds = (time.monotonic() - self._began[0]) * (steps - done) / (done - self._began[1])
            left = f", {duration(seconds)} left"
        self.readout.value = f"step <b>{done}</b> of {steps}{left}"
        if text:
            self.say(text)

    def controls(self):
        settings = self.recipe.settings
        self.profiles = self.knob("Dropdown", "profile", "profile", self._fill, options=PROFILES, value=self.profile)
        selects = [self.profiles]
        self.losses = None
        if "loss" in settings:
            options = {"options": losses.NAMES, "value": settings["loss"]}
            self.losses = self.knob("Dropdown", "loss", "loss", self._fill, **options)
            selects.append(self.losses)
        self.fields = {
            name: self.knob("Text", name.replace("_", "-"), hyperparameters.FIELDS[name][0], self._entered, value=text)
            for name, text in hyperparameters.fields(settings).items()
        }
        for field in self.fields.values():
            field.continuous_update, field.layout.width = False, "19em"
        made = [
            self.button("Start", self._start, "a new game with these settings"),
            self.button("Pause", self.pause, "stop between two steps, to go on later"),
            self.button("Resume", self._resume, "go on with the game as it is"),
            self.button("Stop", self.stop, "end this training; the game is kept"),
        ]
        self.buttons = {button.description: button for button in made}
        self.average = self.knob("Checkbox", "averaged", "samples of the average (EMA)", self._averaged, value=self.ema)
        self.bar = widgets().FloatProgress(min=0, max=1, description="progress", layout={"width": "95%"})
        self.bar.add_class("course-gan-progress")
        return [row(*selects, *self.fields.values()), row(*made, self.average), self.bar]

    def open(self):
        box = super().open()
        self._settle(self.state)
        self.show("press Start for a new game with these settings, or Resume to go on with the one shown")
        return box

    def _chosen(self):
        texts = {name: field.value for name, field in self.fields.items()}
        loss = None if self.losses is None else self.losses.value
        return hyperparameters.chosen(self.lesson, self.profiles.value, loss, texts, self.fixed)

    def _start(self):
        self.start(self.profiles.value, **self._chosen())

    def _resume(self):
        self.resume(self._chosen().get("steps", self.steps))

    def _entered(self):
        self._chosen()
        if self.state == "running":
            self.say("new settings count from the next Start")
        elif self.error is not None:
            self.error = None
            self.say("")

    def _fill(self):
        """A profile or a loss brings the settings that belong to it."""
        loss = {} if self.losses is None else {"loss": self.losses.value}
        settings = recipes.settings(self.lesson, self.profiles.value, **{**self.fixed, **loss})
        for name, text in hyperparameters.fields(settings).items():
            self.fields[name].value = text

    def _averaged(self):
        self.ema = self.average.value
        self.show("samples of the averaged players" if self.ema else "samples of the players themselves")
