"""Build notebooks/ from source/: convert, execute under the cpu profile, and redo only what is stale."""

import platform
import tempfile
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from nbformat import NotebookNode

from course_gan.catalogue import Lesson
from course_gan.errors import CourseError
from course_gan.files import ROOT
from course_gan.runner import notebooks as notebook_files
from course_gan.runner.execute import TIMEOUTS, execute
from workshop import convert, digests
from workshop.study import machine


def state(lesson: Lesson) -> str:
    """Say in a word or a line what a lesson's notebook is: current, or why it has to be built."""
    if not lesson.notebook.exists():
        return "never built"
    built = notebook_files.read(lesson.notebook)
    if differing := convert.same_code(convert.to_notebook(lesson.source), built):
        return f"code differs from {lesson.source.relative_to(ROOT)} (cells {differing})"
    before = built.metadata.get("course_gan", {}).get("depends", {})
    now = digests.of_lesson(lesson.source)
    if sorted(before.values()) == sorted(now.values()):  # whichever files it lies in
        return "current"
    changed = sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))
    return f"what it uses has changed: {', '.join(changed)}"


def build(
    lesson: Lesson,
    profile: str = "cpu",
    threads: int = 2,
    progress: Callable[[int, int], None] = lambda done, cells: None,
) -> float:
    """Execute a lesson's source into its notebook and return the seconds it took.

    The notebook is replaced only when every cell ran: raises CourseError, one line, where one did not.
    """
    notebook = convert.to_notebook(lesson.source)
    with tempfile.TemporaryDirectory(prefix="course-gan-build-") as scratch:
        source = Path(scratch) / "source.ipynb"
        target = Path(scratch) / "executed.ipynb"
        notebook_files.write(notebook, source)
        (Path(scratch) / "files").mkdir()
        outcome = execute(
            lesson.name,
            source,
            target,
            profile=profile,
            parameters={},
            cwd=Path(scratch) / "files",
            threads=threads,
            timeout=TIMEOUTS[profile],
            claims="strict",
            progress=progress,
        )
        if outcome.status != "ok":
            raise CourseError(f"{outcome}; {lesson.notebook.name} was left as it was")
        executed = notebook_files.read(target)
    for cell, ran in zip(notebook.cells, executed.cells, strict=True):
        if cell.cell_type == "code":
            cell.outputs = [_steady(output) for output in ran.outputs]
            cell.execution_count = ran.execution_count
    versions = {package: version(package) for package in ("torch", "torchvision", "numpy")}
    versions["python"] = platform.python_version()
    notebook.metadata["course_gan"] = {
        "source": digests.digest(lesson.source.read_text(encoding="utf-8")),
        "depends": digests.of_lesson(lesson.source),
        "profile": profile,
        "threads": threads,
        "seconds": round(outcome.seconds),
        "machine": machine(),
        "versions": versions,
    }
    notebook_files.write(notebook, lesson.notebook)
    return outcome.seconds


def _steady(output: NotebookNode) -> NotebookNode:
    """Drop what differs each time without meaning anything: execution counts stay, transient ids go."""
    output.pop("transient", None)
    return output
