"""A training that has met NaN or inf is over: find it early, name it, and keep it out of the checkpoints."""

import math
from collections.abc import Iterable

import torch
from torch import Tensor
from torch.nn.utils import get_total_norm

from course_gan.errors import CourseError

Named = Iterable[tuple[str, Tensor]]


class NonFiniteError(CourseError):
    """A loss, gradient or weight is NaN or inf; the message names it and the step."""


class FiniteWatch:
    """Looks at tensors as training passes them.

    On a CPU the first NaN or inf raises at once. On an accelerator looking must not make the host wait: a flag on the
    device remembers, and `read` asks for it now and then and before each save.
    """

    def __init__(self, device: torch.device):
        self.at_once = device.type == "cpu"
        self.seen = torch.zeros((), dtype=torch.bool, device=device)
        self.last_read = 0
        self.suspects: dict[str, list[tuple[str, Tensor]]] = {}

    def look(self, kind: str, tensors: Named, step: int) -> None:
        """Look at named tensors before (or after) step number `step` uses them; kind: "loss", "gradient", "weight"."""
        tensors = [(name, tensor.detach()) for name, tensor in tensors]
        largest = get_total_norm([tensor for _, tensor in tensors], math.inf)
        if not self.at_once:
            self.seen |= ~largest.isfinite()
            self.suspects[f"{kind} {tensors[0][0]}"] = tensors
        elif not math.isfinite(largest):
            raise NonFiniteError(_message(tensors, f"at step {step}"))

    def read(self, step: int) -> None:
        """Raise NonFiniteError if anything was not finite since the last reading."""
        first, self.last_read = self.last_read + 1, step
        if not self.at_once and bool(self.seen):
            tensors = [pair for group in self.suspects.values() for pair in group]
            raise NonFiniteError(_message(tensors, f"between steps {first} and {step}"))


def _message(tensors: Named, when: str) -> str:
    what = "a tensor that has been overwritten since was NaN or inf"
    for name, tensor in tensors:
        if not tensor.isfinite().all():
            what = f"{name} is {'NaN' if tensor.isnan().any() else 'inf'}"
            break
    return f"stopped {when}: {what}; saved checkpoints are untouched, resume with a lower learning rate"
