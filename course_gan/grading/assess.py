"""The side of a check that knows what is right: inputs, references, tolerances, and a verdict as plain data."""

import importlib.util
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch

from course_gan.catalogue import checks, number_of
from course_gan.errors import CourseError
from course_gan.grading.worker.ask import Case, OutOfTime, ask, call, clock, describe


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
        """What is wrong with an answer to a case, or None; never sees the learner's object."""
        expected = self.reference(*case.values())
        if self.verdict is not None:
            return self.verdict(case, expected, answer)
        return close(expected, answer, self.rtol, self.atol)


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


def judge(check: Check, learners: Any, generator: torch.Generator, say: Callable[[str], None] = print) -> Result:
    """Put all cases of a check, drawn from the generator, to the learner's object; raises KeyboardInterrupt only."""
    began = time.monotonic()

    def result(status: str, message: str, case: Case | None = None) -> Result:
        return Result(check.name, status, message, shown(case or {}), round(time.monotonic() - began, 3))

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


def close(expected: Any, answer: Any, rtol: float = 1e-4, atol: float = 1e-6, at: str = "") -> str | None:
    """A complaint where an answer is not what was expected, or None.

    Tensors agree in shape and, within the tolerances, in value; any floating-point type will do. Numbers may come as
    tensors without dimensions and the other way round; a bool is no number, NaN no answer.
    """
    where = f" ({at})" if at else ""
    if isinstance(expected, dict):
        if not isinstance(answer, dict) or set(answer) != set(expected):
            return f"expected a dict with {', '.join(expected)}{where}, got {describe(answer)}"
        return _first(close(e, answer[k], rtol, atol, f"{at}, {k}" if at else k) for k, e in expected.items())
    if isinstance(expected, list | tuple):
        if not isinstance(answer, list | tuple) or len(answer) != len(expected):
            return f"expected {len(expected)} values{where}, got {describe(answer)}"
        places = (f"{at}, value {i}" if at else f"value {i}" for i in range(1, len(expected) + 1))
        return _first(close(e, a, rtol, atol, p) for e, a, p in zip(expected, answer, places))
    if expected is None or isinstance(expected, bool | str):
        flat = answer.item() if isinstance(answer, torch.Tensor) and answer.numel() == 1 else answer
        right = type(flat) is type(expected) and flat == expected
        return None if right else f"expected {describe(expected)}{where}, got {describe(answer)}"
    return _numbers(torch.as_tensor(expected), answer, rtol, atol, where)


def _numbers(expected: torch.Tensor, answer: Any, rtol: float, atol: float, where: str) -> str | None:
    wanted = f"a tensor of shape {tuple(expected.shape)}" if expected.ndim else "a number"
    if isinstance(answer, bool) or not isinstance(answer, int | float | torch.Tensor):
        forgotten = ": is the return missing?" if answer is None and not where else ""
        return f"expected {wanted}{where}, got {describe(answer)}{forgotten}"
    answer = torch.as_tensor(float(answer) if isinstance(answer, int) else answer)
    if answer.shape != expected.shape:
        return f"expected {wanted}{where}, got shape {tuple(answer.shape)}"
    whole = expected.is_floating_point() and not answer.is_floating_point()
    if answer.dtype == torch.bool or answer.is_complex() or whole:
        return f"expected {wanted} of {_kind(expected)}{where}, got {_kind(answer)}"
    expected, answer = expected.double(), answer.double()
    wrong = ~torch.isclose(answer, expected, rtol, atol)
    if not wrong.any():
        return None
    difference = (answer - expected).abs().nan_to_num(torch.inf).where(wrong, torch.tensor(-1.0)).flatten()
    worst = int(difference.argmax())
    index = [int(i) for i in torch.unravel_index(torch.tensor(worst), expected.shape)]
    place = f" at {index}" if index else ""
    return f"expected {_six(expected.flatten()[worst])}{place}{where}, got {_six(answer.flatten()[worst])}"


def shown(case: Case) -> str:
    """A case in a line, as the learner sees it."""
    return ", ".join(f"{name} = {describe(value)}" for name, value in case.items() if not name.startswith("_"))


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


def _first(complaints) -> str | None:
    return next((c for c in complaints if c), None)


def _kind(tensor: torch.Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")


def _six(value: torch.Tensor) -> str:
    return f"{float(value):.6g}"
