"""The release of an exercise with right answers in it, and the ways in which hand-ins of it come broken."""

import codecs
import copy
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from course_gan.files import ROOT
from course_gan.grading.handed_in.findings import Effect

NAME = "01_minimax_game"
PLACE = Path("exercises") / NAME / f"{NAME}.ipynb"
SOLUTION, CHECK = "solution-game_value", "check-game_value"
THREE = "setup, solution-optimal_discriminator, check-optimal_discriminator and 14 more"


def released() -> dict:
    """The released notebook, its sources as one text each."""
    notebook = json.loads((ROOT / PLACE).read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"])
    return notebook


def right() -> dict:
    """What a learner hands in who wrote every solution."""
    solved = json.loads((ROOT / "solutions" / NAME / f"{NAME}.ipynb").read_text(encoding="utf-8"))
    sources = {cell["id"]: "".join(cell["source"]) for cell in solved["cells"]}
    notebook = released()
    for cell in notebook["cells"]:
        if cell["id"].startswith("solution-"):
            lines = sources[cell["id"]].splitlines()
            cell["source"] = "\n".join(line for line in lines if "### " not in line)
    return notebook


def place(notebook: dict, cell_id: str) -> int:
    return next(number for number, cell in enumerate(notebook["cells"]) if cell["id"] == cell_id)


def cell(notebook: dict, cell_id: str) -> dict:
    return notebook["cells"][place(notebook, cell_id)]


def named(cells: list[dict]) -> list[str]:
    """The names that nbgrader knows in a notebook, in their order."""
    return [one["metadata"]["nbgrader"]["grade_id"] for one in cells if "nbgrader" in one["metadata"]]


def as_bytes(notebook: dict | str | bytes) -> bytes:
    text = notebook if isinstance(notebook, (str, bytes)) else json.dumps(notebook, indent=1, ensure_ascii=False)
    return text.encode() if isinstance(text, str) else text


# ── cells ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def copied(cell_id: str) -> Callable:
    def change(notebook):
        twin = copy.deepcopy(cell(notebook, cell_id))
        twin["id"] = "a-copy"
        notebook["cells"].insert(place(notebook, cell_id) + 1, twin)

    return change


def split(after: str, keeps_name: bool) -> Callable:
    """The solution cell cut behind the line that holds these words."""

    def change(notebook):
        first = cell(notebook, SOLUTION)
        lines = first["source"].splitlines()
        cut = next(number for number, line in enumerate(lines, 1) if after in line)
        second = copy.deepcopy(first)
        second["id"] = "second-half"
        first["source"], second["source"] = "\n".join(lines[:cut]), "\n".join(lines[cut:])
        if not keeps_name:
            second["metadata"] = {}
        notebook["cells"].insert(place(notebook, SOLUTION) + 1, second)

    return change


def lost(*cell_ids: str) -> Callable:
    def change(notebook):
        for one in notebook["cells"]:
            if not cell_ids or one["id"] in cell_ids:
                one["metadata"] = {}

    return change


def lost_with_ids(notebook):
    for number, one in enumerate(notebook["cells"]):
        one["metadata"] = {}
        one["id"] = f"cell{number}"


def deleted(*cell_ids: str) -> Callable:
    def change(notebook):
        notebook["cells"] = [one for one in notebook["cells"] if one["id"] not in cell_ids]

    return change


def edited(cell_id: str, source: str) -> Callable:
    def change(notebook):
        cell(notebook, cell_id)["source"] += source

    return change


def about(cell_id: str, **values) -> Callable:
    """nbgrader's metadata of a cell changed; ... for a key that is gone."""

    def change(notebook):
        metadata = cell(notebook, cell_id)["metadata"]["nbgrader"]
        metadata.update(values)
        for key in [key for key, value in metadata.items() if value is ...]:
            del metadata[key]

    return change


def damaged(value) -> Callable:
    def change(notebook):
        cell(notebook, CHECK)["metadata"]["nbgrader"] = value

    return change


def schema(version: int) -> Callable:
    def change(notebook):
        for one in notebook["cells"]:
            if "nbgrader" in one["metadata"]:
                one["metadata"]["nbgrader"]["schema_version"] = version

    return change


def retyped(cell_id: str, kind: str) -> Callable:
    def change(notebook):
        one = cell(notebook, cell_id)
        one["cell_type"] = kind
        del one["outputs"], one["execution_count"]

    return change


def check_deleted_and_solution_denied(notebook):
    deleted(CHECK)(notebook)
    about(SOLUTION, solution=False)(notebook)


def check_first(notebook):
    check = notebook["cells"].pop(place(notebook, CHECK))
    notebook["cells"].insert(place(notebook, SOLUTION), check)


def merged(notebook):
    cell(notebook, SOLUTION)["source"] += "\n\n" + cell(notebook, CHECK)["source"]
    del notebook["cells"][place(notebook, CHECK)]


def merged_into_the_first(notebook):
    code = [one for one in notebook["cells"] if one["cell_type"] == "code"]
    code[0]["source"] = "\n\n".join(one["source"] for one in code)
    notebook["cells"] = [one for one in notebook["cells"] if one["cell_type"] != "code" or one is code[0]]


def another_kernel(notebook):
    notebook["metadata"]["kernelspec"] = {"name": "ir", "display_name": "R", "language": "R"}


# ── files ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def with_merge_markers(notebook):
    lines = json.dumps(notebook, indent=1).splitlines()
    return "\n".join(
        [*lines[:9], "<<<<<<< HEAD", *lines[9:12], "=======", *lines[12:14], ">>>>>>> theirs", *lines[14:]]
    )


def cut_off(notebook):
    return json.dumps(notebook, indent=1)[:3000]


def with_half_a_letter(notebook):
    cell(notebook, SOLUTION)["source"] += "\n# \ud83d"
    return json.dumps(notebook)


def in_latin_1(notebook):
    cell(notebook, SOLUTION)["source"] += "\n# é"
    return json.dumps(notebook, ensure_ascii=False).encode("latin-1", "replace")


def of_format_5(notebook):
    notebook["nbformat"] = 5


def without_a_format(notebook):
    del notebook["nbformat"]


def without_metadata(notebook):
    for one in notebook["cells"]:
        del one["metadata"]


def without_source(notebook):
    del cell(notebook, SOLUTION)["source"]


def of_an_unknown_type(notebook):
    cell(notebook, SOLUTION)["cell_type"] = "sql"


def with_odd_metadata(notebook):
    cell(notebook, SOLUTION)["metadata"]["tags"] = "mine"


def without_cells(notebook):
    notebook["cells"] = []


@dataclass(frozen=True)
class Way:
    """A way to break a hand-in, what is said of it, and what nbgrader makes of it."""

    change: Callable
    says: str
    effect: Effect
    mendable: bool = True

    def broken(self) -> bytes:
        notebook = right()
        made = self.change(notebook)
        return as_bytes(notebook if made is None else made)


S, F, C, A, M = Effect.STOPS, Effect.FAILS, Effect.COSTS, Effect.ASKS, Effect.MENDS
WAYS = {
    "a solution copied": Way(copied(SOLUTION), f"cells there more than once ({SOLUTION})", F),
    "a check copied": Way(copied(CHECK), f"cells there more than once ({CHECK})", F),
    "the setup copied": Way(copied("setup"), "cells there more than once (setup)", F),
    "split behind its head": Way(split("def game_value", True), f"cells split in pieces ({SOLUTION})", F),
    "split behind its docstring": Way(split('"""', True), f"cells split in pieces ({SOLUTION})", F),
    "split, half without a name": Way(split("def game_value", False), f"cells split in pieces ({SOLUTION})", C),
    "all names lost": Way(lost(), f"nbgrader's metadata lost ({THREE})", F),
    "all names and ids lost": Way(lost_with_ids, f"nbgrader's metadata lost ({THREE})", F),
    "a check's name lost": Way(lost(CHECK), f"nbgrader's metadata lost ({CHECK})", M),
    "a solution's name lost": Way(lost(SOLUTION), f"nbgrader's metadata lost ({SOLUTION})", M),
    "both names lost": Way(lost(SOLUTION, CHECK), f"nbgrader's metadata lost ({SOLUTION}, {CHECK})", F),
    "empty metadata": Way(damaged({}), f"nbgrader's metadata damaged (1 cell); nbgrader's metadata lost ({CHECK})", F),
    "metadata a word": Way(
        damaged("x"), f"nbgrader's metadata damaged (1 cell); nbgrader's metadata lost ({CHECK})", F
    ),
    "a check deleted": Way(deleted(CHECK), f"cells missing ({CHECK})", M),
    "a solution deleted": Way(deleted(SOLUTION), f"cells missing ({SOLUTION})", A),
    "both deleted": Way(deleted(SOLUTION, CHECK), f"cells missing ({SOLUTION}, {CHECK})", F),
    "the setup deleted": Way(deleted("setup"), "cells missing (setup)", C),
    "the setup added to": Way(
        edited("setup", "\nimport math"), "locked cells edited, the released text is put back (setup)", C
    ),
    "a check added to": Way(
        edited(CHECK, "\nprint(1)"), f"locked cells edited, the released text is put back ({CHECK})", M
    ),
    "a check no grade": Way(about(CHECK, grade=False), f"nbgrader's metadata changed ({CHECK})", F),
    "a check a solution": Way(about(CHECK, solution=True), f"nbgrader's metadata changed ({CHECK})", F),
    "a solution none, its check gone": Way(check_deleted_and_solution_denied, f"cells missing ({CHECK})", F),
    "an unknown key": Way(about(SOLUTION, mine=1), f"nbgrader's metadata damaged ({SOLUTION})", F),
    "more points": Way(about(CHECK, points=100), f"points changed ({CHECK})", M),
    "no points": Way(about(CHECK, points=...), f"nbgrader's metadata damaged ({CHECK})", F),
    "a name gone": Way(
        about(CHECK, grade_id=...), f"nbgrader's metadata damaged (1 cell); nbgrader's metadata lost ({CHECK})", F
    ),
    "an unknown name": Way(
        about(CHECK, grade_id="check-x"), f"cells of another release (check-x); nbgrader's metadata lost ({CHECK})", F
    ),
    "an older schema": Way(schema(2), f"nbgrader's schema is of another version ({THREE})", S),
    "a newer schema": Way(schema(4), f"nbgrader's schema is of another version ({THREE})", S),
    "a solution made text": Way(retyped(SOLUTION, "markdown"), f"made markdown ({SOLUTION})", M),
    "a check made raw": Way(retyped(CHECK, "raw"), f"made raw ({CHECK})", M),
    "a check before its solution": Way(check_first, f"checks before what they check ({CHECK})", C),
    "merged with its check": Way(merged, f"cells missing ({CHECK})", M),
    "a kernel of R": Way(another_kernel, "saved with a kernel of R, not Python", M),
    "no format": Way(without_a_format, "does not say which format it has", F),
    "no metadata at all": Way(without_metadata, f"metadata gone (28 cells); nbgrader's metadata lost ({THREE})", F),
    "metadata of another form": Way(with_odd_metadata, "breaks the notebook format ('mine' is not of type 'array')", F),
    "a byte order mark": Way(lambda n: codecs.BOM_UTF8 + as_bytes(n), "begins with a byte order mark", F),
    "UTF-16": Way(lambda n: json.dumps(n).encode("utf-16"), "is UTF-16, not UTF-8", F),
    "zero bytes behind": Way(lambda n: as_bytes(n) + bytes(512), "ends in zero bytes", F),
    "merge markers": Way(with_merge_markers, "holds git's merge markers", F, False),
    "cut off": Way(cut_off, "is cut off in line ", F, False),
    "empty": Way(lambda n: b"", "is empty (0 bytes)", F, False),
    "a web page": Way(lambda n: "<!DOCTYPE html>", "is a web page, not a notebook", F, False),
    "not UTF-8": Way(in_latin_1, "is not UTF-8 text", F, False),
    "half a letter": Way(with_half_a_letter, "holds half a letter in cell ", F, False),
    "a list": Way(lambda n: "[]", "is no notebook (JSON of another kind)", F, False),
    "nested too deep": Way(lambda n: "[" * 100_000, "is no notebook (not JSON that can be read)", F, False),
    "a format to come": Way(of_format_5, "is no notebook (nbformat 5)", F, False),
    "a cell without text": Way(without_source, "has a cell 7 without text", F, False),
    "a cell of no type": Way(of_an_unknown_type, "has a cell 7 that is no cell (of type 'sql')", F, False),
    "no cells": Way(without_cells, "has no cells", F, False),
}
