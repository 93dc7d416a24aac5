"""How far generated samples are from real ones, measured on feature matrices (n, d) in double precision on the CPU."""

from typing import NamedTuple

import torch
from torch import Tensor

ROWS = 2048  # rows of a distance matrix held at once


class KernelDistance(NamedTuple):
    value: float
    error: float


class PrecisionRecall(NamedTuple):
    precision: float
    recall: float


class ModeCount(NamedTuple):
    covered: int
    high_quality: float


class Neighbours(NamedTuple):
    distances: Tensor
    indices: Tensor


def frechet_distance(real: Tensor, fake: Tensor) -> float:
    """Squared Fréchet distance of the two normal distributions with the features' means and covariances (FID).

    real: (n, d); fake: (m, d); n, m >= 2, fewer than d too. Heusel et al. 2017, arXiv:1706.08500.
    Raises ValueError for other shapes, and for NaN or infinite features.
    """
    real, fake = _checked(2, real=real, fake=fake)
    gap = (real.mean(0) - fake.mean(0)).square().sum()
    a, b = _root(real), _root(fake)
    # With covariances aᵀa and bᵀb, the trace of the root of their product is the sum of the singular values of abᵀ:
    # no root of a matrix is taken, so a covariance without full rank does no harm.
    overlap = torch.linalg.svdvals(a @ b.T).sum()
    return max((gap + a.square().sum() + b.square().sum() - 2 * overlap).item(), 0.0)


def kernel_distance(real: Tensor, fake: Tensor, subsets: int = 10, generator=None) -> KernelDistance:
    """Squared maximum mean discrepancy under the kernel (x·y / d + 1)³, without bias, and its standard error (KID).

    real: (n, d); fake: (m, d); n, m >= 4. The value is of all pairs and may be slightly negative, since it is unbiased.
    subsets: the error is that of the mean over so many disjoint random subsets (of two samples at least), and so
    too large rather than too small where the distributions are equal. generator: a torch.Generator, draws them.
    Bińkowski et al. 2018, arXiv:1801.01401. Raises ValueError for other shapes, and for NaN or infinite features.
    """
    real, fake = _checked(4, real=real, fake=fake)
    if subsets < 2:
        raise ValueError(f"subsets: got {subsets}, wanted at least 2")
    subsets = min(subsets, len(real) // 2, len(fake) // 2)
    shuffled = (x[torch.randperm(len(x), generator=generator)].tensor_split(subsets) for x in (real, fake))
    parts = torch.tensor([_squared_discrepancy(x, y) for x, y in zip(*shuffled)], dtype=torch.float64)
    return KernelDistance(_squared_discrepancy(real, fake), (parts.std() / subsets**0.5).item())


def precision_recall(real: Tensor, fake: Tensor, k: int = 3) -> PrecisionRecall:
    """Share of fake samples among the real ones (precision), and of real samples among the fake ones (recall).

    real: (n, d); fake: (m, d); a sample lies among others when it is within the distance of one of them to its k-th
    nearest neighbour; 1 <= k < n, m. Kynkäänniemi et al. 2019, arXiv:1904.06991.
    Raises ValueError for other shapes or k, and for NaN or infinite features.
    """
    real, fake = _checked(2, real=real, fake=fake)
    if not 1 <= k < min(len(real), len(fake)):
        raise ValueError(f"k: got {k}, wanted 1 to {min(len(real), len(fake)) - 1}, one less than the fewer samples")
    return PrecisionRecall(_share_among(fake, real, k), _share_among(real, fake, k))


def mode_count(samples: Tensor, modes: Tensor, std: float, radius: float = 3.0) -> ModeCount:
    """Number of modes that have a sample near them, and the share of samples that are near a mode.

    samples: (n, d); modes: centres (m, d); near: within radius standard deviations std of the nearest centre.
    Srivastava et al. 2017, arXiv:1705.07761. Raises ValueError for other shapes, and for NaN or infinite samples.
    """
    samples, modes = _checked(1, samples=samples, modes=modes)
    if not std * radius > 0:
        raise ValueError(f"std, radius: got {std} and {radius}, wanted both above 0")
    distances, indices = (column[:, 0] for column in _nearest(samples, modes, 1))
    near = distances <= radius * std
    return ModeCount(indices[near].unique().numel(), near.double().mean().item())


def nearest_neighbours(queries: Tensor, references: Tensor, k: int = 1) -> Neighbours:
    """The k references nearest to every query, nearest first: does a generator copy what it was trained on?

    queries: (n, d); references: (m, d); returns distances float64 (n, k) and indices int64 (n, k); 1 <= k <= m.
    Raises ValueError for other shapes or k, and for NaN or infinite features.
    """
    queries, references = _checked(1, queries=queries, references=references)
    if not 1 <= k <= len(references):
        raise ValueError(f"k: got {k}, wanted 1 to {len(references)}, the number of references")
    return _nearest(queries, references, k)


def _checked(least: int, **features) -> list[Tensor]:
    """The feature matrices in double precision, or one line that says which is wrong and how."""
    matrices = {name: torch.as_tensor(x).detach().to("cpu", torch.float64) for name, x in features.items()}
    for name, x in matrices.items():
        if x.ndim != 2 or len(x) < least or x.shape[1] == 0:
            raise ValueError(f"{name}: got shape {tuple(x.shape)}, wanted (n, d) with n >= {least} and d >= 1")
        if bad := x.numel() - int(x.isfinite().sum()):
            raise ValueError(f"{name}: {bad} of {x.numel()} values are NaN or infinite, wanted finite features")
    (a, x), (b, y) = matrices.items()
    if x.shape[1] != y.shape[1]:
        raise ValueError(f"{a}, {b}: got {x.shape[1]} and {y.shape[1]} features a sample, wanted equally many")
    return [x, y]


def _root(x: Tensor) -> Tensor:
    """A matrix a of at most d rows with aᵀa the covariance of x (n, d)."""
    centred = (x - x.mean(0)) / (len(x) - 1) ** 0.5
    return torch.linalg.qr(centred, mode="r").R if len(x) > x.shape[1] else centred


def _squared_discrepancy(x: Tensor, y: Tensor) -> float:
    """Mean kernel of two different x, plus of two different y, less twice that of an x and a y."""

    def kernel_sum(a, b):
        return sum((part @ b.T / a.shape[1] + 1).pow(3).sum() for part in a.split(ROWS))

    def within(a):
        itself = (a.square().sum(1) / a.shape[1] + 1).pow(3).sum()
        return (kernel_sum(a, a) - itself) / (len(a) * (len(a) - 1))

    return (within(x) + within(y) - 2 * kernel_sum(x, y) / (len(x) * len(y))).item()


def _distances(x: Tensor, y: Tensor) -> Tensor:
    """Euclidean distances (n, m), each from its own differences: a point's distance to itself is exactly 0."""
    return torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist")


def _nearest(x: Tensor, y: Tensor, k: int) -> Neighbours:
    parts = [_distances(part, y).topk(k, dim=1, largest=False) for part in x.split(ROWS)]
    return Neighbours(torch.cat([part.values for part in parts]), torch.cat([part.indices for part in parts]))


def _share_among(x: Tensor, y: Tensor, k: int) -> float:
    """Share of x (n, d) within the k-th neighbour's distance of some y (m, d)."""
    radii = _nearest(y, y, k + 1).distances[:, k]  # the first neighbour is the point itself
    inside = torch.cat([(_distances(part, y) <= radii).any(dim=1) for part in x.split(ROWS)])
    return inside.double().mean().item()
