"""A sitting in a terminal: one question at a time, answered by a letter, and then the reasons."""

import random
import shutil
import string
import textwrap
from collections.abc import Callable
from dataclasses import dataclass

from course_gan.grading.record import MARK
from course_gan.review.bank import Choice, Question

_WIDEST = 88  # columns


@dataclass
class Outcome:
    """How a sitting went: answers, right ones among them, and whether it was ended before its last question.

    ended: "", "interrupted" (Ctrl-C) or "end of input".
    """

    answered: int = 0
    right: int = 0
    ended: str = ""


def hold(
    questions: list[Question],
    answered: Callable[[Question, bool], None],
    ask: Callable[[str], str],
    say: Callable[[str], None],
    chance: random.Random,
) -> Outcome:
    """Ask the questions in their order, the choices of each shuffled, and return how it went.

    answered: told of each answer at once, the question and whether it was right. ask: shows a prompt and returns the
    line that was typed; may raise EOFError or KeyboardInterrupt, which end the sitting.
    """
    outcome = Outcome()
    for number, question in enumerate(questions, 1):
        choices = list(question.choices)
        chance.shuffle(choices)
        try:
            say(_asked(question, choices, f"{number} of {len(questions)}, {_titled(question.lesson)}"))
            chosen = _chosen(choices, ask, say)
            if chosen is not None:
                outcome.answered += 1
                if chosen.is_right:
                    outcome.right += 1
                answered(question, chosen.is_right)
                say(_explained(choices, chosen))
        except (EOFError, KeyboardInterrupt) as error:
            outcome.ended = "interrupted" if isinstance(error, KeyboardInterrupt) else "end of input"
            return outcome
    return outcome


def _chosen(choices: list[Choice], ask: Callable[[str], str], say: Callable[[str], None]) -> Choice | None:
    """The choice whose letter was typed; None where the question is skipped."""
    letters = string.ascii_lowercase[: len(choices)]
    while True:
        typed = ask("> ").strip().rstrip(".)").lower()
        if not typed:
            return None
        if len(typed) == 1 and typed in letters:
            return choices[letters.index(typed)]
        say(f"answer with one of {', '.join(letters)}, or press Enter to skip")


def _titled(lesson: str) -> str:
    return f"lesson {lesson}" if lesson.isdigit() else f"the {lesson}"


def _asked(question: Question, choices: list[Choice], heading: str) -> str:
    lines = ["", heading, *_wrapped(question.prompt, "", ""), ""]
    for letter, choice in zip(string.ascii_lowercase, choices):
        lines += _wrapped(choice.text, f"  {letter}  ", "     ")
    return "\n".join(lines)


def _explained(choices: list[Choice], chosen: Choice) -> str:
    """Whether it was right, and the reason of every choice."""
    lines = [f"{MARK['ok']} right" if chosen.is_right else f"{MARK['failed']} wrong"]
    for letter, choice in zip(string.ascii_lowercase, choices):
        mark = MARK["ok"] if choice.is_right else " "
        lines += _wrapped(choice.reason, f"{mark} {letter}  ", "     ")
    return "\n".join(lines)


def _wrapped(text: str, first: str, rest: str) -> list[str]:
    width = min(_WIDEST, shutil.get_terminal_size().columns)
    whole = " ".join(text.split())
    indents = {"initial_indent": first, "subsequent_indent": rest}
    return textwrap.wrap(whole, max(width, 30), break_on_hyphens=False, **indents)
