"""A training that has met NaN or inf is over: find it early, name it, and keep it out of the checkpoints."""

import math

import torch
from torch import Tensor
from torch.nn.utils import get_total_norm

from course_gan.errors import CourseError


class NonFiniteError(CourseError):
    """A loss, gradient or weight is NaN or inf; the message names it and the step."""


class FiniteWatch:
    """Looks at tensors as training passes them.

    On a CPU the first NaN or inf raises at once. On an accelerator looking must not make the host wait: a flag on the
    device remembers, and `read` asks for it now and then and before each save.
    """

    def __init__(self, device: torch.device):
        self.at_once = device.type == "cpu"
        self.last_read = 0
        self.seen = torch.zeros((), dtype=torch.bool, device=device)
        self.suspects: dict[str, Tensor] = {}

    def look(self, named: list[tuple[str, Tensor]], step: int) -> None:
        """Look at (name, tensor) pairs in step number `step`."""
        named = [(name, tensor.detach()) for name, tensor in named]
        largest = get_total_norm([tensor for _, tensor in named], math.inf)
        if not self.at_once:
            self.seen |= ~largest.isfinite()
            self.suspects |= dict(named)
        elif not math.isfinite(largest):
            raise NonFiniteError(_message(named, f"at step {step}"))

    def read(self, step: int) -> None:
        """Raise NonFiniteError if anything was not finite since the last reading; step: the number of steps made."""
        first = self.last_read + 1
        self.last_read = step
        if not self.at_once and self.seen:
            raise NonFiniteError(_message(list(self.suspects.items()), f"between steps {first} and {step}"))


def _message(named: list[tuple[str, Tensor]], when: str) -> str:
    found = "a tensor was not finite"
    for name, tensor in named:
        if not tensor.isfinite().all():
            found = f"{name} is {'NaN' if tensor.isnan().any() else 'inf'}"
            break
    return f"stopped {when}: {found}; saved checkpoints are untouched, go on from them with a lower learning rate"
