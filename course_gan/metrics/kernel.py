"""The kernel distance of two sets of features (KID where the features are Inception's)."""

from typing import NamedTuple

import torch
from torch import Tensor

from course_gan.metrics.matrices import checked

ROWS = 2048  # rows of a kernel matrix held at once


class KernelDistance(NamedTuple):
    """value: squared maximum mean discrepancy, without bias; error: its standard error."""

    value: float
    error: float


def kernel_distance(
    real: Tensor, fake: Tensor, subsets: int = 10, generator: torch.Generator | None = None
) -> KernelDistance:
    """Squared maximum mean discrepancy under the kernel (x·y / d + 1)³, without bias, and its standard error (KID).

    real: (n, d); fake: (m, d); n, m >= 4. The value is of all pairs and may be slightly negative, since it is unbiased.
    subsets: the error is that of the mean over so many disjoint random subsets (of two samples at least), and so
    too large rather than too small where the distributions are equal. generator: a torch.Generator, draws them.
    Bińkowski et al. 2018, arXiv:1801.01401. Raises ValueError for other shapes, and for NaN or infinite features.
    """
    real, fake = checked(4, real=real, fake=fake)
    if subsets < 2:
        raise ValueError(f"subsets: got {subsets}, wanted at least 2")
    subsets = min(subsets, len(real) // 2, len(fake) // 2)
    real_parts = real[torch.randperm(len(real), generator=generator)].tensor_split(subsets)
    fake_parts = fake[torch.randperm(len(fake), generator=generator)].tensor_split(subsets)
    values = [_squared_discrepancy(x, y) for x, y in zip(real_parts, fake_parts)]
    error = torch.tensor(values, dtype=torch.float64).std() / subsets**0.5
    return KernelDistance(_squared_discrepancy(real, fake), error.item())


def _squared_discrepancy(x: Tensor, y: Tensor) -> float:
    """Mean kernel of two different x, plus of two different y, less twice that of an x and a y."""
    between = _kernel_sum(x, y) / (len(x) * len(y))
    return (_mean_within(x) + _mean_within(y) - 2 * between).item()


def _mean_within(x: Tensor) -> Tensor:
    """Mean kernel of two different rows of x (n, d)."""
    itself = (x.square().sum(1) / x.shape[1] + 1).pow(3).sum()
    return (_kernel_sum(x, x) - itself) / (len(x) * (len(x) - 1))


def _kernel_sum(x: Tensor, y: Tensor) -> Tensor:
    """Sum of the kernel over all pairs of a row of x (n, d) and a row of y (m, d)."""
    return sum((part @ y.T / x.shape[1] + 1).pow(3).sum() for part in x.split(ROWS))
