"""Whether an answer is what was expected, in a line that says what is wrong."""

import math
from collections.abc import Iterable
from typing import Any

import torch

from course_gan.grading.worker.ask import describe


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
    answer = torch.as_tensor(_as_float(answer) if isinstance(answer, int) else answer)
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


def _first(complaints: Iterable[str | None]) -> str | None:
    return next((c for c in complaints if c), None)


def _as_float(number: int) -> float:
    try:
        return float(number)
    except OverflowError:  # more than 308 digits
        return math.inf if number > 0 else -math.inf


def _kind(tensor: torch.Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")


def _six(value: torch.Tensor) -> str:
    return f"{float(value):.6g}"
