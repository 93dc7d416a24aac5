"""A learner's own copy of the course: made once, completed later, and never overwritten."""

import os
from collections.abc import Callable
from pathlib import Path

from course_gan.errors import CourseError
from course_gan.files import ROOT, write_whole
from course_gan.grading.learners_folder import CHECKOUTS_OWN, is_copy, is_the_course
from course_gan.marker import LEARNER, NAME, read, sweep
from course_gan.own_folder import OwnFolder


def copy_for_learner(folder: Path, say: Callable[[str], None] = print) -> list[Path]:
    """Copy notebooks/ and exercises/ into a learner's folder where absent; a file that is there is never touched.

    The folder is marked as the learner's, and so is one that an earlier version copied to: say takes a line on that.
    Returns the new files. Raises CourseError where the folder is neither new nor empty nor a learner's, or cannot be
    written.
    """
    if is_the_course(folder):
        raise CourseError(
            f"cannot use {folder}: it is the course itself; nothing was touched, choose another with --dir"
        )
    own = OwnFolder(folder, LEARNER, lambda path: is_copy(path) or path.resolve() == CHECKOUTS_OWN, " with --dir")
    was_unmarked = is_copy(folder) and read(folder) is None
    target = folder
    new = []
    try:
        own.mark()
        for path in _course():
            target = folder / path.relative_to(ROOT)
            sweep(target)
            if not os.path.lexists(target):
                target.parent.mkdir(parents=True, exist_ok=True)
                write_whole(target, path.read_bytes())
                new.append(target)
    except OSError as error:
        raise CourseError(f"cannot write {target} ({error.strerror}): choose another folder with --dir") from None
    if was_unmarked:
        say(f"{folder}: a copy that an earlier version made; it is marked as yours now, by the file {NAME}")
    return new


def _course() -> list[Path]:
    """The notebooks and the files of the exercises; not what else a run or an editor left beside them."""
    found = [*(ROOT / "notebooks").glob("*"), *(ROOT / "exercises").glob("*/*")]
    return sorted(path for path in found if path.is_file() and not path.name.startswith("."))
