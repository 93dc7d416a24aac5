"""A notebook held against its release: what nbgrader will stumble over, lose, or put right."""

from course_gan.grading.handed_in.cells import about, carriers, guesses, halves, known, name_of, written_into
from course_gan.grading.handed_in.findings import Effect, Finding, count, some
from course_gan.grading.handed_in.release import Part, Release, plain

_FLAGS = ("grade", "solution", "task", "locked")
_KEYS = {"grade_id", "schema_version", "grade", "solution", "locked", "task", "points", "checksum", "cell_type"}


def compare(notebook: dict, release: Release, others: dict[str, Release]) -> list[Finding]:
    """What is to be looked at in a notebook.

    others: all releases by name, to tell another assignment's notebook.
    """
    cells = notebook["cells"]
    if not known(cells, release):
        return [_foreign(cells, others)]
    return [
        *_strangers(cells, release),
        *_copied_or_lost(cells, release),
        *_changed(cells, release),
        *_out_of_order(cells, release),
        *_kernel(notebook, release),
    ]


def best_match(cells: list[dict], releases: dict[str, Release]) -> str | None:
    """The assignment whose cells a notebook holds; None where it holds no released cell, or as many of two."""
    counts = sorted(((known(cells, release), name) for name, release in releases.items()), reverse=True)
    if not counts or not counts[0][0] or (len(counts) > 1 and counts[0][0] == counts[1][0]):
        return None
    return counts[0][1]


def is_as_released(cells: list[dict], release: Release) -> bool:
    """Whether nothing was written into any solution."""
    named = carriers(cells, release)
    for name, part in release.parts.items():
        if part.kind == "solution" and [plain(cells[p]["source"]) for p in named[name]] != [plain(part.source)]:
            return False
    return True


def _foreign(cells: list[dict], releases: dict[str, Release]) -> Finding:
    other = best_match(cells, releases)
    whose = f"; they are those of {other}" if other else ""
    return Finding(f"none of the assignment's cells is in it{whose}", Effect.FAILS, mendable=False)


def _strangers(cells: list[dict], release: Release) -> list[Finding]:
    """Cells that nbgrader takes for its own and does not know."""
    nameless = [cell for cell in cells if about(cell) is not None and name_of(cell) is None]
    unknown = [name for cell in cells if (name := name_of(cell)) and name not in release.parts]
    found = []
    if nameless:
        found.append(Finding(f"nbgrader's metadata damaged ({count(nameless)})", Effect.FAILS))
    if unknown:
        found.append(Finding(f"cells of another release ({some(unknown)})", Effect.FAILS))
    return found


def _copied_or_lost(cells: list[dict], release: Release) -> list[Finding]:
    named, guessed = carriers(cells, release), guesses(cells, release)
    copied = []
    split = []
    lost = []
    missing = []
    for name, part in release.parts.items():
        places = named[name]
        here = places or [place for other, place in guessed.items() if other == name]
        if part.kind == "solution" and any(len(halves(cells, place)) > 1 for place in here):
            split.append(name)
        elif len(places) > 1:
            copied.append(name)
        elif not places:
            (lost if name in guessed else missing).append(name)
    found = []
    if copied:
        found.append(Finding(f"cells there more than once ({some(copied)})", Effect.FAILS))
    if split:
        effect = Effect.FAILS if any(len(named[name]) > 1 for name in split) else Effect.COSTS
        found.append(Finding(f"cells split in pieces ({some(split)})", effect))
    anchors = {
        name_of(cell) for cell in cells if (about(cell) or {}).get("solution") or (about(cell) or {}).get("grade")
    }
    breaks = any(_breaks(release, name, anchors) for name in lost + missing)
    if lost:
        found.append(Finding(f"nbgrader's metadata lost ({some(lost)})", Effect.FAILS if breaks else Effect.MENDS))
    if missing:
        found.append(Finding(f"cells missing ({some(missing)})", _of_missing(missing, release, breaks)))
    return found


