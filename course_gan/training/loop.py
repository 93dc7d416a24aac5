"""The loop. It knows no GAN: it draws batches, asks the game to move, looks for NaN, saves, and yields a record."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from torch import Tensor

from course_gan.training.finite import NonFiniteError
from course_gan.training.game import Game

READ_EVERY = 50  # steps between two looks at an accelerator


@dataclass(frozen=True)
class Record:
    """One step: its number (from 1), seconds since the loop began, and named scalars, still on their device."""

    step: int
    seconds: float
    values: dict[str, Tensor]

    def __getitem__(self, name: str) -> float:
        """A value as a number; on an accelerator this waits for it."""
        return float(self.values[name])


class _Stop:
    """What a signal asked for; 0 is nothing."""

    signal = 0


@contextmanager
def _signals() -> Iterator[_Stop]:
    """Inside, the first Ctrl-C or SIGTERM is noted, to be obeyed between two steps; the second acts at once."""
    stop, old = _Stop(), {}

    def note(number, frame):
        stop.signal = number
        restore()

    def restore():
        while old:
            signal.signal(*old.popitem())

    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            old[number] = signal.signal(number, note)
    try:
        yield stop
    finally:
        restore()


def train(game: Game, batches: Iterator, steps: int, run=None, save_every: int | None = None) -> Iterator[Record]:
    """Make `steps` more steps of the game and yield a Record after each.

    batches: endless; with a run it needs state_dict and load_state_dict, as `course_gan.data.Batches` has.
    run: an open RunDirectory to save into: every `save_every` steps, at the end, and before leaving early for whatever
        reason but NaN. save_every=None saves only then.
    Raises NonFiniteError on NaN or inf, KeyboardInterrupt after Ctrl-C, SystemExit(143) after SIGTERM.
    """
    began, last = time.monotonic(), game.steps + steps
    with _signals() as stop:
        try:
            while game.steps < last:
                values = game.step(batches)
                due = game.steps == last or game.steps % (1 if game.watch.at_once else READ_EVERY) == 0
                if due:
                    game.watch.read(game.steps)
                if run is not None and (game.steps == last or (save_every and game.steps % save_every == 0)):
                    run.save(game, batches)
                yield Record(game.steps, time.monotonic() - began, values)
                if (due or game.backend.world_size == 1) and game.backend.any(bool(stop.signal)):
                    raise SystemExit(143) if stop.signal == signal.SIGTERM else KeyboardInterrupt
        except NonFiniteError:
            raise
        except BaseException:
            if run is not None and game.steps > run.last_step:
                run.save(game, batches)
            raise
