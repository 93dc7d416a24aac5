"""What a hand-in is held to: the cells of the released notebook that nbgrader knows by name."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from course_gan.errors import CourseError
from course_gan.files import ROOT

_CLASS = "nbgrader_config.py"  # stands where a class is graded
_DEFINITION = re.compile(r"^(?:def|class)[ \t]+(\w+)", re.MULTILINE)


@dataclass(frozen=True)
class Part:
    """A released cell that has a name (nbgrader's grade_id).

    kind: "check" gives points, "solution" is the learner's to write, "locked" is neither.
    """

    name: str
    kind: str
    source: str
    cell: dict

    @property
    def is_locked(self) -> bool:
        """Whether nbgrader puts the released text back when it grades."""
        return self.kind != "solution"

    @property
    def defines(self) -> str | None:
        """The function or class that the cell is there to define."""
        names = _DEFINITION.findall(self.source)
        return names[-1] if names else None


@dataclass(frozen=True)
class Release:
    """An assignment as it was given out: its named cells in their order, and the notebook's metadata."""

    name: str
    parts: dict[str, Part]
    metadata: dict

    def before(self, name: str, kind: str | None = None) -> Part | None:
        """The named cell before another: the nearest, or the nearest of a kind."""
        names = list(self.parts)
        earlier = [self.parts[other] for other in names[: names.index(name)]]
        fitting = [part for part in earlier if kind in (None, part.kind)]
        return fitting[-1] if fitting else None


def text_of(cell: dict) -> str:
    """A cell's source, which JSON may hold as a list of lines."""
    source = cell.get("source", "")
    return "".join(source) if isinstance(source, list) else source


def plain(text: str) -> str:
    """A source without what nobody sees: blanks at the ends of lines, empty lines around."""
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def defined(text: str) -> list[str]:
    """The functions and classes that a source defines at its outermost level."""
    return _DEFINITION.findall(text)


def releases_for(folder: Path) -> dict[str, Release]:
    """The releases that a folder of hand-ins is held to, by name.

    They are the exercises/ beside the nbgrader_config.py above the folder; where there is none, the course's own.
    Raises CourseError where there are none.
    """
    place = ROOT / "exercises"
    for above in folder.resolve().parents:
        if (above / _CLASS).exists() and (above / "exercises").is_dir():
            place = above / "exercises"
            break
    found = {}
    for path in sorted(place.glob("*/*.ipynb")):
        if path.stem == path.parent.name:
            found[path.stem] = _released(path)
    if not found:
        raise CourseError(f"{place}: holds no released exercise; run `nbgrader generate_assignment` first")
    return found


def _released(path: Path) -> Release:
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        named = [cell for cell in notebook["cells"] if "grade_id" in cell["metadata"].get("nbgrader", {})]
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise CourseError(f"{path}: the release cannot be read ({error}); restore it or make it anew") from None
    parts = {}
    for cell in named:
        about = cell["metadata"]["nbgrader"]
        kind = "check" if about.get("grade") else "solution" if about.get("solution") else "locked"
        parts[about["grade_id"]] = Part(about["grade_id"], kind, text_of(cell), cell)
    return Release(path.stem, parts, notebook["metadata"])