def _breaks(release: Release, name: str, anchors: set[str | None]) -> bool:
    """nbgrader puts a missing check behind the named cell before it, and fails where that is none of its anchors.

    anchors: the names of cells that say that they are a solution or a grade.
    """
    part, before = release.parts[name], release.before(name)
    if part.kind != "check" or before is None:
        return False
    return before.kind == "locked" or (before.kind == "solution" and before.name not in anchors)


def _of_missing(missing: list[str], release: Release, breaks: bool) -> Effect:
    if breaks:
        return Effect.FAILS
    kinds = {release.parts[name].kind for name in missing}
    if "locked" in kinds:
        return Effect.COSTS  # what all the rest needs
    return Effect.ASKS if "solution" in kinds else Effect.MENDS


def _changed(cells: list[dict], release: Release) -> list[Finding]:
    """Cells with their names that are not what was released."""
    groups: dict[tuple[str, Effect], list[str]] = {}
    for name, places in carriers(cells, release).items():
        part = release.parts[name]
        for place in places:
            for what in _changes(cells[place], part):
                groups.setdefault(what, []).append(name)
    return [Finding(f"{text} ({some(list(dict.fromkeys(names)))})", effect) for (text, effect), names in groups.items()]


def _changes(cell: dict, part: Part) -> list[tuple[str, Effect]]:
    found = []
    now, then = about(cell), part.cell["metadata"]["nbgrader"]
    if now.get("schema_version", 0) != then["schema_version"]:
        found.append(("nbgrader's schema is of another version", Effect.STOPS))
    elif not _is_valid(now, part):
        found.append(("nbgrader's metadata damaged", Effect.FAILS))
    elif flags := {key for key in _FLAGS if now.get(key, False) is not then.get(key, False)}:
        harmless = {"locked", "solution"} if part.kind == "solution" else {"locked"}
        found.append(("nbgrader's metadata changed", Effect.MENDS if flags <= harmless else Effect.FAILS))
    elif part.kind == "check" and float(now["points"]) != then["points"]:
        found.append(("points changed", Effect.MENDS))
    if cell["cell_type"] != part.cell["cell_type"]:
        found.append((f"made {cell['cell_type']}", Effect.MENDS))
    if part.is_locked and plain(cell["source"]) != plain(part.source):
        effect = Effect.COSTS if written_into(cell, part) else Effect.MENDS
        found.append(("locked cells edited, the released text is put back", effect))
    return found


def _is_valid(now: dict, part: Part) -> bool:
    """Whether nbgrader's own check of its metadata passes; what it puts right before need not be valid."""
    flags = [now.get("grade"), now.get("solution"), now.get("task", False)]
    if part.kind != "locked":
        flags.append(now.get("locked"))
    points = now.get("points", None if part.kind == "check" else 0)
    has_points = _as_number(points) is not None if part.kind == "check" else _is_number(points) and points >= 0
    return (
        not set(now) - _KEYS
        and all(isinstance(flag, bool) for flag in flags)
        and has_points
        and type(now["schema_version"]) is int
        and now.get("cell_type", "code") in ("code", "markdown", "raw")
    )


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _as_number(value: object) -> float | None:
    try:
        return None if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        return None


def _out_of_order(cells: list[dict], release: Release) -> list[Finding]:
    """Checks that stand before what they check."""
    named = carriers(cells, release)
    early = []
    for name, places in named.items():
        solution = release.before(name, "solution")
        if release.parts[name].kind != "check" or solution is None:
            continue
        solutions = named[solution.name]
        if places and solutions and places[-1] < solutions[-1]:
            early.append(name)
    return [Finding(f"checks before what they check ({some(early)})", Effect.COSTS)] if early else []


def _kernel(notebook: dict, release: Release) -> list[Finding]:
    found = notebook["metadata"].get("kernelspec")
    language = found.get("language") if isinstance(found, dict) else None
    if not isinstance(language, str) or language.lower() == "python":
        return []
    text = f"saved with a kernel of {language[:20]}, not Python"
    return [Finding(text, Effect.MENDS)]
