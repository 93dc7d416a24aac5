"""The verdict on a learner's object: cases are put to it, answers compared, and the first complaint is told."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from course_gan.grading.items import Check
from course_gan.grading.worker.ask import Case, OutOfTime, ask, clock, describe
from course_gan.grading.worker.settings import usual_settings

LONGEST = 390  # characters of a message


@dataclass(frozen=True)
class Result:
    """How an item stands. status: ok, open (not written yet), failed (wrong answer) or error (no answer).

    message: one line; on: the input it happened on, or "".
    """

    name: str
    status: str
    message: str
    on: str = ""
    seconds: float = 0.0


def assess(check: Check, learners: Any, generator: torch.Generator, say: Callable[[str], None] = print) -> Result:
    """Put all cases of a check, drawn from the generator, to the learner's object; raises KeyboardInterrupt only.

    The cases, what is right and the comparison are made under torch's usual settings, whatever the learner's are.
    """
    with usual_settings():
        return _assess(check, learners, generator, say)


def _assess(check: Check, learners: Any, generator: torch.Generator, say: Callable[[str], None]) -> Result:
    began = time.monotonic()

    def result(status: str, message: str, case: Case | None = None) -> Result:
        return Result(check.name, status, in_a_line(message), shown(case or {}), round(time.monotonic() - began, 3))

    if not callable(learners):
        return result("error", f"it wants your function itself, got {describe(learners)} (no brackets behind the name)")
    cases, case, stop = check.inputs(generator), None, 10 + 10 * check.seconds
    try:
        with clock(5 + check.seconds, stop, lambda text: say(f"… {check.name}: {text}")):
            for case in cases:
                reply = ask(check.probe, learners, case, int(torch.randint(2**31, (), generator=generator)))
                if "answer" not in reply:
                    ((status, why),) = reply.items()
                    return result(status, why, None if status == "open" else case)
                if complaint := check.complaint(case, reply["answer"]):
                    return result("failed", complaint, case)
    except OutOfTime:
        over = f"stopped after {stop:g} s without an answer; it should take about {check.seconds:g} s"
        return result("error", over, case)
    return result("ok", f"passed ({len(cases)} case{'s' * (len(cases) > 1)})")


def in_a_line(message: str) -> str:
    """A message without line ends, cut where it is longer than anybody reads: it may quote an answer."""
    if "\n" in message:
        message = " ".join(message.split())
    return message if len(message) <= LONGEST else f"{message[: LONGEST - 1]}…"


def shown(case: Case) -> str:
    """A case in a line, as the learner sees it."""
    return ", ".join(f"{name} = {describe(value)}" for name, value in case.items() if not name.startswith("_"))
