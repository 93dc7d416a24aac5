"""Short trainings by `course-gan train` in folders, for the tests of their words, settings and ends."""

from pathlib import Path

import pytest

from course_gan.errors import CourseError
from course_gan.marker import NAME
from course_gan.recipes import Recipe
from course_gan.runner.training import run
from course_gan.training import checkpoint

TINY = {"steps": 12, "width": 8, "batch_size": 16, "samples": 200, "loss": "wasserstein", "gradient_penalty": 1.0}


def resumed(out: Path, profile: str | None = None, lesson: str = "01", /, **given) -> Recipe:
    return run(lesson, profile, out, True, given, progress=False)


def contents(folder: Path) -> dict[Path, bytes]:
    """All that a folder holds but the marker and the lock, which an entered folder gets anew when it was copied."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.name not in (NAME, "lock"))
    return {path.relative_to(folder): path.read_bytes() for path in files}


def refusal(out: Path, profile: str | None = None, lesson: str = "01", /, **given) -> str:
    """The line that refuses to resume; nothing may have been written."""
    before = contents(out)
    with pytest.raises(CourseError) as error:
        resumed(out, profile, lesson, **given)
    assert "\n" not in str(error.value)
    assert contents(out) == before
    return str(error.value)


def rewrite(out: Path, change) -> None:
    """Change what the checkpoints of a run hold, as another version would have saved it."""
    for path in out.glob("*.pt"):
        content = checkpoint.read(path)
        change(content)
        checkpoint.write(path, content)


def as_an_earlier_version(content: dict) -> None:
    del content["settings"]
