"""Notebook files: read with one line for what is wrong, written whole or not at all."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from course_gan.errors import CourseError
from course_gan.files import write_whole

if TYPE_CHECKING:
    from nbformat import NotebookNode


_BAR = re.compile(r"\d+%\|")  # of tqdm, as text
_WIDGET = "application/vnd.jupyter.widget-view+json"


def write(notebook: "NotebookNode", path: Path) -> None:
    """Write a notebook in one move, so that a reader never sees half of one."""
    import nbformat

    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, nbformat.writes(notebook, version=4) + "\n")


def read(path: Path) -> "NotebookNode":
    """Return the notebook at a path; raises CourseError, one line, where it is none."""
    import nbformat

    try:
        notebook = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
        nbformat.validate(notebook)
    except OSError as error:
        raise CourseError(f"{path}: cannot be read ({error.strerror}); check that it is there and readable") from None
    except Exception as error:  # nbformat raises a family of its own, json another, and KeyError for odd JSON
        why = str(error).splitlines()[0][:100] if str(error) else type(error).__name__
        raise CourseError(f"{path}: is not a readable notebook ({why}); restore it or run `make build`") from None
    return notebook


def without_bars(notebook: "NotebookNode") -> None:
    """Take tqdm's progress bars out of an executed notebook: a bar without its kernel stands at 0 % for ever."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if not _is_bar(output)]


def _is_bar(output: "NotebookNode") -> bool:
    content = output.get("data", {})
    return _WIDGET in content and _BAR.search(content.get("text/plain", "")) is not None
