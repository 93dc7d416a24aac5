"""Torch's own settings for as long as a check asks and compares: what a learner switched before decides nothing."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from typing import Any

import numpy as np
import torch

_SILENT = (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning)  # as Python has it


@contextmanager
def usual_settings() -> Iterator[None]:
    """Inside, settings are as torch, numpy and Python begin with; afterwards as they were, whoever changed them inside.

    That is: gradients on, and neither inference mode, autocast nor anomaly detection; float32 on the CPU, in full
    precision; no demand for deterministic algorithms; torch's random state; numpy's errors and all warnings no
    exceptions.
    """
    with ExitStack() as stack:
        for settings in (
            torch.inference_mode(False),
            torch.enable_grad(),
            torch.autocast("cpu", enabled=False),
            torch.autograd.set_detect_anomaly(False),
            torch.random.fork_rng([]),
            np.errstate(divide="warn", over="warn", under="ignore", invalid="warn"),
            warnings.catch_warnings(),
            _on_the_cpu(),
            _set_to(torch.float32, torch.get_default_dtype, torch.set_default_dtype),
            _set_to("highest", torch.get_float32_matmul_precision, torch.set_float32_matmul_precision),
            _set_to((False, False), _determinism, _demand_determinism),
        ):
            stack.enter_context(settings)
        warnings.simplefilter("default")
        for kind in _SILENT:
            warnings.simplefilter("ignore", kind)
        yield


@contextmanager
def _set_to(value: Any, read: Callable[[], Any], write: Callable[[Any], None]) -> Iterator[None]:
    before = read()
    if before != value:
        write(value)
    try:
        yield
    finally:
        if read() != before:
            write(before)


@contextmanager
def _on_the_cpu() -> Iterator[None]:
    before = torch.get_default_device()
    try:
        with nullcontext() if before.type == "cpu" else torch.device("cpu"):
            yield
    finally:
        if torch.get_default_device() != before:
            torch.set_default_device(None if before.type == "cpu" else before)


def _determinism() -> tuple[bool, bool]:
    return torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()


def _demand_determinism(how: tuple[bool, bool]) -> None:
    is_on, only_warns = how
    torch.use_deterministic_algorithms(is_on, warn_only=only_warns)
