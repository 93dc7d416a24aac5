"""A hand-in's notebook put right where no judgement is needed: names given back, copies made plain, halves joined.

What a learner wrote stays in the notebook and is run. What is ours, the locked cells and nbgrader's metadata, is
put back as it was released.
"""

import copy
import re

from course_gan.grading.handed_in.cells import carriers, guesses, halves, joined, name_of, written_into
from course_gan.grading.handed_in.release import Part, Release

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_ANCHOR = "# {name} was missing from what was handed in"


def mended(notebook: dict, release: Release) -> dict:
    """A new notebook, with the cells of the release in their places; the given one is left as it is."""
    cells = _join(copy.deepcopy(notebook["cells"]), release)
    places = {name: found[-1] for name, found in carriers(cells, release).items() if found}  # as nbgrader chooses
    places |= guesses(cells, release)
    named = {place: release.parts[name] for name, place in places.items()}
    result = []
    for place, cell in enumerate(cells):
        cell["metadata"] = {}
        if place in named:
            result += _as_released(cell, named[place])
        else:
            result.append(cell)
    for name in release.parts:
        if name not in places:
            _put_back(result, release, name)
    _order(result, release)
    _identify(result)
    return {"cells": result, "metadata": copy.deepcopy(release.metadata), "nbformat": 4, "nbformat_minor": 5}


def _join(cells: list[dict], release: Release) -> list[dict]:
    """Solutions that were split are one cell again."""
    guessed = guesses(cells, release)
    found = set()
    for name, places in carriers(cells, release).items():
        if not release.parts[name].is_locked:
            found.update(places, [guessed[name]] if name in guessed else [])
    result = []
    place = 0
    while place < len(cells):
        pieces = halves(cells, place) if place in found else [place]
        cell = cells[place]
        if len(pieces) > 1:
            cell["source"] = joined(cells, pieces)
        result.append(cell)
        place = pieces[-1] + 1
    return result


def _as_released(cell: dict, part: Part) -> list[dict]:
    """A cell with its name again; a locked one with its text too, behind what was written into it if that counts."""
    whole = _released(part)
    if not part.is_locked:
        whole["source"] = cell["source"]
        return [whole]
    return [cell, whole] if written_into(cell, part) else [whole]


def _released(part: Part) -> dict:
    return {**copy.deepcopy(part.cell), "source": part.source}


def _put_back(cells: list[dict], release: Release, name: str) -> None:
    """A missing cell behind the one before it; of a solution only a comment, which hides nothing that was written."""
    part, before = release.parts[name], release.before(name)
    cell = _released(part)
    if not part.is_locked:
        cell["source"] = _ANCHOR.format(name=name)
    cells.insert(0 if before is None else _place(cells, before.name) + 1, cell)


def _order(cells: list[dict], release: Release) -> None:
    """Checks that stand before what they check move behind it."""
    for name, part in release.parts.items():
        solution = release.before(name, "solution")
        if part.kind != "check" or solution is None:
            continue
        check = _place(cells, name)
        if check < _place(cells, solution.name):
            cell = cells.pop(check)
            cells.insert(_place(cells, solution.name) + 1, cell)


def _place(cells: list[dict], name: str) -> int:
    return next(place for place, cell in enumerate(cells) if name_of(cell) == name)


def _identify(cells: list[dict]) -> None:
    """Every cell gets what format 4.5 wants of it: an id of its own, and outputs where it is code."""
    used = {name_of(cell) for cell in cells} - {None}
    for number, cell in enumerate(cells):
        if name_of(cell) is None:
            cell_id = cell.get("id")
            is_good = isinstance(cell_id, str) and _ID.fullmatch(cell_id)
            if not is_good or cell_id in used:
                cell_id = f"cell-{number}"
                while cell_id in used:
                    cell_id += "x"
            cell["id"] = cell_id
            used.add(cell_id)
        if cell["cell_type"] == "code":
            cell["outputs"] = []
            cell["execution_count"] = None
