"""A folder of ours, and the only hand that replaces or deletes files in it.

A folder is ours where it is new, where it is empty, or where it holds our marker. In any other nothing is written or
deleted, and one line says so. Of what a folder of ours holds, only what we wrote ourselves is replaced or deleted: the
marker keeps digests of it, and what somebody changed since is set aside under another name.
"""

import json
import os
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from course_gan.errors import CourseError
from course_gan.files import write_whole
from course_gan.marker import NAME, PARTIAL, Marker, digest, in_place, place, read, set_aside, sweep

_NO_FILES = {".DS_Store", "Thumbs.db", "desktop.ini", "lost+found", ".gitkeep", ".gitignore"}  # a folder is empty still


class OwnFolder:
    """A folder proven ours, and the only hand that replaces or deletes files in it.

    Building one only looks; `mark` makes the folder and writes the marker. kind: LESSONS, TRAINING or LEARNER.
    recognised: says of a folder without a marker whether it is ours all the same, made by an earlier version.
    with_option: " with --out", where the advice may name an option. say: takes a line on what was set aside.
    Raises CourseError, one line, where the folder is not ours.
    """

    def __init__(
        self,
        path: Path,
        kind: str,
        recognised: Callable[[Path], bool] = lambda folder: False,
        with_option: str = "",
        say: Callable[[str], None] = lambda text: print(text, file=sys.stderr),
    ):
        self.path = path
        self.kind = kind
        self.recognised = recognised
        self.advice = f"choose a new or an empty folder{with_option}"
        self.other = f"choose another folder{with_option}"
        self.say = say
        self._mutex = threading.RLock()  # lessons that run side by side end in any order
        self._prove()

    def mark(self) -> bool:
        """Make the folder where it is missing, mark it, and sweep up what was being written when a run was killed.

        Returns whether the marker is new. Raises CourseError where the folder has become another's meanwhile, OSError
        where it cannot be written.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        self._prove()
        is_new = not self._marked
        if is_new:
            if os.path.lexists(self.path / NAME) and read(self.path) is None:
                self._set_aside(NAME, "is damaged")
            self._marker.place = place(self.path)
            self._save(durable=True)
            self._marked = True
        for name in [NAME, *self._marker.files]:
            sweep(self.path / name)
        return is_new

    def put(self, name: str, content: bytes | str | Path) -> Path:
        """Write a file, or move one here, in one move; what stands there and is not what we wrote is set aside first.

        name: of the file, "samples/step-00000100.png". content: bytes, text, or the path of the file to move.
        Returns the file's path. Raises OSError.
        """
        path = self.path / name
        data = content.encode() if isinstance(content, str) else content
        new = digest(data)
        with self._mutex:
            path.parent.mkdir(parents=True, exist_ok=True)
            if self.wrote(name) is False and digest(path) != new:
                self._set_aside(name, "was changed since it was written here")
            self._marker.files[name] = sorted({*self._marker.files.get(name, []), new})
            self._save()  # before the file itself: a kill between the two leaves nothing of ours that we do not know
            if isinstance(data, Path):
                os.replace(data, path)
            else:
                write_whole(path, data)
            self._marker.files[name] = [new]
        return path

    def bring(self, name: str, source: Path) -> Path:
        """Move a folder or a file here and remember it as ours by name; what stands there is set aside first.

        Returns its path. Raises OSError.
        """
        path = self.path / name
        with self._mutex:
            if os.path.lexists(path):
                aside = set_aside(path)
                self.say(f"{path} was there already: kept as {aside.name}")
            os.replace(source, path)
            self.note(name)
        return path

    def drop(self, name: str) -> None:
        """Delete a file that we wrote; one that was changed since is set aside. Raises OSError."""
        with self._mutex:
            wrote = self.wrote(name)
            if wrote:
                (self.path / name).unlink()
            elif wrote is False:
                self._set_aside(name, "was changed since it was written here")
            if self._marker.files.pop(name, None) is not None:
                self._save()

    def note(self, *names: str) -> None:
        """Remember that files or folders are ours by name, whatever is in them; those gone are forgotten."""
        with self._mutex:
            before = dict(self._marker.files)
            for name in names:
                self._marker.files.setdefault(name, [])
            for name, digests in before.items():
                if not digests and name not in names and not os.path.lexists(self.path / name):
                    del self._marker.files[name]
            if self._marker.files != before:
                self._save()

    def written(self) -> list[str]:
        """The names of files that we wrote and that are, byte for byte, as we wrote them."""
        return [name for name in self._marker.files if self.wrote(name)]

    def noted(self) -> set[str]:
        """The names of files and folders that are ours by name."""
        return {name for name, digests in self._marker.files.items() if not digests}

    def wrote(self, name: str) -> bool | None:
        """Whether what stands there is, byte for byte, what we wrote; None where there is nothing."""
        path = self.path / name
        if not os.path.lexists(path):
            return None
        return digest(path) in self._marker.files.get(name, [])

    def take_over(self, *names: str) -> None:
        """Take files that the marker does not know yet, as an earlier version left them, for ours; after `mark`."""
        with self._mutex:
            for name in set(names) - self._marker.files.keys():
                if short := digest(self.path / name):
                    self._marker.files[name] = [short]
            self._save()

    def _prove(self) -> None:
        """Find out whether the folder is ours; raises CourseError where it is not."""
        self._marked = False
        self._marker = Marker(self.kind, {})
        if not os.path.isdir(self.path):
            if os.path.lexists(self.path):
                raise CourseError(f"cannot write in {self.path}: Not a directory; {self.other}")
            return
        found = read(self.path)
        if found is not None and found.kind != self.kind:
            self._refuse(f"it holds {found.kind}")
        if found is not None:
            self._marker = found
            self._marked = in_place(self.path, found)
        if self._marked:
            return
        try:
            strangers = self._strangers()
        except OSError as error:
            raise CourseError(f"cannot read {self.path}: {error.strerror}; {self.other}") from error
        if strangers and not self.recognised(self.path):
            shown = ", ".join(strangers[:3])
            more = f" and {len(strangers) - 3} more" if len(strangers) > 3 else ""
            self._refuse(f"it holds something else than {self.kind} ({shown}{more})")

    def _strangers(self) -> list[str]:
        """What the folder holds that is neither nothing nor, byte for byte, what we wrote."""
        ours = set(self.written())
        found = []
        with os.scandir(self.path) as entries:
            for entry in entries:
                inside = {name for name in ours if name.startswith(f"{entry.name}/")}
                is_marker = entry.name == NAME and read(self.path) is not None
                if entry.name in ours or is_marker or _is_nothing(entry) or (inside and _files_in(entry) <= inside):
                    continue
                found.append(entry.name)
        return sorted(found)

    def _refuse(self, why: str) -> None:
        raise CourseError(f"cannot use {self.path}: {why}; nothing was touched, {self.advice}")

    def _set_aside(self, name: str, why: str) -> None:
        aside = set_aside(self.path / name)
        self.say(f"{self.path / name} {why}: kept as {aside.name}")

    def _save(self, durable: bool = False) -> None:
        write_whole(self.path / NAME, json.dumps(asdict(self._marker), indent=1) + "\n", durable)


def _is_nothing(entry: os.DirEntry) -> bool:
    """What systems leave behind, a lock that nobody wrote into, what was being written when a process was killed."""
    is_lock = entry.name == "lock" and entry.is_file(follow_symlinks=False) and entry.stat().st_size == 0
    return is_lock or entry.name in _NO_FILES or bool(PARTIAL.fullmatch(entry.name))


def _files_in(entry: os.DirEntry) -> set[str]:
    """The files below an entry of a folder, by their names from that folder on."""
    top = Path(entry.path)
    return {path.relative_to(top.parent).as_posix() for path in top.rglob("*") if not path.is_dir()}
