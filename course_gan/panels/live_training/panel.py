"""Lessons 03, 04, 07, 08: train a lesson's game with settings of one's own, watch it, pause it, and keep it."""

import math
import time

import torch

from course_gan import losses, plots, recipes
from course_gan.catalogue import PROFILES
from course_gan.errors import CourseError
from course_gan.panels.kit.frame import Panel, row, widgets
from course_gan.panels.kit.threads import Worker
from course_gan.panels.live_training import fields as hyperparameters
from course_gan.training import train

USABLE = {"Start": "idle", "Pause": "running", "Resume": "idle paused", "Stop": "running paused"}  # and when
EVERY = 0.5  # seconds between two drawings at least, and never more than a sixth of the time


def preview(recipe: recipes.Recipe, ema: bool = True) -> torch.Tensor:
    """The recipe's samples, from the averaged players or, with ema=False, from those that are trained."""
    game, averages = recipe.game, recipe.game.averages
    game.averages = averages if ema else {}
    try:
        return recipe.preview()
    finally:
        game.averages = averages


def duration(seconds: float) -> str:
    """Seconds as a person says them."""
    s = seconds
    return f"{s:.0f} s" if s < 90 else f"{s / 60:.1f} min" if s < 5400 else f"{s / 3600:.1f} h"


class History(plots.LiveFigure):
    """The live figure of a recipe's training, which leaves it to the panel when it is drawn."""

    def __init__(self, recipe: recipes.Recipe):
        real = recipe.batches.tensors[0][:400] if getattr(recipe.game, "latent_dim", None) == 2 else None
        super().__init__([f"{side}_loss" for side in recipe.game.sides], real=real)
        self._next = math.inf

    def update(self, record):
        gap = math.nan * next(iter(record.values.values()))  # in the curve of a side that did not move
        super().update({"step": record.step} | {name: record.values.get(name, gap) for name in self.losses})


