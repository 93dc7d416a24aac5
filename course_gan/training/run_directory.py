"""The directory of one run: its checkpoints, the newest valid of which wins, and the lock that keeps it to one run."""

import contextlib
import re
import warnings
from pathlib import Path
from typing import Any

from course_gan.errors import CourseError
from course_gan.training import checkpoint
from course_gan.training.finite import NonFiniteError
from course_gan.training.game import Game
from course_gan.training.lock import lock

_LEFTOVER = re.compile(r"\.step-\d{8,}\.pt\.[0-9a-f]{8}\.partial")  # of a save that was killed, see `write_whole`


class RunDirectory:
    """Checkpoints `step-00000100.pt` of a game in one folder; a context manager that holds the folder's lock.

        with RunDirectory("runs/dcgan") as run:
            run.restore(game, batches)
            for record in train(game, batches, steps - game.steps, run, save_every=100): ...

    path: is made where it is missing. keep: how many of the newest checkpoints stay.
    writer: False in all but one of several processes, which then only read.
    Entering raises CourseError when the folder cannot be written or another run holds it. Leaving saves what `train`
    has done since the last checkpoint, also when an exception or an interrupt is the reason.
    """

    def __init__(self, path: str | Path, keep: int = 3, writer: bool = True):
        self.path, self.keep, self.writer = Path(path), keep, writer
        self.last_step = 0  # of the newest checkpoint saved or restored here
        self.following: tuple[Game, Any] | None = None  # game and data that `train` is at work on

    def __enter__(self) -> "RunDirectory":
        self._open = contextlib.ExitStack()
        if self.writer:
            self._open.enter_context(lock(self.path / "lock"))
            for path in self.path.iterdir():
                if _LEFTOVER.fullmatch(path.name):
                    path.unlink()
        return self

    def __exit__(self, kind: type | None, *_) -> None:
        """Save what is newer than the last checkpoint, whatever the reason for leaving, unless it is NaN."""
        with self._open:
            if self.following and self.following[0].steps > self.last_step and kind is not NonFiniteError:
                self.save(*self.following)

    def checkpoints(self) -> list[Path]:
        """The checkpoints, valid or not, newest first."""
        return sorted(self.path.glob("step-*.pt"), reverse=True)

    def save(self, game: Game, batches: Any) -> None:
        """Save the whole state of game and data as of now, and drop the oldest checkpoints.

        Raises CourseError when it cannot be written, NonFiniteError when there is NaN or inf in it.
        """
        game.watch.read(game.steps)
        if self.writer:
            path = self.path / f"step-{game.steps:08d}.pt"
            checkpoint.write(path, {"game": game.state_dict(), "batches": batches.state_dict()})
            for old in [other for other in self.checkpoints() if other <= path][self.keep :]:
                old.unlink()
        self.last_step = game.steps

    def restore(self, game: Game, batches: Any) -> int:
        """Bring game and data to the newest valid checkpoint and return its step; 0 where there is none at all.

        A damaged one is named in a warning and passed over. Raises CourseError when all are damaged, or when the
        newest valid one belongs to another game, architecture or data set.
        """
        damaged = []
        for path in self.checkpoints():
            try:
                state = checkpoint.read(path)
                batches.load_state_dict(state["batches"])
                game.load_state_dict(state["game"])
            except checkpoint.DamagedError as error:
                damaged.append(error)
                warnings.warn(f"passed over: {error}", stacklevel=2)
            except (ValueError, LookupError, TypeError, RuntimeError) as error:
                reason = str(error).splitlines()[0]
                raise CourseError(f"{path} does not fit: {reason}; use the settings it was saved with") from error
            else:
                self.last_step = game.steps
                return game.steps
        if damaged:
            raise CourseError(f"no valid checkpoint among {len(damaged)} in {self.path}: {damaged[0]}")
        return 0
