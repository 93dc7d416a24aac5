"""The side of a check that touches the learner's object: calls go in, plain data come out.

Nothing here knows an answer. A worker in a sandbox needs this folder and the source of one probe, never a `checks.py`.
A probe may use the names of this module (torch, nn, F, math, Complaint, call, value_and_gradients) and its own imports.
"""

import inspect
import linecache
import math  # noqa: F401  (a name that probes may use)
import os
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr
from types import FrameType
from typing import Any

import torch
import torch.nn.functional as F  # noqa: F401  (a name that probes may use)
from torch import nn  # noqa: F401  (a name that probes may use)

from course_gan.grading.worker.settings import usual_settings

Case = dict[str, Any]  # what is sent: argument -> tensor, number, string, or lists, tuples and dicts of these


class Complaint(Exception):
    """A probe found something wrong with the learner's object; the text is what the learner reads."""


def call(function: Callable, case: Case) -> Any:
    """The plainest probe: the function's answer to the case's values, in their order."""
    return function(*case.values())


def value_and_gradients(function: Callable, case: Case) -> dict[str, Any]:
    """A probe for losses: the scalar's value and its gradient with respect to every floating-point tensor sent.

    A gradient of None means that the scalar does not depend on that argument.
    """
    sent = dict(case)
    leaves = {}
    for name, value in case.items():
        if _is_floating(value):
            leaves[name] = sent[name] = value.clone().requires_grad_()
    value = function(*sent.values())
    if not isinstance(value, torch.Tensor):
        raise Complaint(f"expected a scalar tensor with a gradient, got {describe(value)}")
    if value.numel() != 1:
        raise Complaint(f"expected a scalar, got a tensor of shape {tuple(value.shape)}: which mean is missing?")
    if not value.requires_grad:
        raise Complaint("no gradient comes through: it was cut by detach, item, no_grad or numpy")
    gradients = torch.autograd.grad(value.squeeze(), list(leaves.values()), allow_unused=True)
    answer = {"value": value.detach().squeeze()}
    for name, gradient in zip(leaves, gradients):
        answer[f"gradient of {name}"] = gradient
    return answer


def ask(probe: Callable[[Any, Case], Any], learners: Any, case: Case, seed: int = 0) -> dict[str, Any]:
    """Send one case through a probe to the learner's object.

    Returns plain data: {"answer": …}, or {"open": why}, {"failed": why} or {"error": why}.
    What the object prints to stderr or warns of goes to stdout. Only KeyboardInterrupt and this module's own
    OutOfTime leave. Inside, torch has its usual settings and its random state is seeded with `seed`; both are restored.
    """
    sent = copied(case)
    try:
        with redirect_stderr(sys.stdout), usual_settings():
            torch.manual_seed(seed)
            answer = plain(probe(learners, sent))
    except (KeyboardInterrupt, OutOfTime):
        raise
    except Complaint as complaint:
        return {"failed": str(complaint)}
    except BaseException as raised:  # whatever a stranger's code raises, SystemExit too
        if isinstance(raised, NotImplementedError) and not str(raised):
            return {"open": "not written yet"}
        return {"error": _told(raised)}
    changed = [name for name in case if not same(case[name], sent[name])]
    if changed:
        return {"failed": f"it changed its input {' and '.join(changed)}: compute new tensors, leave those sent alone"}
    return {"answer": answer}


class OutOfTime(BaseException):
    """Raised into the learner's code when its time is over; no `except Exception` of theirs catches it."""


@contextmanager
def clock(note: float, stop: float, say: Callable[[str], None]) -> Iterator[None]:
    """After `note` seconds tell how to interrupt, after `stop` raise OutOfTime; only where the system has alarms."""
    import signal
    import threading

    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(*_):
        nonlocal note
        if not note:
            raise OutOfTime
        say(f"still running after {note:g} s; interrupt with ■, else it is stopped after {stop:g} s")
        note = 0

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, note, max(stop - note, 0.1))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def probe_source(probe: Callable) -> str:
    """The text of a probe, to be executed in a namespace that holds the names of this module only."""
    return textwrap.dedent(inspect.getsource(probe))