class Training(Panel):
    """A lesson's game under the learner's hands; `panel.game` is always the game that is shown.

    lesson: a number of `recipes.settings`, or a Recipe, trained already or not. profile, settings: as for
    `recipes.build`. A new start keeps the recipe before in `panel.previous`. state: idle, running or paused.
    """

    name = "training"
    shows = "the losses of the players, and below them samples of the game"
    welcome = "press Start for a new game with these settings, or Resume to go on with the one shown"

    def __init__(self, lesson, profile="cpu", **settings):
        super().__init__()
        given = isinstance(lesson, recipes.Recipe)
        self.recipe = lesson if given else recipes.build(lesson, profile, **settings)
        self.fixed = {} if given else settings
        self.worker, self.previous, self.ema = Worker("training panel"), None, True
        self.live, self.fields = History(self.recipe), {}
        self.state, self._after, self._due, self._pace = "idle", "idle", 0.0, None

    @property
    def game(self):
        """The game as trained so far."""
        return self.recipe.game

    # --- what the buttons do

    def start(self, profile: str = "cpu", **settings) -> None:
        """Build a game anew from settings of `recipes.build`, and train it in the background."""
        self._only("Start", "a training is there already: press Stop first")
        lesson = self.recipe.settings["lesson"]
        recipes.settings(lesson, profile, **settings)  # refuses what is wrong before anything is given up

        def records():
            recipe = recipes.build(lesson, profile, **settings)
            self.previous = self.recipe if self.game.steps else self.previous
            self.recipe, self.live = recipe, History(recipe)
            self.redraw()
            return self._records()

        self._begin(records, "building the game")

    def resume(self, steps: int | None = None) -> None:
        """Go on with the game as it is, up to its number of steps, or to another one."""
        self._only("Resume", "it is running already")
        self.recipe.steps = wanted = steps or self.recipe.steps
        if self.game.steps >= wanted:
            raise CourseError(f"all {wanted} steps are made: enter more steps and press Resume, or press Start")
        self._begin(self._records, "running")

    def pause(self) -> None:
        """Let the present step be the last, and show where the game is; Resume goes on from there."""
        self._end("Pause", "paused")

    def stop(self) -> None:
        """The same, and another game may be started. This one stays in `panel.game`, and Resume goes on with it."""
        self._end("Stop", "idle")

    def _only(self, button, otherwise):
        if self.state not in USABLE[button].split():
            raise CourseError(otherwise)

    def _begin(self, records, text):
        self.error, self._after = None, "idle"
        self._settle("running")
        self.say(text)
        self.worker.start(records, self._seen, self._ended)

    def _end(self, button, after):
        self._only(button, "nothing is running: press Start or Resume")
        self._after, was = after, self.state
        self.halt()
        if was == "paused":
            self._ended(None)

    def _settle(self, state):
        """Be idle, running or paused, and offer the buttons that make sense then."""
        self.state = state
        for name in USABLE.keys() & self.knobs.keys():
            self.knobs[name].disabled = state not in USABLE[name].split()

    # --- in the background

    def _records(self):
        self.say("running")
        began, first = time.monotonic(), self.game.steps
        self._pace = lambda: (time.monotonic() - began) / max(1, self.game.steps - first)  # seconds a step
        return train(self.game, self.recipe.batches, self.recipe.steps - first)

    def _seen(self, record):
        self.live.update(record)
        began = time.monotonic()
        if began >= self._due:
            self.show()
            now = time.monotonic()
            self._due = now + max(EVERY, 5 * (now - began))

    def _ended(self, error):
        self._pace, done = None, self.game.steps >= self.recipe.steps
        after = "idle" if done or error is not None else self._after
        if error is not None:
            self.fail(error)
        else:
            word = "finished" if done else "paused" if after == "paused" else "stopped"
            self.show(f"{word} at step {self.game.steps}; the game is in panel.game")
        self._settle(after)

    # --- the page

    def sketch(self):
        samples = preview(self.recipe, self.ema)
        wide = samples.shape[-1] <= 32 and len(samples) % 16 == 0
        self.live.images, self.live.columns = samples, 16 if wide else self.recipe.columns
        figure = self.live.figure()
        figure.set_size_inches((1 if self.box else 0.7) * figure.get_size_inches())  # small where it is stored
        if not self.live.rows:
            above = figure.axes[0]
            above.set(xlim=(0, self.recipe.steps), yticks=[])
            above.text(0.5, 0.5, "losses, as soon as it trains", ha="center", transform=above.transAxes)
        return figure, ()

    def read(self):
        done, steps = self.game.steps, self.recipe.steps
        self.bar.value = min(1.0, done / steps)
        left = f", {duration((steps - done) * self._pace())} left" if self._pace and done < steps else ""
        return f"step <b>{done}</b> of {steps}{left}"

    def controls(self):
        settings = self.recipe.settings
        choices = {"profile": PROFILES} | ({"loss": losses.NAMES} if "loss" in settings else {})
        for name, options in choices.items():
            self.knob("Dropdown", name, name, self._fill, options=options, value=settings[name])
        chosen, look = [*self.knobs.values()], {"continuous_update": False, "layout": {"width": "19em"}}
        for name, text in hyperparameters.fields(settings).items():
            self.fields[name] = self.knob("Text", name, hyperparameters.label(name), self._entered, value=text, **look)
        buttons = self.buttons(
            ("Start", self._start, "a new game with these settings"),
            ("Pause", self.pause, "stop between two steps, to go on later"),
            ("Resume", self._resume, "go on with the game as it is"),
            ("Stop", self.stop, "end this training; the game is kept"),
        )
        self._settle(self.state)
        average = self.knob("Checkbox", "averaged", "samples of the average (EMA)", self._averaged, value=self.ema)
        self.bar = widgets().FloatProgress(min=0, max=1, description="progress", layout={"width": "95%"})
        self.bar.add_class("course-gan-progress")
        return [row(*chosen, *self.fields.values()), row(buttons, average), self.bar]

    def _chosen(self):
        """The profile, and the settings that the controls ask for."""
        texts = {name: field.value for name, field in self.fields.items()}
        lesson, profile, fixed = self._frame()
        return profile, fixed | hyperparameters.changes(texts, recipes.settings(lesson, profile, **fixed))

    def _frame(self):
        """The lesson, and what the fields do not say: profile, loss, and settings that were given."""
        loss = {"loss": self.knobs["loss"].value} if "loss" in self.knobs else {}
        return self.recipe.settings["lesson"], self.knobs["profile"].value, self.fixed | loss

    def _start(self):
        profile, settings = self._chosen()
        self.start(profile, **settings)

    def _resume(self):
        self.resume(self._chosen()[1].get("steps"))

    def _entered(self, _):
        self._chosen()
        self.error = None
        self.say("new settings count from the next Start" if self.state == "running" else "")

    def _fill(self, _):
        """A profile or a loss brings the settings that belong to it."""
        lesson, profile, fixed = self._frame()
        for name, text in hyperparameters.fields(recipes.settings(lesson, profile, **fixed)).items():
            self.fields[name].value = text

    def _averaged(self, wanted):
        self.ema = wanted
        self.show("samples of the averaged players" if wanted else "samples of the players themselves")
