"""Which items pass: progress.json in the learner's folder, one entry an item, never in the way of a check."""

import json
import time
from pathlib import Path

from course_gan import console
from course_gan.catalogue import checks, number_of
from course_gan.errors import CourseError
from course_gan.files import write_whole
from course_gan.grading import shared_json
from course_gan.grading.items import load
from course_gan.grading.learners_folder import learners_folder, unmarked_copy
from course_gan.grading.verdict import Result
from course_gan.marker import LEARNER, quoted
from course_gan.own_folder import OwnFolder

Entries = dict[str, dict]  # item -> its status, message and when
MARK = {"ok": "✓", "open": "○", "failed": "✗", "error": "✗"}
_session: Entries = {}  # where there is no learner's folder, a notebook still remembers its own
_unkept: Entries = {}  # what could not be written yet
_said: set[str] = set()


def keep(result: Result) -> None:
    """Record a result; what prevents it (no space, no permission) is said once, and tried again at the next check."""
    entry = {"status": result.status, "message": result.message, "when": time.strftime("%Y-%m-%d %H:%M:%S")}
    _session[result.name] = entry
    _unkept[result.name] = entry
    try:
        folder = learners_folder()
        if folder is None:
            if copy := unmarked_copy():
                command = f"course-gan lab --no-open --dir {quoted(copy)}"
                _say_once(f"progress is not kept: an earlier version made this copy; `{command}` takes it on")
            return
        if not folder.exists():
            OwnFolder(folder, LEARNER).mark()
        with shared_json.held(folder / ".progress.lock"):
            _write(folder, _unkept)
        _unkept.clear()
    except CourseError as error:
        _say_once(f"progress is not kept: {error}")
    except OSError as error:
        _say_once(f"progress is not kept: cannot write {error.filename or 'progress.json'} ({error.strerror})")


def results(folder: Path | None = None) -> Entries:
    """What is recorded, by item: in the folder, else in the learner's folder and this session."""
    if folder is not None:
        return read(folder)
    try:
        found = learners_folder()
    except OSError:
        found = None
    return _newer(read(found) if found else {}, _session)


def read(folder: Path) -> Entries:
    """The entries of progress.json, of a damaged one those that can be read; nothing where it is absent."""
    return shared_json.read(_path(folder), _parsed)


def trouble(folder: Path) -> str | None:
    """A line on a progress.json that cannot be read, or not all of it; else None."""
    return shared_json.trouble(_path(folder), _parsed, "shown is what can be read of it")


def _path(folder: Path) -> Path:
    return folder / "progress.json"


def _write(folder: Path, entries: Entries) -> None:
    """Put entries into progress.json; one that is damaged is set aside, never overwritten. Raises OSError."""
    path = _path(folder)
    try:
        kept, is_whole = _parsed(path.read_bytes())
    except FileNotFoundError:
        kept, is_whole = {}, True
    if not is_whole:
        aside = shared_json.set_aside(path)
        kept = _newer(kept, _session)
        _say(
            f"{path} was damaged: kept as {aside.name}; {len(kept)} items of it and of this session are in the new one"
        )
    text = json.dumps(_newer(kept, entries), indent=1, ensure_ascii=False) + "\n"
    write_whole(path.resolve(), text)  # where it is a link, to what it leads to


def _parsed(data: bytes) -> tuple[Entries, bool]:
    """The entries in a record's bytes, and whether that is all that they hold."""
    members, is_whole = shared_json.members(data)
    entries = {name: entry for name, entry in members.items() if _is_entry(entry)}
    return entries, is_whole and len(entries) == len(members)


def _is_entry(entry: object) -> bool:
    return isinstance(entry, dict) and entry.get("status") in list(MARK)


def _newer(entries: Entries, others: Entries) -> Entries:
    """Both together; where both have an item, the entry that was made last, of equal ones the other."""
    chosen = dict(entries)
    for name, entry in others.items():
        if name not in chosen or str(chosen[name].get("when", "")) <= str(entry.get("when", "")):
            chosen[name] = entry
    return chosen


def _say(text: str) -> None:
    console.say(text)


def _say_once(text: str) -> None:
    if text not in _said:
        _said.add(text)
        _say(text)


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
