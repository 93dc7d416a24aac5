"""The directory of one run: its checkpoints, the newest valid of which wins, and the lock that keeps it to one run."""

import contextlib
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any


from course_gan.errors import CourseError
from course_gan.training import checkpoint
from course_gan.training.game import Game
from course_gan.training.lock import lock


class RunDirectory:
    """Checkpoints `step-00000100.pt` of a game in one folder; a context manager that holds the folder's lock.

        with RunDirectory("runs/dcgan") as run:
            run.restore(game, batches)
            for record in train(game, batches, steps - game.steps, run, save_every=100): ...

    path: is made where it is missing. keep: how many of the newest checkpoints stay.
    writer: False in all but one of several processes, which then only read.
    Entering raises CourseError when the folder cannot be written or another run holds it.
    """

    def __init__(self, path: str | Path, keep: int = 3, writer: bool = True):
        self.path, self.keep, self.writer = Path(path), keep, writer
        self.last_step = 0  # of the newest checkpoint saved or restored here
        self._lock: IO | None = None

    def __enter__(self) -> "RunDirectory":
        if self.writer:
            try:
                self.path.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise CourseError(f"cannot make {self.path}: {error.strerror}; choose another folder") from error
            self._lock = lock(self.path / "lock")
            for leftover in self.path.glob("*.tmp"):  # of a save that was killed
                leftover.unlink()
        return self

    def __exit__(self, *_) -> None:
        if self._lock is not None:
            self._lock.close()

    def checkpoints(self) -> list[Path]:
        """The checkpoints, valid or not, newest first."""
        return sorted(self.path.glob("step-*.pt"), reverse=True)

    def save(self, game: Game, batches: Any) -> None:
        """Save the whole state of game and data as of now, and drop the oldest checkpoints. CourseError on failure."""
        if self.writer:
            path = self.path / f"step-{game.steps:08d}.pt"
            checkpoint.write(path, {"game": game.state_dict(), "batches": batches.state_dict()})
            for old in [older for older in self.checkpoints() if older <= path][self.keep :]:
                with contextlib.suppress(OSError):
                    old.unlink()
        self.last_step = game.steps

    def restore(self, game: Game, batches: Any) -> int:
        """Bring game and data to the newest valid checkpoint and return its step; 0 where there is none at all.

        A damaged one is named in a warning and passed over. Raises CourseError when all are damaged, or when the
        newest valid one belongs to another game, architecture or data set.
        """
        path, state = self._newest_valid()
        if state is None:
            return 0
        try:
            _check_fit(game, state["game"])
            batches.load_state_dict(state["batches"])
            game.load_state_dict(state["game"])
        except (ValueError, LookupError, TypeError, RuntimeError) as error:
            reason = str(error).splitlines()[0]
            raise CourseError(f"{path} does not fit this game: {reason}; use the settings it was saved with") from error
        self.last_step = game.steps
        return game.steps

    def _newest_valid(self) -> tuple[Path | None, dict | None]:
        damaged = []
        for path in self.checkpoints():
            try:
                return path, checkpoint.read(path)
            except checkpoint.DamagedError as error:
                damaged.append(error)
                warnings.warn(f"passed over: {error}", stacklevel=3)
        if damaged:
            raise CourseError(f"no valid checkpoint in {self.path}, {len(damaged)} damaged: {damaged[0]}")
        return None, None


def _check_fit(game: Game, state: dict[str, Any]) -> None:
    """Raise ValueError, before anything is loaded, when the players are not the saved ones."""
    if state["game"] != type(game).__name__:
        raise ValueError(f"it was saved from a {state['game']}, this is a {type(game).__name__}")
    for found, wanted in zip(_shapes(state["players"]), _shapes({n: p.state_dict() for n, p in game.players.items()})):
        if found != wanted:
            raise ValueError(f"it has {found[0]} {found[1]}, this one has {wanted[0]} {wanted[1]}")


def _shapes(players: dict[str, dict]) -> Iterator[tuple[str, tuple]]:
    yield from ((f"{n}.{key}", tuple(t.shape)) for n, state in sorted(players.items()) for key, t in state.items())
