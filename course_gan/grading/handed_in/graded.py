"""What autograde left of a hand-in: whether it is of this hand-in, and what in it is no grade."""

import filecmp
import json
from pathlib import Path

from course_gan.grading.handed_in.cells import about, name_of
from course_gan.grading.handed_in.compare import compare
from course_gan.grading.handed_in.findings import Effect, Finding, some
from course_gan.grading.handed_in.release import Release, plain, text_of


def graded_copy(folder: Path, student: str, assignment: str) -> dict | None:
    """The notebook that autograde executed; None where it did not get that far. folder: grading/autograded."""
    try:
        notebook = json.loads((folder / student / assignment / f"{assignment}.ipynb").read_text(encoding="utf-8"))
        for cell in notebook["cells"]:
            cell["source"] = text_of(cell)
        return notebook if all(isinstance(cell["metadata"], dict) for cell in notebook["cells"]) else None
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return None


def written(notebook: dict) -> list[str]:
    """What a learner wrote: the sources of a notebook's cells but for those that nbgrader puts back as released."""
    sources = []
    for cell in notebook["cells"]:
        known = about(cell) or {}
        if not (known.get("grade") or known.get("locked")):
            sources.append(plain(cell["source"]))
    return [source for source in sources if source]


def same_files(handed_in: Path, graded: Path, names: list[str]) -> bool:
    """Whether what lay beside the notebook is what autograde took with it. names: of files below both folders."""
    taken = [name for name in names if not name.endswith(".pyc") and "feedback" not in name.split("/")]
    try:
        return all(filecmp.cmp(handed_in / name, graded / name, shallow=False) for name in taken)
    except OSError:
        return False


def flaws(copy: dict, release: Release) -> list[Finding]:
    """What is wrong with the cells of an executed notebook; that hidden tests stand in its checks is not."""
    cells = []
    for cell in copy["cells"]:
        part = release.parts.get(name_of(cell) or "")
        cells.append({**cell, "source": part.source} if part and part.is_locked else cell)
    return compare({"cells": cells, "metadata": {}}, release, {})


def no_grades(notebook: dict) -> list[Finding]:
    """Points that the form of an executed notebook took: a line on stderr, a cell that ran out of time."""
    noisy, late = [], []
    for number, cell in enumerate(notebook["cells"], 1):
        outputs = [output for output in cell.get("outputs", []) if isinstance(output, dict)]
        errors = [str(output.get("ename")) for output in outputs if output.get("output_type") == "error"]
        name = str((about(cell) or {}).get("grade_id", f"cell {number}"))
        if "CellTimeoutError" in errors:
            late.append(name)
        is_noisy = any(output.get("name") == "stderr" for output in outputs)
        if (about(cell) or {}).get("grade") and is_noisy and not errors:
            noisy.append(name)
    found = []
    if noisy:
        found.append(Finding(f"checks passed, but for a line on stderr ({some(noisy)})", Effect.COSTS, mendable=False))
    if late:
        found.append(Finding(f"cells out of time ({some(late)})", Effect.ASKS, mendable=False))
    return found