def plain(value: Any) -> Any:
    """The value as data: detached tensors on the CPU, numbers, strings, None, and lists, tuples, dicts of these.

    numpy's arrays and numbers become tensors. Raises Complaint for anything else.
    """
    if type(value).__module__ == "numpy":
        try:
            value = torch.as_tensor(value)
        except TypeError:
            raise Complaint(f"expected numbers, got {describe(value)}") from None
    if isinstance(value, torch.Tensor):
        if value.device.type != "cpu":
            raise Complaint(f"expected the answer on the device of what was sent (cpu), got it on {value.device}")
        return value.detach().as_subclass(torch.Tensor).clone()
    if isinstance(value, list | tuple):
        return tuple(plain(v) for v in value)
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if value is None or type(value) in (bool, int, float, str):
        return value
    raise Complaint(f"expected tensors or numbers, got {describe(value)}")


def copied(value: Any) -> Any:
    """A copy of plain data that shares no memory with it."""
    if isinstance(value, torch.Tensor):
        return value.clone()
    if isinstance(value, list | tuple):
        return type(value)(copied(v) for v in value)
    return {k: copied(v) for k, v in value.items()} if isinstance(value, dict) else value


def same(a: Any, b: Any) -> bool:
    """Whether plain data are equal to the bit, NaN counted as equal to NaN."""
    if isinstance(a, torch.Tensor):
        is_alike = isinstance(b, torch.Tensor) and a.shape == b.shape and a.dtype == b.dtype
        return is_alike and torch.equal(a.nan_to_num(), b.nan_to_num())
    if isinstance(a, list | tuple):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return isinstance(b, dict) and a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    return a == b or (a != a and b != b)


def describe(value: Any) -> str:
    """A value in a few words: small tensors whole, large ones by their shape."""
    if isinstance(value, torch.Tensor):
        if value.numel() > 6:
            return f"{str(value.dtype).removeprefix('torch.')} {tuple(value.shape)}"
        return str([_short(v) for v in value.flatten().tolist()]).replace("'", "") if value.ndim else _short(value)
    if isinstance(value, float):
        return _short(value)
    if type(value) is int and abs(value) >= 10**50:  # Python refuses to write thousands of digits
        return "a number of more than 50 digits"
    if value is None or isinstance(value, bool | int | str):
        return repr(value) if len(repr(value)) < 60 else f"a text of {len(str(value))} characters"
    if isinstance(value, list | tuple):
        inside = ", ".join(describe(v) for v in value[:4]) + (", …" if len(value) > 4 else "")
        return f"({inside})"
    return f"a {type(value).__name__}"


def _short(value: Any) -> str:
    if isinstance(value, torch.Tensor):
        value = value.item()
    return f"{value if isinstance(value, complex) else float(value):.4g}"


def _is_floating(value: Any) -> bool:
    return isinstance(value, torch.Tensor) and value.is_floating_point()


def _told(raised: BaseException) -> str:
    """An exception in a line: kind, text, and the learner's own line that led there."""
    try:
        text = " ".join(str(raised).split())[:200]
    except Exception:  # even this is a stranger's code
        text = ""
    line = ""
    walk = raised.__traceback__
    while walk is not None:
        if not _is_ours(walk.tb_frame):
            line = linecache.getline(walk.tb_frame.f_code.co_filename, walk.tb_lineno).strip() or line
        walk = walk.tb_next
    said = f"it raised {type(raised).__name__}"
    if text:
        said += f": {text}"
    if line:
        said += f" (at `{line}`)"
    return said


def _is_ours(frame: FrameType) -> bool:
    """Whether a frame is of the course or of an installed package, and so not the learner's."""
    module = str(frame.f_globals.get("__name__", ""))
    of_the_course = module == "course_gan" or module.startswith(("course_gan.", "course_gan_checks_"))
    return of_the_course or f"{os.sep}site-packages{os.sep}" in frame.f_code.co_filename
