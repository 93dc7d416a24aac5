"""The directory of one run: its checkpoints, the newest valid of which wins, and the lock that keeps it to one run."""

import contextlib
import os
import re
import warnings
from pathlib import Path
from typing import Any

from course_gan.errors import CourseError
from course_gan.marker import TRAINING, set_aside
from course_gan.own_folder import OwnFolder
from course_gan.training import checkpoint, interrupts
from course_gan.training.finite import NonFiniteError
from course_gan.training.game import Game
from course_gan.training.lock import lock

_CHECKPOINT = re.compile(r"step-\d{8,}\.pt")
_LEFTOVER = re.compile(r"\.step-\d{8,}\.pt\.[0-9a-f]{8}\.partial")  # of a save that was killed, see `write_whole`


def require_savable(batches: Any) -> None:
    """Raise CourseError for batches whose place could not be saved and found again."""
    if not (hasattr(batches, "state_dict") and hasattr(batches, "load_state_dict")):
        raise CourseError(
            f"batches is a {type(batches).__name__}, whose place a run cannot save (it has no state_dict and "
            "load_state_dict): use course_gan.data.Batches, or train without a RunDirectory"
        )


class RunDirectory:
    """Checkpoints `step-00000100.pt` of a game in one folder; a context manager that holds the folder's lock.

        with RunDirectory("runs/dcgan") as run:
            run.restore(game, batches)
            for record in train(game, batches, steps - game.steps, run, save_every=100): ...

    path: is made where it is missing. keep: how many of the newest checkpoints stay.
    writer: False in all but one of several processes, which then only read.
    settings: what the run was started with, as plain values that JSON knows; whoever sets it finds it again in
        `newest()["settings"]` of every checkpoint saved since. None saves none.
    source: what it learns from, as plain values too; whoever sets it finds it again in `newest()["source"]`.
    Entering raises CourseError when the folder cannot be written, when another run holds it, or when it is not empty
    and no run of ours made it (see course_gan.marker): nothing there is touched then. Leaving saves what `train` has
    done since the last checkpoint, also when an exception or an interrupt is the reason.
    """

    def __init__(self, path: str | Path, keep: int = 3, writer: bool = True):
        self.path = Path(path)
        self.keep = keep
        self.writer = writer
        self.settings: dict[str, Any] | None = None
        self.source: dict[str, Any] | None = None
        self.last_step = 0  # of the newest checkpoint saved or restored here
        self.following: tuple[Game, Any] | None = None  # game and data that `train` is at work on
        self.folder: OwnFolder | None = None  # the entered writer's hand on what else is written here
        self._newest: tuple[Path, dict[str, Any]] | None = None  # read, and not restored yet

    def __enter__(self) -> "RunDirectory":
        self._open = contextlib.ExitStack()
        if self.writer:
            folder = self._proven()
            self._open.enter_context(lock(self.path / "lock"))
            try:
                self._mark(folder)
            except CourseError:
                self._open.close()
                raise
            for path in self.path.iterdir():
                if _LEFTOVER.fullmatch(path.name):
                    path.unlink()
        return self

    def __exit__(self, kind: type | None, *_) -> None:
        """Save what is newer than the last checkpoint, whatever the reason for leaving, unless it is NaN.

        An impatient second Ctrl-C or SIGTERM waits until that is done.
        """
        with self._open:
            if self.following and self.following[0].steps > self.last_step and kind is not NonFiniteError:
                with interrupts.noted() as received:
                    self.save(*self.following)
                if received and kind is None:
                    raise interrupts.consequence(received)

    def prove(self) -> None:
        """Look whether the folder is ours or can be; raises CourseError where it is not, as entering does."""
        if self.writer:
            self._proven()

    def checkpoints(self) -> list[Path]:
        """The checkpoints, valid or not, newest first."""
        found = [path for path in self.path.glob("step-*.pt") if _CHECKPOINT.fullmatch(path.name)]
        return sorted(found, key=lambda path: int(path.stem.removeprefix("step-")), reverse=True)

    def save(self, game: Game, batches: Any) -> None:
        """Save the whole state of game and data as of now, and drop the oldest checkpoints.

        Raises CourseError when it cannot be written or batches cannot be saved, NonFiniteError when there is NaN or
        inf in it.
        """
        require_savable(batches)
        game.watch.read(game.steps)
        if self.writer:
            if self.folder is None:  # not entered
                self._mark(self._proven())
            path = self.path / f"step-{game.steps:08d}.pt"
            self._make_way(path)
            content = {"game": game.state_dict(), "batches": batches.state_dict()}
            if self.settings is not None:
                content["settings"] = self.settings
            if self.source is not None:
                content["source"] = self.source
            checkpoint.write(path, content)
            self._drop_all_before(path)
        self.last_step = game.steps
        self._newest = None

    def newest(self) -> dict[str, Any] | None:
        """What the newest valid checkpoint holds, read once until it is restored; None where there is none at all.

        A damaged one is named in a warning and passed over. Raises CourseError when all are damaged.
        """
        found = self._read_newest(stacklevel=3)
        return None if found is None else found[1]

    def newest_path(self) -> Path | None:
        """The file of the newest valid checkpoint, which `newest` reads, and with the same errors."""
        found = self._read_newest(stacklevel=3)
        return None if found is None else found[0]

    def restore(self, game: Game, batches: Any) -> int:
        """Bring game and data to the newest valid checkpoint and return its step; 0 where there is none at all.

        A damaged one is named in a warning and passed over. Raises CourseError when all are damaged, when the newest
        valid one belongs to another game, architecture or data set, and for batches that cannot be saved.
        """
        require_savable(batches)
        found = self._read_newest(stacklevel=3)
        if found is None:
            return 0
        path, state = found
        try:
            batches.load_state_dict(state["batches"])
            game.load_state_dict(state["game"])
        except (ValueError, LookupError, TypeError, RuntimeError) as error:
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            raise CourseError(f"{path} does not fit: {reason}; use the settings it was saved with") from error
        self._newest = None
        self._note(path)
        self.last_step = game.steps
        return game.steps

    def _read_newest(self, stacklevel: int) -> tuple[Path, dict[str, Any]] | None:
        if self._newest is not None:
            return self._newest
        damaged = []
        for path in self.checkpoints():
            try:
                self._newest = path, checkpoint.read(path)
            except checkpoint.DamagedError as error:
                damaged.append(error)
                warnings.warn(f"passed over: {error}", stacklevel=stacklevel)
            else:
                return self._newest
        if damaged:
            raise CourseError(f"no valid checkpoint among {len(damaged)} in {self.path}: {damaged[0]}")
        return None

    def _proven(self) -> OwnFolder:
        """The folder, if it is ours: one with a checkpoint in it is too, that was made before there were markers."""
        return OwnFolder(self.path, TRAINING, lambda _: any(map(checkpoint.is_checkpoint, self.checkpoints())))

    def _mark(self, folder: OwnFolder) -> None:
        try:
            if folder.mark():  # of an earlier version: the newest checkpoints are those that it had left
                folder.note(*(path.name for path in self.checkpoints()[: self.keep]))
        except OSError as error:
            raise CourseError(f"cannot write in {self.path}: {error.strerror}; choose another folder") from error
        self.folder = folder

    def _make_way(self, path: Path) -> None:
        """Set aside what stands where a checkpoint will be saved, unless it is an undamaged one of ours."""
        if not os.path.lexists(path):
            return
        try:
            is_whole = path.name in self.folder.noted() and bool(checkpoint.read(path))
        except CourseError:
            is_whole = False
        if not is_whole:
            try:
                aside = set_aside(path)
            except OSError as error:
                raise CourseError(f"cannot save {path}: {error.strerror}; choose another folder") from error
            warnings.warn(f"{path} is not what was saved here: kept as {aside.name}", stacklevel=3)

    def _drop_all_before(self, newest: Path) -> None:
        """Delete what was saved here before the newest `keep` checkpoints, and nothing that only looks like it."""
        saved = self.checkpoints()
        ours = self.folder.noted()
        for old in saved[saved.index(newest) :][self.keep :]:
            if old.name in ours and checkpoint.is_checkpoint(old):
                old.unlink()
        self._note(newest)

    def _note(self, path: Path) -> None:
        """Remember a checkpoint as one that we may delete one day; where the disk is full, it simply stays."""
        if self.folder is not None:
            with contextlib.suppress(OSError):
                self.folder.note(path.name)
