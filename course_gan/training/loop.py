"""The loop. It knows no GAN: it draws batches, asks the game to move, looks for NaN, saves, and yields a record."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from torch import Tensor

from course_gan.errors import CourseError
from course_gan.training import interrupts
from course_gan.training.game import Game
from course_gan.training.run_directory import RunDirectory, require_savable

READ_EVERY = 50  # steps between two questions to an accelerator, or between processes
ENDLESS = "use course_gan.data.Batches, which begins anew"


@dataclass(frozen=True)
class Record:
    """One step: its number (from 1), seconds since the loop began, and named scalars, still on their device."""

    step: int
    seconds: float
    values: dict[str, Tensor]

    def __getitem__(self, name: str) -> float:
        """A value as a number; on an accelerator this waits for it."""
        return float(self.values[name])


def train(
    game: Game, batches: Iterator, steps: int, run: RunDirectory | None = None, save_every: int = 0
) -> Iterator[Record]:
    """Make `steps` more steps of the game and yield a Record after each.

    batches: an endless iterator; with a run it needs state_dict and load_state_dict, as `course_gan.data.Batches` has.
    run: an entered RunDirectory, which saves every `save_every` steps (0: never), at the end, and, as it is left,
        whatever has not been saved yet: after Ctrl-C, SIGTERM or an exception too.
    Raises CourseError before the first step for batches that are no iterator, or cannot be saved in the run, and
    where they end too early; NonFiniteError on NaN or inf, KeyboardInterrupt after Ctrl-C, SystemExit(143) after
    SIGTERM.
    """
    began = time.monotonic()
    last = game.steps + steps
    if not hasattr(batches, "__next__"):
        raise CourseError(f"batches is a {type(batches).__name__}, but has to be an endless iterator: {ENDLESS}")
    if run is not None:
        require_savable(batches)
        run.following = game, batches
    with interrupts.noted(second_acts=True) as received:
        while game.steps < last:
            try:
                values = game.step(batches)
            except StopIteration:
                raise CourseError(f"the batches ended after step {game.steps} of {last}: {ENDLESS}") from None
            asking = game.steps == last or game.steps % READ_EVERY == 0
            if asking:
                game.watch.read(game.steps)
            if run is not None and (game.steps == last or (save_every and game.steps % save_every == 0)):
                run.save(game, batches)
            # record
            yield Record(game.steps, time.monotonic() - began, values)
            if (asking or game.backend.world_size == 1) and game.backend.any(bool(received)):
                raise interrupts.consequence(received)
