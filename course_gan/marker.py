"""How a folder is named and proven ours: by a marker that we wrote there, which also says what else we wrote."""

import glob
import hashlib
import itertools
import json
import os
import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from course_gan.errors import CourseError

NAME = ".course_gan"
LESSONS, TRAINING, LEARNER = "a run of lessons", "a training", "a learner's copy"  # the kinds of folders
PARTIAL = re.compile(r"\.(.+)\.[0-9a-f]{8}\.partial")  # what `write_whole` was writing when it was killed


@dataclass
class Marker:
    """What a marker says: the kind of folder, its place, and digests of the files we wrote, by their names.

    place: digests of the folder's path and of its number on the disk. One of them survives a move or a restored
        backup; in another folder, into which somebody copied the marker, both are different.
    """

    kind: str
    place: dict[str, str]
    files: dict[str, list[str]] = field(default_factory=dict)


def named(text: str) -> Path:
    """The folder that a person named; raises CourseError for blank text, as an unset variable leaves it."""
    if not text.strip():
        raise CourseError("the folder's name is empty (a variable that is not set?): give a name, or . for this folder")
    if text.startswith("-"):
        found = f"the folder's name {text!r} begins like an option (a variable that is not set?)"
        raise CourseError(f"{found}: give a name, or ./{text}")
    return Path(text)


def quoted(path: Path) -> str:
    """A path as the shell takes it, blanks and all."""
    return shlex.quote(str(path)) if os.name == "posix" else f'"{path}"'


def set_aside(path: Path) -> Path:
    """Rename a file or folder to the first free one of NAME.1, NAME.2, … and return the new path; raises OSError."""
    for number in itertools.count(1):
        aside = path.with_name(f"{path.name}.{number}")
        if not os.path.lexists(aside):
            path.rename(aside)
            return aside


def sweep(path: Path) -> None:
    """Delete what a process that was killed had written of a file of ours; raises OSError."""
    for partial in path.parent.glob(f".{glob.escape(path.name)}.*.partial"):
        if PARTIAL.fullmatch(partial.name):
            partial.unlink(missing_ok=True)


def read(folder: Path) -> Marker | None:
    """The marker in a folder; None where there is none, or none that we wrote."""
    path = folder / NAME
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        marker = Marker(content["kind"], dict(content["place"]), dict(content["files"]))
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return None
    lists = all(isinstance(digests, list) for digests in marker.files.values())
    return marker if isinstance(marker.kind, str) and lists and not path.is_symlink() else None


def is_ours(folder: Path, kind: str, recognised: Callable[[Path], bool] | None = None) -> bool:
    """Whether a folder holds our marker, of this kind and written for it.

    recognised: asked about a folder to which the marker came from elsewhere, as when a whole folder was copied.
    """
    marker = read(folder)
    if marker is None or marker.kind != kind:
        return False
    return in_place(folder, marker) or bool(recognised and recognised(folder))


def place(folder: Path) -> dict[str, str]:
    """Digests of a folder's path and of its number on the disk; raises OSError."""
    path = os.path.normcase(os.path.realpath(folder))
    status = os.stat(folder)
    return {"path": _short(os.fsencode(path)), "number": _short(f"{status.st_dev} {status.st_ino}".encode())}


def in_place(folder: Path, marker: Marker) -> bool:
    """Whether a marker was written for the folder: under its path, or where it is on the disk."""
    try:
        here = place(folder)
    except OSError:
        return False
    return any(marker.place.get(name) == short for name, short in here.items())


def digest(content: bytes | Path) -> str | None:
    """A short digest of bytes or of a file; None for a link, a folder, or what cannot be read."""
    if isinstance(content, bytes):
        return _short(content)
    if content.is_symlink() or not content.is_file():
        return None
    try:
        return _short(content.read_bytes())
    except OSError:
        return None


def _short(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]
