"""Which cell of a hand-in is which of the release: by nbgrader's name for it, else by its id, else by what it says."""

import ast
import warnings

from course_gan.grading.handed_in.release import Part, Release, defined, plain

_LONGEST = 100_000  # letters of a source that is parsed


def about(cell: dict) -> dict | None:
    """What nbgrader wrote about a cell; {} where that is not even a dict, None where there is nothing."""
    found = cell["metadata"].get("nbgrader")
    if found is None and "nbgrader" not in cell["metadata"]:
        return None
    return found if isinstance(found, dict) else {}


def name_of(cell: dict) -> str | None:
    """nbgrader's name for a cell (its grade_id); None where there is none."""
    name = (about(cell) or {}).get("grade_id")
    return name if isinstance(name, str) and name else None


def carriers(cells: list[dict], release: Release) -> dict[str, list[int]]:
    """The places of the cells that carry each released name."""
    found = {name: [] for name in release.parts}
    for place, cell in enumerate(cells):
        if (name := name_of(cell)) in found:
            found[name].append(place)
    return found


def guesses(cells: list[dict], release: Release) -> dict[str, int]:
    """Where the cells are that lost their names: no judgement, each is told by its id or by what it says."""
    free = {place: cell for place, cell in enumerate(cells) if name_of(cell) not in release.parts}
    texts = {place: plain(cell["source"]) for place, cell in free.items()}
    definitions = {place: defined(cell["source"]) for place, cell in free.items() if cell["cell_type"] == "code"}
    found = {}
    for name, places in carriers(cells, release).items():
        if places:
            continue
        part = release.parts[name]
        fitting = [place for place, cell in free.items() if cell.get("id") == name]
        if not fitting and part.is_locked:
            fitting = [place for place in free if texts[place] == plain(part.source)]
        elif not fitting:
            fitting = [place for place in free if part.defines in definitions.get(place, [])]
        if fitting:
            found[name] = fitting[-1]
            del free[fitting[-1]]
    return found


def known(cells: list[dict], release: Release) -> int:
    """How many of the release's solutions and checks are there, were it merged into another cell.

    Other locked cells do not count: they are alike in many releases.
    """
    named, guessed = carriers(cells, release), guesses(cells, release)
    everything = "\n".join(plain(cell["source"]) for cell in cells)
    count = 0
    for name, part in release.parts.items():
        is_merged = part.kind == "check" and plain(part.source) in everything
        count += part.kind != "locked" and (bool(named[name]) or name in guessed or is_merged)
    return count


def halves(cells: list[dict], place: int) -> list[int]:
    """The places of the pieces into which a solution was split: one does not parse, and all together do.

    Only [place] for a cell that stands for itself.
    """
    name = name_of(cells[place])
    all_parse = parses(cells[place]["source"])
    for end in range(place + 1, min(place + 4, len(cells))):
        cell = cells[end]
        is_piece = name_of(cell) == name or (about(cell) is None and not all_parse)
        if cell["cell_type"] != "code" or not is_piece:
            break
        all_parse = all_parse and parses(cell["source"])
        together = list(range(place, end + 1))
        if not all_parse and joined(cells, together) is not None:
            return together
    return [place]


def joined(cells: list[dict], places: list[int]) -> str | None:
    """The source of a split cell put together again; None where the pieces do not fit."""
    for between in ("\n", ""):  # the cut was between two lines, or in one
        whole = between.join(cells[place]["source"] for place in places)
        if parses(whole):
            return whole
    return None


def parses(source: str) -> bool:
    """Whether a source is Python that can be read; nothing of it is run."""
    return _tree(source) is not None


def binds(source: str) -> bool:
    """Whether a source gives something a name, or cannot be read: what would be missed if it were left out."""
    tree = _tree(source)
    makers = (
        ast.FunctionDef,
        ast.AsyncFunctionDef,
        ast.ClassDef,
        ast.Import,
        ast.ImportFrom,
        ast.Assign,
        ast.AnnAssign,
    )
    return tree is None or any(isinstance(node, makers) for node in ast.walk(tree))


def written_into(cell: dict, part: Part) -> bool:
    """Whether a locked cell was given lines that would be missed when nbgrader puts the released text back."""
    released = plain(part.source).splitlines()
    added = [line for line in plain(cell["source"]).splitlines() if line not in released]
    return bool(added) and binds("\n".join(added))


def _tree(source: str) -> ast.Module | None:
    if len(source) > _LONGEST:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd escapes in a stranger's text
            return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
