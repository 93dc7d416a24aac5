"""How many of the known modes a generator's samples reach."""

from typing import NamedTuple

from torch import Tensor

from course_gan.metrics.distances import nearest
from course_gan.metrics.matrices import checked


class ModeCount(NamedTuple):
    """covered: modes with a sample near them; high_quality: share of samples near a mode, 0 to 1."""

    covered: int
    high_quality: float


def mode_count(samples: Tensor, modes: Tensor, std: float, radius: float = 3.0) -> ModeCount:
    """Number of modes that have a sample near them, and the share of samples that are near a mode.

    samples: (n, d); modes: centres (m, d); near: within radius standard deviations std of the nearest centre.
    Srivastava et al. 2017, arXiv:1705.07761. Raises ValueError for other shapes, and for NaN or infinite samples.
    """
    samples, modes = checked(1, samples=samples, modes=modes)
    if not std * radius > 0:
        raise ValueError(f"std, radius: got {std} and {radius}, wanted both above 0")
    neighbours = nearest(samples, modes, 1)
    near = neighbours.distances[:, 0] <= radius * std  # (n,)
    covered = neighbours.indices[near, 0].unique().numel()
    return ModeCount(covered, near.double().mean().item())
