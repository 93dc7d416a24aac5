"""Which folder is a learner's own, so that progress is kept there and nowhere else."""

from pathlib import Path

from course_gan.catalogue import exercises, lessons
from course_gan.files import INSTALLED, ROOT
from course_gan.marker import LEARNER, is_ours

CHECKOUTS_OWN = ROOT / "my"  # where `course-gan lab` copies to in a checkout; git-ignored
_CLASS = "nbgrader_config.py"  # stands where a class is graded


def learners_folder(start: Path | None = None) -> Path | None:
    """The folder above `start` (default: the working directory) that `course-gan lab` marked; my/ for the checkout's own.

    None elsewhere: in a class that is being graded, and where a wheel was installed, nothing is recorded.
    """  # noqa: E501
    start = (start or Path.cwd()).resolve()
    if INSTALLED and start.is_relative_to(ROOT):
        return None
    if start.is_relative_to(ROOT / "exercises"):
        return CHECKOUTS_OWN
    for folder in (start, *start.parents):
        if (folder / _CLASS).exists():
            return None
        if folder == CHECKOUTS_OWN or is_ours(folder, LEARNER, _has_a_part):
            return folder
    return None


def unmarked_copy(start: Path | None = None) -> Path | None:
    """The folder above `start` that an earlier version, which wrote no marker, copied the course to; else None."""
    start = (start or Path.cwd()).resolve()
    for folder in (start, *start.parents):
        if is_the_course(folder):
            return None
        if is_copy(folder):
            return folder
    return None


def is_copy(folder: Path) -> bool:
    """Whether a folder holds notebooks/ and exercises/ of the course: a copy of it, or the course itself."""
    return _has_notebooks(folder) and _has_exercises(folder)


def is_the_course(folder: Path) -> bool:
    """Whether a folder is the course itself, a checkout of it, or that of a class: no learner's copy."""
    return (folder / _CLASS).exists() or folder.resolve() == ROOT


def _has_a_part(folder: Path) -> bool:
    """Of a folder whose marker came along from elsewhere, as when a whole copy was moved to another machine."""
    return _has_notebooks(folder) or _has_exercises(folder)


def _has_notebooks(folder: Path) -> bool:
    return any((folder / lesson.notebook.relative_to(ROOT)).is_file() for lesson in lessons())


def _has_exercises(folder: Path) -> bool:
    return any((folder / exercise.release.relative_to(ROOT)).is_file() for exercise in exercises())
