"""Which pictures a folder of the user's own holds, in which layout, and how two such lists differ."""

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from course_gan.data.formats import is_to_be_told, is_to_convert, listed, picture_suffixes
from course_gan.errors import CourseError
from course_gan.marker import NAME as MARKER

LAYOUTS = ("pictures", "pairs", "domains")
_SIDES = (("trainA", "trainB"), ("A", "B"))  # names of two folders, in the order in which they are looked for
_BESIDE_TRAIN = ("test", "val", "valid", "validation")  # a folder "train" beside one of these is what is meant


@dataclass(frozen=True)
class Listing:
    """The picture files of a folder: enough to read them, and to tell later whether they are still the same.

    path: the folder. sides: () for one heap, or the names of two folders in it, as ("trainA", "trainB").
    sizes: name from the folder on, as "cats/01.jpg" -> bytes, in order of name.
    left_out: names of files that are no pictures by their suffix, without hidden ones.
    """

    path: Path
    sides: tuple[str, ...]
    sizes: dict[str, int]
    left_out: tuple[str, ...]

    @property
    def digest(self) -> str:
        """A short digest of names and sizes; where the folder is does not count."""
        text = json.dumps(sorted(self.sizes.items()))
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def of_side(self, side: str) -> list[str]:
        """The names of the pictures in one of the two folders."""
        return [name for name in self.sizes if name.startswith(f"{side}/")]

    def differences(self, before: dict[str, int]) -> str:
        """In words what is not as it was before: new, missing and changed files, each named; "" for nothing."""
        kinds = {
            "new": [name for name in self.sizes if name not in before],
            "missing": [name for name in before if name not in self.sizes],
            "changed": [name for name, size in self.sizes.items() if before.get(name, size) != size],
        }
        return "; ".join(f"{kind}: {listed(names)}" for kind, names in kinds.items() if names)


def pictures_in(path: str | Path, layout: str) -> Listing:
    """All pictures in a folder and in the folders inside it, in order of name.

    layout: "pictures", one heap; "pairs", files that hold A on the left and B on the right, or two folders of files
        with equal names; "domains", two folders. The two folders are trainA and trainB, or A and B.
    A folder "train" that stands beside "test" or "val" is read alone. Hidden files, and folders that course_gan wrote,
    are left out. Raises CourseError, one line, for a folder that is missing, cannot be read, holds no picture, or
    lacks one of the two folders; ValueError for another layout.
    """
    if layout not in LAYOUTS:
        raise ValueError(f"layout is {layout!r}, wanted one of {', '.join(LAYOUTS)}")
    try:
        os.scandir(path).close()
    except OSError as error:
        _refuse(error)
    path = _train_alone(Path(path))
    sides = () if layout == "pictures" else _sides(path)
    if layout == "domains" and not sides:
        wanted = "trainA and trainB, or A and B, with the pictures of the two domains"
        raise CourseError(f"{path}: it holds no two domains; make two folders in it, {wanted}")
    sizes: dict[str, int] = {}
    left_out: list[str] = []
    for top in [path / side for side in sides] or [path]:
        found = sorted(_files_below(top))
        pictures = [file for file in found if file.suffix.lower() in picture_suffixes()]
        others = [file for file in found if file.suffix.lower() not in picture_suffixes() and is_to_be_told(file)]
        if not pictures:
            raise CourseError(_no_picture(top, len(found), others))
        for file in pictures:
            sizes[file.relative_to(path).as_posix()] = _bytes_of(file)
        left_out += [file.relative_to(path).as_posix() for file in others]
    return Listing(path, sides, dict(sorted(sizes.items())), tuple(left_out))


def _train_alone(path: Path) -> Path:
    """The folder itself, or its folder "train" where it is a data set in parts."""
    is_in_parts = (path / "train").is_dir() and any((path / name).is_dir() for name in _BESIDE_TRAIN)
    return path / "train" if is_in_parts else path


def _sides(path: Path) -> tuple[str, ...]:
    """The names of the two folders, or () where there is neither; CourseError where one of them is missing."""
    for names in _SIDES:
        there = [name for name in names if (path / name).is_dir()]
        if len(there) == 1:
            lacking = next(name for name in names if name not in there)
            raise CourseError(f"{path}: there is a folder {there[0]}, but no {lacking}; make both, or neither")
        if there:
            return names
    return ()


def _files_below(top: Path) -> Iterator[Path]:
    """All files that are not hidden, each folder once, however many links lead to it."""
    seen = set()
    for folder, folders, files in os.walk(top, onerror=_refuse, followlinks=True):
        place = os.path.realpath(folder)
        is_ours = MARKER in files and Path(folder) != top  # samples of a training are no photographs
        if place in seen or is_ours:
            folders.clear()
            continue
        seen.add(place)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in files:
            if not name.startswith("."):
                yield Path(folder, name)


def _bytes_of(file: Path) -> int:
    """How large a file is; -1 for a link to nowhere, which will be named as one that cannot be read."""
    return file.stat().st_size if file.exists() else -1


def _refuse(error: OSError) -> None:
    raise CourseError(f"{error.filename}: {error.strerror}, wanted a folder of images; check the path") from error


def _no_picture(path: Path, count: int, others: list[Path]) -> str:
    to_convert = [file.name for file in others if is_to_convert(file)]
    if to_convert:
        found = f"{len(to_convert)} file(s) of kinds that are not read: {listed(to_convert)}"
        return f"{path}: no image among {count} files, but {found}; convert them to PNG or JPEG"
    return f"{path}: no image among {count} files; put .png or .jpg files in it"
