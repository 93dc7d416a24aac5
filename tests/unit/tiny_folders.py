"""Folders, ours and others', for tests of what is touched."""

from pathlib import Path

import pytest

from course_gan.errors import CourseError
from course_gan.marker import LESSONS
from course_gan.own_folder import OwnFolder


def contents(folder: Path) -> dict[str, bytes | None]:
    """Everything below a folder, hidden files too."""
    return {str(p.relative_to(folder)): p.read_bytes() if p.is_file() else None for p in sorted(folder.rglob("*"))}


def owned(folder: Path, kind: str = LESSONS, **options) -> OwnFolder:
    own = OwnFolder(folder, kind, **options)
    own.mark()
    return own


def refused(folder: Path, kind: str = LESSONS, **options) -> str:
    """The one line with which a folder is refused; nothing in it may have changed."""
    before = contents(folder) if folder.is_dir() else None
    with pytest.raises(CourseError) as error:
        OwnFolder(folder, kind, **options)
    assert "\n" not in str(error.value)
    assert before == (contents(folder) if folder.is_dir() else None)
    return str(error.value)
