"""What was answered: review.json in the learner's folder, for each question when, and whether it was right.

The schedule is not stored: it follows from the answers.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from course_gan.errors import CourseError
from course_gan.files import write_whole
from course_gan.grading import shared_json
from course_gan.grading.learners_folder import CHECKOUTS_OWN, is_copy, is_the_course
from course_gan.marker import LEARNER
from course_gan.own_folder import OwnFolder


@dataclass(frozen=True, order=True)
class Answer:
    """When a question was answered (in UTC), and whether rightly."""

    when: datetime
    right: bool


Answers = dict[str, list[Answer]]  # name of a question -> its answers in their order


def read(folder: Path) -> Answers:
    """The answers in a folder's review.json, of a damaged one those that can be read; nothing where it is absent."""
    return shared_json.read(_path(folder), _parsed)


def trouble(folder: Path) -> str | None:
    """A line on a review.json that cannot be read, or not all of it; else None."""
    return shared_json.trouble(_path(folder), _parsed, "what can be read of it counts")


class Keeper:
    """Adds answers to a folder's review.json, each at once, beside whatever another process adds.

    Building one only looks: it raises CourseError where the folder is another's. The folder is made with the first
    answer. What cannot be written is said once, and tried again with the next answer.
    """

    def __init__(self, folder: Path, say: Callable[[str], None]):
        if is_the_course(folder):
            raise CourseError(f"cannot keep answers in {folder}: it is the course itself; choose another with --dir")
        self._own = OwnFolder(folder, LEARNER, _recognised, " with --dir", say)
        self._say = say
        self._said: set[str] = set()
        self.unkept: Answers = {}

    def add(self, name: str, answer: Answer) -> None:
        """Keep an answer to the question of this name."""
        self.unkept = _together(self.unkept, {name: [answer]})
        self.flush()

    def flush(self) -> None:
        """Write what is not kept yet."""
        if not self.unkept:
            return
        try:
            self._own.mark()
            with shared_json.held(self._own.path / ".review.lock"):
                self._write()
            self.unkept = {}
        except CourseError as error:
            self._say_once(f"answers are not kept: {error}")
        except OSError as error:
            where = error.filename or _path(self._own.path)
            self._say_once(f"answers are not kept: cannot write {where} ({error.strerror})")

    def _write(self) -> None:
        """Put the answers into review.json; one that is damaged is set aside, never overwritten. Raises OSError."""
        path = _path(self._own.path)
        try:
            kept, is_whole = _parsed(path.read_bytes())
        except FileNotFoundError:
            kept, is_whole = {}, True
        if not is_whole:
            aside = shared_json.set_aside(path)
            self.unkept = _together(kept, self.unkept)  # until they are in the new one
            count = sum(map(len, kept.values()))
            self._say(f"{path} was damaged: kept as {aside.name}; {count} answers of it are in the new one")
        write_whole(path.resolve(), _text(_together(kept, self.unkept)))  # where it is a link, to what it leads to

    def _say_once(self, text: str) -> None:
        if text not in self._said:
            self._said.add(text)
            self._say(text)


def _recognised(folder: Path) -> bool:
    """Whether a folder without a marker is a learner's all the same, as `course-gan lab` sees it."""
    return is_copy(folder) or folder.resolve() == CHECKOUTS_OWN


def _path(folder: Path) -> Path:
    return folder / "review.json"


def _together(some: Answers, others: Answers) -> Answers:
    """Both, each answer once."""
    found = {name: list(given) for name, given in some.items()}
    for name, given in others.items():
        found[name] = sorted({*found.get(name, []), *given})
    return found


def _text(answers: Answers) -> str:
    plain = {}
    for name, given in answers.items():
        plain[name] = [{"when": one.when.isoformat(timespec="microseconds"), "right": one.right} for one in given]
    return json.dumps(plain, indent=1, ensure_ascii=False) + "\n"


def _parsed(data: bytes) -> tuple[Answers, bool]:
    """The answers in the bytes of a review.json, and whether that is all that they hold."""
    members, is_whole = shared_json.members(data)
    found: Answers = {}
    for name, entries in members.items():
        if not isinstance(entries, list):
            is_whole = False
            continue
        given = [_answer(entry) for entry in entries]
        is_whole = is_whole and None not in given
        found[name] = sorted({one for one in given if one is not None})
    return found, is_whole


def _answer(entry: object) -> Answer | None:
    """An answer as it is stored; None for what is none."""
    if not isinstance(entry, dict) or not isinstance(entry.get("right"), bool):
        return None
    try:
        when = datetime.fromisoformat(entry["when"])
        if when.tzinfo is None or not 2000 <= when.year < 3000:
            return None
        return Answer(when.astimezone(UTC), entry["right"])
    except (KeyError, TypeError, ValueError):
        return None
