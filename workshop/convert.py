"""From py:percent text to a notebook whose every byte is decided by that text."""

import hashlib
from pathlib import Path

import jupytext
import nbformat
from nbformat import NotebookNode

from course_gan.errors import CourseError

KERNEL = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def to_notebook(source: Path) -> NotebookNode:
    """Return the notebook of a source file, without outputs; equal text gives equal bytes.

    Raises CourseError where the file cannot be read as text.
    """
    try:
        parsed = jupytext.reads(source.read_text(encoding="utf-8"), fmt="py:percent")
    except (OSError, UnicodeDecodeError) as error:
        raise CourseError(f"{source}: cannot be read as a lesson ({error})") from None
    notebook = nbformat.v4.new_notebook(metadata=dict(KERNEL))
    seen: dict[str, int] = {}
    for cell in parsed.cells:
        metadata = {key: value for key, value in cell.metadata.items() if key in ("tags", "nbgrader")}
        new = nbformat.v4.new_code_cell if cell.cell_type == "code" else nbformat.v4.new_markdown_cell
        notebook.cells.append(new(cell.source, id=_cell_id(cell, seen), metadata=metadata))
    return notebook


def same_code(notebook: NotebookNode, other: NotebookNode) -> list[int]:
    """Return the positions of cells whose kind, id, source or metadata differ between two notebooks."""
    ours = [_face(cell) for cell in notebook.cells]
    theirs = [_face(cell) for cell in other.cells]
    differing = [place for place, (one, another) in enumerate(zip(ours, theirs)) if one != another]
    shorter, longer = sorted((len(ours), len(theirs)))
    return differing + list(range(shorter, longer))


def _face(cell: NotebookNode) -> tuple:
    """What a person writes of a cell, whatever came out of it."""
    return cell.cell_type, cell.id, cell.source, cell.metadata.get("tags"), cell.metadata.get("nbgrader")


def _cell_id(cell: NotebookNode, seen: dict[str, int]) -> str:
    """An id made of what the cell is: its grade_id, else its text; equal cells are told apart by their order."""
    grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
    base = grade_id or hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:12]
    seen[base] = seen.get(base, 0) + 1
    return base if seen[base] == 1 else f"{base}-{seen[base]}"
