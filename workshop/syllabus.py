"""The README's table of lessons, from the lessons' own first cells and the times of their executed pages."""

import re
from pathlib import Path

from nbformat import NotebookNode

from course_gan.catalogue import Lesson, lessons
from course_gan.errors import CourseError
from course_gan.files import ROOT, write_whole
from course_gan.runner import notebooks as notebook_files
from workshop import convert

README = ROOT / "README.md"
BEGIN = "<!-- lessons: written by make build from the lessons' first cells -->"
END = "<!-- end of lessons -->"
HEAD = "| | Lesson | Read | Compute (cpu profile) |\n|---|---|---|---|\n"


def row(lesson: Lesson) -> str:
    """A lesson's row: number, title with a link, what it is in short, minutes to read, seconds to compute.

    Raises CourseError where the first cell has no heading, no "In short" or no minutes to read.
    """
    source = convert.to_notebook(lesson.source)
    first = source.cells[0].source
    title = _found(r"^# (?:\d\d · )?(.+)$", first, lesson, "a heading")
    short = _found(r"^\| In short \| (.+) \|$", first, lesson, "a row | In short | … |")
    minutes = _found(r"(\d+) minutes to read", first, lesson, "N minutes to read")
    seconds = notebook_files.read(lesson.notebook).metadata["course_gan"]["seconds"]
    number = "" if lesson.number == lesson.name else lesson.number
    draft = " (a draft)" if is_draft(source) else ""
    link = f"[{title}](notebooks/{lesson.notebook.name})"
    return f"| {number} | {link}: {short}{draft} | {minutes} min | {seconds} s |\n"


def is_draft(notebook: NotebookNode) -> bool:
    """Whether a lesson is not yet held to the manners of a page: its first cell has the tag draft."""
    return "draft" in notebook.cells[0].metadata.get("tags", [])


def with_table(readme: str) -> str:
    """The README's text with the table as it should be."""
    before, found, rest = readme.partition(BEGIN)
    _, closed, after = rest.partition(END)
    if not found or not closed:
        raise CourseError(f"README.md: the table's marks are missing; put back {BEGIN} and {END}")
    rows = "".join(row(lesson) for lesson in lessons() if lesson.notebook.exists())
    return f"{before}{BEGIN}\n{HEAD}{rows}{END}{after}"


def update(path: Path = README) -> bool:
    """Write the table into the README; whether it was another one before."""
    old = path.read_text(encoding="utf-8")
    new = with_table(old)
    if new != old:
        write_whole(path, new)
    return new != old


def _found(pattern: str, text: str, lesson: Lesson, wanted: str) -> str:
    match = re.search(pattern, text, re.MULTILINE)
    if match is None:
        raise CourseError(f"{lesson.source}: the first cell has no {wanted}, which the README's table needs")
    return match[1]
