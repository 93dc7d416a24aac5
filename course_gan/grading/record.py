"""Which items pass: progress.json in the learner's folder, one entry an item, never in the way of a check."""

import json
import time
from pathlib import Path

from course_gan.catalogue import checks, number_of
from course_gan.files import INSTALLED, ROOT, write_whole
from course_gan.grading.items import load
from course_gan.grading.verdict import Result

MARK = {"ok": "✓", "open": "○", "failed": "✗", "error": "✗"}
_session: dict[str, dict] = {}  # where there is no learner's folder, a notebook still remembers its own


def learners_folder(start: Path | None = None) -> Path | None:
    """The folder above `start` (default: the working directory) that `course-gan lab` made; my/ for the checkout's own.

    None elsewhere: in a class that is being graded, and where a wheel was installed, nothing is recorded.
    """
    start = (start or Path.cwd()).resolve()
    if INSTALLED and start.is_relative_to(ROOT):
        return None
    if start.is_relative_to(ROOT / "exercises"):
        return ROOT / "my"
    for folder in (start, *start.parents):
        if (folder / "nbgrader_config.py").exists():
            return None
        if (folder / "exercises").is_dir():
            return folder
    return None


def keep(result: Result) -> None:
    """Record a result; whatever prevents it (no folder, no space, no permission) is passed over."""
    entry = {"status": result.status, "message": result.message, "when": time.strftime("%Y-%m-%d %H:%M:%S")}
    _session[result.name] = entry
    try:
        folder = learners_folder()
        if folder is None:
            return
        folder.mkdir(exist_ok=True)
        kept = read(folder) | {result.name: entry}
        write_whole(folder / "progress.json", json.dumps(kept, indent=1, ensure_ascii=False) + "\n")
    except OSError:
        pass


def results(folder: Path | None = None) -> dict[str, dict]:
    """What is recorded, by item: in the folder, else in the learner's folder and this session."""
    if folder is not None:
        return read(folder)
    try:
        found = learners_folder()
    except OSError:
        found = None
    return (read(found) if found else {}) | _session


def read(folder: Path) -> dict[str, dict]:
    """The entries of progress.json; nothing where it is absent or damaged."""
    try:
        entries = json.loads((folder / "progress.json").read_text(encoding="utf-8"))
        return {str(k): v for k, v in entries.items() if isinstance(v, dict) and v.get("status") in MARK}
    except (OSError, ValueError, AttributeError):
        return {}


def table(entries: dict[str, dict], lessons: list[str] | None = None) -> str:
    """A table of the items of lessons (default: all that have checks): a mark and the last message of each.

    lessons: "01", "1", "01_minimax_game", "minimax_game" or "clinic". Raises CourseError for one without checks.
    """
    numbers = [number_of(word) for word in lessons or lessons_with_checks()]
    lines = []
    for lesson in dict.fromkeys(numbers):
        names = list(load(lesson))
        passed = sum(entries.get(name, {}).get("status") == "ok" for name in names)
        lines.append(f"{lesson}: {passed} of {len(names)} pass")
        for name in names:
            entry = entries.get(name, {"status": "open", "message": "not tried yet"})
            text = str(entry.get("message", ""))
            lines.append(f"  {MARK[entry['status']]} {name.split('.', 1)[1]:<28} {text[:80]}{'…' * (len(text) > 80)}")
    return "\n".join(lines) or "there are no exercises yet"


def lessons_with_checks() -> list[str]:
    """The lessons that have checks, as load() calls them: "01", …, "clinic"."""
    return list(checks())
