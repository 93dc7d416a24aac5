"""Lessons 03, 04, 07, 08: train a lesson's game with settings of one's own, watch it, pause it, and keep it."""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from matplotlib.artist import Artist
from matplotlib.figure import Figure

from course_gan import recipes
from course_gan.errors import CourseError
from course_gan.panels.kit.controls import row, widgets
from course_gan.panels.kit.panel import Panel
from course_gan.panels.kit.threads import Worker
from course_gan.panels.live_training.form import Form
from course_gan.panels.live_training.history import History, Pace, duration, preview
from course_gan.recipes import Recipe
from course_gan.training import Game, train
from course_gan.training.loop import Record

if TYPE_CHECKING:
    from ipywidgets import DOMWidget

USABLE = {  # button: the states in which it makes sense
    "Start": ("idle",),
    "Pause": ("running",),
    "Resume": ("idle", "paused"),
    "Stop": ("running", "paused"),
}
EVERY = 0.5  # seconds between two drawings at least
RESTING = 5  # and at least so many times as long as a drawing took
STORED = 0.7  # size of the figure that a notebook stores, of the one on the page


class Training(Panel):
    """A lesson's game under the learner's hands; `panel.game` is always the game that is shown.

    lesson: a name of `recipes.settings`, or a Recipe, trained already or not. profile, settings: as for
    `recipes.build`. A new start keeps the recipe before in `panel.previous`. state: idle, running or paused.
    """

    name = "training"
    shows = "the losses of the players, and below them samples of the game"
    welcome = "press Start for a new game with these settings, or Resume to go on with the one shown"

    def __init__(self, lesson: str | Recipe, profile: str = "cpu", **settings: Any):
        super().__init__()
        if isinstance(lesson, Recipe):
            self.recipe = lesson
            self.fixed = {}
        else:
            self.recipe = recipes.build(lesson, profile, **settings)
            self.fixed = settings
        self.previous: Recipe | None = None
        self.ema = True
        self.live = History(self.recipe)
        self.worker = Worker("training panel")
        self.state = "idle"
        self._after = "idle"  # the state to be in when the worker has halted
        self._due = 0.0
        self._pace: Pace | None = None

    @property
    def game(self) -> Game:
        """The game as trained so far."""
        return self.recipe.game

    # --- what the buttons do

    def start(self, profile: str = "cpu", **settings: Any) -> None:
        """Build a game anew from settings of `recipes.build`, and train it in the background.

        CourseError while another is there, running or paused, and for settings that cannot be.
        """
        self._only("Start", "a training is there already: press Stop first")
        lesson = self.recipe.settings.lesson
        recipes.settings(lesson, profile, **settings)  # refuses what is wrong before anything is given up

        def records() -> Iterator[Record]:
            recipe = recipes.build(lesson, profile, **settings)
            if self.game.steps:
                self.previous = self.recipe
            self.recipe = recipe
            self.live = History(recipe)
            self.redraw()
            return self._records()

        self._begin(records, "building the game")

    def resume(self, steps: int | None = None) -> None:
        """Go on with the game as it is, up to its number of steps in all, or to another one.

        CourseError while it runs, and where all these steps are made.
        """
        self._only("Resume", "it is running already")
        wanted = steps or self.recipe.steps
        self.recipe.steps = wanted
        if self.game.steps >= wanted:
            raise CourseError(f"all {wanted} steps are made: enter more steps and press Resume, or press Start")
        self._begin(self._records, "running")

    def pause(self) -> None:
        """Let the present step be the last, and show where the game is; Resume goes on from there."""
        self._end("Pause", "paused")

    def stop(self) -> None:
        """The same, and another game may be started. This one stays in `panel.game`, and Resume goes on with it."""
        self._end("Stop", "idle")

    def _only(self, button: str, otherwise: str) -> None:
        if self.state not in USABLE[button]:
            raise CourseError(otherwise)

    def _begin(self, records: Callable[[], Iterator[Record]], text: str) -> None:
        self.error = None
        self._after = "idle"
        self._settle("running")
        self.say(text)
        self.worker.start(records, self._seen, self._ended)

    def _end(self, button: str, after: str) -> None:
        self._only(button, "nothing is running: press Start or Resume")
        was = self.state
        self._after = after
        self.halt()
        if was == "paused":
            self._ended(None)

    def _settle(self, state: str) -> None:
        """Be idle, running or paused, and offer the buttons that make sense then."""
        self.state = state
        for name in USABLE.keys() & self.knobs.keys():
            self.knobs[name].disabled = state not in USABLE[name]

    # --- in the background

    def _records(self) -> Iterator[Record]:
        self.say("running")
        self._pace = Pace(self.game)
        return train(self.game, self.recipe.batches, self.recipe.steps - self.game.steps)

    def _seen(self, record: Record) -> None:
        self.live.update(record)
        began = time.monotonic()
        if began >= self._due:
            self.show()
            now = time.monotonic()
            self._due = now + max(EVERY, RESTING * (now - began))

    def _ended(self, error: BaseException | None) -> None:
        self._pace = None
        if error is not None:
            self.fail(error)
            self._settle("idle")
            return
        done = self.game.steps >= self.recipe.steps
        after = "idle" if done else self._after
        word = "finished" if done else "paused" if after == "paused" else "stopped"
        self.show(f"{word} at step {self.game.steps}; the game is in panel.game")
        self._settle(after)

    # --- the page

    def sketch(self) -> tuple[Figure, Sequence[Artist]]:
        samples = preview(self.recipe, self.ema)
        wide = samples.shape[-1] <= 32 and len(samples) % 16 == 0
        self.live.images = samples
        self.live.columns = 16 if wide else self.recipe.columns
        figure = self.live.figure()
        if self.box is None:
            figure.set_size_inches(STORED * figure.get_size_inches())
        if not self.live.rows:
            above = figure.axes[0]
            above.set(xlim=(0, self.recipe.steps), yticks=[])
            above.text(0.5, 0.5, "losses, as soon as it trains", ha="center", transform=above.transAxes)
        return figure, ()

    def read(self) -> str:
        done, steps = self.game.steps, self.recipe.steps
        self.bar.value = min(1.0, done / steps)
        left = ""
        pace = self._pace  # once: the thread may take it away
        if pace is not None and done < steps:
            left = f", {duration(pace.seconds_to(steps))} left"
        return f"step <b>{done}</b> of {steps}{left}"

    def controls(self) -> list["DOMWidget"]:
        self.form = Form(self.recipe.settings, self.fixed, self.knob, self._entered)
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
        return [row(*self.form.controls()), row(buttons, average), self.bar]

    @property
    def fields(self) -> dict[str, Any]:
        """The text fields, by the name of the setting."""
        return self.form.fields

    def _start(self) -> None:
        profile, settings = self.form.wanted()
        self.start(profile, **settings)

    def _resume(self) -> None:
        _, settings = self.form.wanted()
        self.resume(settings.get("steps"))

    def _entered(self) -> None:
        self.error = None
        self.say("new settings count from the next Start" if self.state == "running" else "")

    def _averaged(self, wanted: bool) -> None:
        self.ema = wanted
        self.show("samples of the averaged players" if wanted else "samples of the players themselves")
