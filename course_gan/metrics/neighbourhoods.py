"""Neighbours in feature space: the nearest real ones, and the regions that balls around samples fill."""

from typing import NamedTuple

from torch import Tensor

from course_gan.metrics.distances import Neighbours, nearest, within_any
from course_gan.metrics.matrices import checked


class PrecisionRecall(NamedTuple):
    """precision: share of fake samples among the real ones; recall: share of real samples among the fake ones."""

    precision: float
    recall: float


def nearest_neighbours(queries: Tensor, references: Tensor, k: int = 1) -> Neighbours:
    """The k references nearest to every query, nearest first: does a generator copy what it was trained on?

    queries: (n, d); references: (m, d); returns distances float64 (n, k) and indices int64 (n, k); 1 <= k <= m.
    An exact copy is at distance 0. Raises ValueError for other shapes or k, and for NaN or infinite features.
    """
    queries, references = checked(1, queries=queries, references=references)
    if not 1 <= k <= len(references):
        raise ValueError(f"k: got {k}, wanted 1 to {len(references)}, the number of references")
    return nearest(queries, references, k)


def precision_recall(real: Tensor, fake: Tensor, k: int = 3) -> PrecisionRecall:
    """Share of fake samples among the real ones (precision), and of real samples among the fake ones (recall).

    real: (n, d); fake: (m, d); a sample lies among others when it is within the distance of one of them to its k-th
    nearest neighbour; 1 <= k < n, m. A copy of a sample counts as its neighbour, at distance 0.
    Kynkäänniemi et al. 2019, arXiv:1904.06991.
    Raises ValueError for other shapes or k, and for NaN or infinite features.
    """
    real, fake = checked(2, real=real, fake=fake)
    most = min(len(real), len(fake)) - 1
    if not 1 <= k <= most:
        raise ValueError(f"k: got {k}, wanted 1 to {most}, one less than the fewer samples")
    # Copies are measured once and counted as often as they occur: a collapsed generator gives many.
    real, real_copies = real.unique(dim=0, return_counts=True)
    fake, fake_copies = fake.unique(dim=0, return_counts=True)
    fake_inside = within_any(fake, real, _radii(real, real_copies, k))
    real_inside = within_any(real, fake, _radii(fake, fake_copies, k))
    return PrecisionRecall(_share(fake_inside, fake_copies), _share(real_inside, real_copies))


def _share(inside: Tensor, copies: Tensor) -> float:
    """Share of the samples that are inside, each counted as often as it occurs; inside, copies: (n,)."""
    return int(copies[inside].sum()) / int(copies.sum())


def _radii(x: Tensor, copies: Tensor, k: int) -> Tensor:
    """Distance of every sample to its k-th nearest neighbour, (n,).

    x: different samples (n, d); copies: int64 (n,), how often each occurs; its own copies are neighbours too.
    """
    neighbours = nearest(x, x, min(k + 1, len(x)))  # the first is the sample itself
    passed = copies[neighbours.indices].cumsum(dim=1)  # samples up to here, itself included
    position = (passed <= k).sum(dim=1, keepdim=True)  # the first place with more than k
    return neighbours.distances.gather(1, position).squeeze(1)
