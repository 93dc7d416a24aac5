"""The questions: source/NN_name/questions.toml beside each lesson, a reason for every choice."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from course_gan.catalogue import questions
from course_gan.errors import CourseError


@dataclass(frozen=True)
class Choice:
    """One answer that may be chosen, whether it is right, and why it is or is not."""

    text: str
    reason: str
    is_right: bool


@dataclass(frozen=True)
class Question:
    """A question: its name ("01.both_minimise"), its lesson's number, the prompt, the choices, the right one first."""

    name: str
    lesson: str
    prompt: str
    choices: tuple[Choice, ...]


def load() -> list[Question]:
    """All questions, in the order of the lessons and of their files.

    Raises CourseError that names the file and the question where one is not of the form that CONTRIBUTING.md gives.
    """
    found = []
    for lesson, path in questions().items():
        found += _of_lesson(lesson, path)
    return found


def _of_lesson(lesson: str, path: Path) -> list[Question]:
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8"))["question"]
        return [_question(lesson, entry) for entry in entries]
    except OSError as error:
        raise CourseError(f"cannot read {path}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        why = f"lacks {error}" if isinstance(error, KeyError) else str(error)
        raise CourseError(f"{path} is no file of questions ({why}): see CONTRIBUTING.md for the form") from None


def _question(lesson: str, entry: dict) -> Question:
    right = Choice(entry["right"]["answer"], entry["right"]["because"], True)
    wrong = [Choice(one["answer"], one["because"], False) for one in entry["wrong"]]
    return Question(f"{lesson}.{entry['id']}", lesson, entry["prompt"], (right, *wrong))
