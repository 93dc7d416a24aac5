"""Notebooks of a line and a run without processes, for tests of where a run writes."""

from pathlib import Path

import nbformat
import pytest

from course_gan.catalogue import Lesson
from course_gan.errors import CourseError
from course_gan.runner import run as runner
from course_gan.runner.execute import Outcome
from tests.unit.tiny_folders import contents


def notebook(path: Path, text: str = "source") -> Lesson:
    path.parent.mkdir(parents=True, exist_ok=True)
    cells = [nbformat.v4.new_code_cell(f"print({text!r})")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return Lesson(path.stem, path, path)


def without_processes(monkeypatch) -> list[Path]:
    """Let a result that names its source, and a page, stand in for what a process would make; returns the sources."""
    done = []

    def execute(name, source, target, *, html, cwd, **_):
        done.append(source)
        nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(f"result of {source}")]), target)
        html.write_text(f"page of {source}")
        if "writes" in name:
            (cwd / "model.pt").write_text("an hour of training")
        return Outcome(name, "timeout", 1.0, "too long") if "slow" in name else Outcome(name, "ok", 1.0)

    monkeypatch.setattr(runner, "execute", execute)
    return done


def run(*lessons: Lesson, out: Path, **options) -> list[Outcome]:
    return runner.run(list(lessons), out=out, **{"profile": "smoke", "jobs": 1, "parameters": {}} | options)


def refused(*lessons: Lesson, out: Path, watched: Path, **options) -> str:
    before = contents(watched)
    with pytest.raises(CourseError) as error:
        run(*lessons, out=out, **options)
    assert "\n" not in str(error.value)
    assert contents(watched) == before
    return str(error.value)
