"""How a training ends early: one line that says where, of what, what is saved, and how to go on."""

from collections.abc import Iterator

import torch

from course_gan.errors import CourseError
from course_gan.marker import quoted
from course_gan.training import Game, NonFiniteError, Record, RunDirectory


class Course:
    """Follows the steps of a training in its directory, so that it can be said where they ended.

    directory: that of the run. lesson: its number, for the command that goes on.
    """

    def __init__(self, directory: RunDirectory, lesson: str):
        self.directory = directory
        self.lesson = lesson
        self.game: Game | None = None  # from the first step on
        self.step_failed = False  # the end came while a step was made, not after it
        self.part_made = False  # of that step: its first moves are in the players
        self.saved_before = 0  # the step that was saved when the end came

    @property
    def has_begun(self) -> bool:
        """Whether the first step was asked for."""
        return self.game is not None

    def steps(self, records: Iterator[Record], game: Game) -> Iterator[Record]:
        """The records of the game's steps, one by one."""
        self.game = game
        while True:
            made = game.steps
            random = game.random.get_state()  # every move changes it before anything else
            try:
                record = next(records, None)
            except BaseException:
                self.step_failed = game.steps == made
                self.part_made = self.step_failed and not torch.equal(game.random.get_state(), random)
                self.saved_before = self.directory.last_step
                raise
            if record is None:
                return
            yield record

    def ended_by(self, error: Exception) -> CourseError:
        """The line on an error; of one that could not be foreseen the traceback is a word away."""
        if not self.has_begun:
            return CourseError(f"the training cannot begin: {_described(error)}")
        if isinstance(error, NonFiniteError):  # it would meet the same again
            found = str(error).split(";")[0]
            return NonFiniteError(f"{found}; the run cannot go on: start anew with a lower learning rate, -p lr LESS")
        where = f"in step {self.game.steps + 1}" if self.step_failed else f"after step {self.game.steps}"
        return CourseError(f"stopped {where}: {_described(error)}; {self.way_on()}")

    def way_on(self) -> str:
        """What is saved, and the command that goes on from there."""
        step = self.directory.last_step
        if not step:
            return "nothing is saved yet"
        part = f", with a part of step {step + 1} in it" if self.part_made and self.saved_before < step else ""
        command = f"course-gan train {self.lesson} --out {quoted(self.directory.path)} --resume"
        return f"step {step} is saved{part}; go on with: {command}"


def _described(error: Exception) -> str:
    """What an error is, in one line of moderate length."""
    if isinstance(error, CourseError):
        return str(error)
    first = (str(error).strip().splitlines() or [""])[0]
    text = f": {first[:200]}" if first else ""
    return f"{type(error).__name__}{text} (COURSE_GAN_DEBUG=1 shows where)"
