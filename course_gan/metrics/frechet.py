"""The Fréchet distance of two sets of features (FID where the features are Inception's)."""

import torch
from torch import Tensor

from course_gan.metrics.matrices import checked


def frechet_distance(real: Tensor, fake: Tensor) -> float:
    """Squared Fréchet distance of the two normal distributions with the features' means and covariances (FID).

    real: (n, d); fake: (m, d); n, m >= 2, fewer than d too. Returns a value >= 0 in the features' unit squared.
    Heusel et al. 2017, arXiv:1706.08500. Raises ValueError for other shapes, and for NaN or infinite features.
    """
    real, fake = checked(2, real=real, fake=fake)
    gap = (real.mean(0) - fake.mean(0)).square().sum()
    a = _root(real)
    b = _root(fake)
    # With covariances aᵀa and bᵀb, the trace of the root of their product is the sum of the singular values of abᵀ:
    # no root of a matrix is taken, so a covariance without full rank does no harm.
    overlap = torch.linalg.svdvals(a @ b.T).sum()
    distance = gap + a.square().sum() + b.square().sum() - 2 * overlap
    return max(distance.item(), 0.0)


def _root(x: Tensor) -> Tensor:
    """A matrix a of at most d rows with aᵀa the covariance of x (n, d)."""
    centred = (x - x.mean(0)) / (len(x) - 1) ** 0.5
    if len(x) <= x.shape[1]:
        return centred
    return torch.linalg.qr(centred, mode="r").R
