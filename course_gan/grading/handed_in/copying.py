"""A mended copy of a whole class's hand-ins; the hand-ins themselves are left as they are."""

import errno
import json
from collections.abc import Callable, Iterator
from pathlib import Path

from course_gan.errors import CourseError
from course_gan.grading.handed_in.findings import shown
from course_gan.grading.handed_in.hand_ins import HandIn, look
from course_gan.grading.handed_in.release import Release
from course_gan.grading.handed_in.uploads import students_folders
from course_gan.own_folder import OwnFolder

_KIND = "mended hand-ins"


def mend(folder: Path, releases: dict[str, Release], target: Path, say: Callable[[str], None]) -> list[HandIn]:
    """Copy what was handed in to another folder, notebooks put right where that takes no judgement.

    A copy that somebody changed since is kept, and a line says so. Returns those who need a look all the same.
    Raises CourseError where the target is not ours, or lies in the folder; OSError.
    """
    here, there = folder.resolve(), target.resolve()
    if here == there or here in there.parents or there in here.parents:
        raise CourseError(f"the copy {target} must not lie in {folder}, nor around it: name another folder")
    hand_ins = look(folder, releases)
    own = OwnFolder(target, _KIND, with_option=" with --mend", say=say)
    own.mark()
    copied = set()
    for name, content in _contents(folder, hand_ins):
        copied.add(name)
        try:
            _put(own, name, content, say)
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise
            say(shown(f"{name} was not copied ({error.strerror or error})"))  # the others are all the same
    for name in set(own.written()) - copied:
        _take_back(own, name)
    copies = {(hand_in.student, hand_in.assignment): hand_in for hand_in in look(target, releases)} if copied else {}
    left = [copies.get((hand_in.student, hand_in.assignment), hand_in) for hand_in in hand_ins if hand_in.needs_a_look]
    return [hand_in for hand_in in left if hand_in.needs_a_look]


def _put(own: OwnFolder, name: str, content: bytes | Path, say: Callable[[str], None]) -> None:
    if own.wrote(name) is False:
        say(shown(f"{own.path / name} was changed since it was copied: kept; remove it to have it made anew"))
    else:
        own.put(name, content.read_bytes() if isinstance(content, Path) else content)


def _take_back(own: OwnFolder, name: str) -> None:
    """Drop a copy of what is no longer handed in, and the folders that it leaves empty."""
    own.drop(name)
    for above in Path(name).parents[:-1]:
        try:
            (own.path / above).rmdir()
        except OSError:  # it holds something else
            break


def _contents(folder: Path, hand_ins: list[HandIn]) -> Iterator[tuple[str, bytes | Path]]:
    """The name of every file of the copy and what is in it, or where: mended notebooks, and all else as it is."""
    done = set()
    for hand_in in hand_ins:
        if (notebook := hand_in.mended) is not None:
            name = f"{hand_in.student}/{hand_in.assignment}/{hand_in.assignment}.ipynb"
            done.add(name)
            text = json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True)
            yield name, f"{text}\n".encode("utf-8", "replace")
    for student, place in students_folders(folder).items():
        regular = [upload.place for upload in place.uploads if upload.member is None] + place.files
        for file in regular:
            name = f"{student}/{file}"
            is_in_the_way = any(other.startswith(f"{name}/") for other in done)  # a file named as the assignment
            if name not in done and not is_in_the_way:
                yield name, place.path / file
