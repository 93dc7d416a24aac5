"""What is right: every graded item as a description of its inputs, its reference and its tolerance."""

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch

from course_gan.catalogue import checks, number_of
from course_gan.errors import CourseError
from course_gan.grading.comparison import close
from course_gan.grading.worker.ask import Case, call, describe
from course_gan.grading.worker.settings import usual_settings


@dataclass(frozen=True)
class Check:
    """What one graded item asks, as a description; it holds no object of the learner's.

    name: "01.discriminator_loss". read: where to read, "notebooks/01_minimax_game, section 4".
    inputs: called with a torch.Generator, returns fresh cases, each argument -> plain data (an argument whose name
        begins with "_" is not shown to the learner). The first cases should be the easiest to understand.
    reference: called with a case's values in their order, returns what is right; independent of the library where a
        plain formula exists.
    probe: (object, case) -> plain data; the calls to make. It may use only the names of `grading.worker.ask`.
    verdict: (case, expected, answer) -> None or a complaint; by default the comparison `close` within rtol and atol.
    seconds: what it may take on a laptop; it is stopped after ten times as much and ten seconds more.
    """

    name: str
    read: str
    inputs: Callable[[torch.Generator], list[Case]]
    reference: Callable[..., Any] = lambda *values: None
    probe: Callable[[Any, Case], Any] = call
    verdict: Callable[[Case, Any, Any], str | None] | None = None
    rtol: float = 1e-4
    atol: float = 1e-6
    seconds: float = 1.0

    def complaint(self, case: Case, answer: Any) -> str | None:
        """What is wrong with an answer to a case, or None; never sees the learner's object.

        An answer of a form that the comparison did not think of is wrong; only a fault of the reference is ours.
        """
        expected = self.reference(*case.values())
        try:
            if self.verdict is not None:
                return self.verdict(case, expected, answer)
            return close(expected, answer, self.rtol, self.atol)
        except Exception as error:  # whatever an odd answer makes of a sum, a set or a comparison
            return f"expected an answer of another form, got {describe(answer)} ({type(error).__name__}: {error})"


def load(name: str) -> dict[str, Check]:
    """The checks of the lesson that a name begins with ("01.discriminator_loss", "01", "clinic"), by their names.

    They live in source/NN_name/checks.py, in a list CHECKS. Raises CourseError where there are none.
    """
    return _load(_parts(name)[0])


@cache
def _load(number: str) -> dict[str, Check]:
    files = checks()
    if number not in files:
        raise CourseError(f"lesson {number} has no checks: there are checks for {', '.join(files) or 'none'}")
    spec = importlib.util.spec_from_file_location(f"course_gan_checks_{number}", files[number])
    module = importlib.util.module_from_spec(spec)
    with usual_settings():  # what a module makes when it is loaded is kept
        spec.loader.exec_module(module)
    return {check.name: check for check in module.CHECKS}


def find(name: str) -> Check:
    """The check of this name, its lesson called as anywhere: "03.slerp", "dcgan.slerp".

    Raises CourseError naming those there are.
    """
    number, item = _parts(name)
    known = _load(number)
    full_name = f"{number}.{item}"
    if full_name not in known:
        raise CourseError(f"unknown check {name!r}: there are {', '.join(known)}")
    return known[full_name]


def _parts(name: str) -> tuple[str, str]:
    """The lesson's number and the item of "03.slerp", "dcgan.slerp" or "03"."""
    word, _, item = str(name).partition(".")
    return number_of(word), item
