"""How much of which style goes where: strength, mixtures and masks as one rule."""

from collections.abc import Sequence

import torch
from torch import Tensor


def shares_of_styles(
    n: int, weights: Sequence[float] | None = None, strength: float = 1.0, mask: Tensor | None = None
) -> Tensor:
    """How much of each of n styles goes where, (n, 1, 1, h, w) or (n, 1, 1, 1, 1), summing to at most 1.

    weights: one a style, at least 0, by default 1; strength: from 0 to 1; mask: (h, w), or (n, h, w), in [0, 1].
    Style i is given strength · weights[i] · mask[i] of each place; shares that sum to more than 1 are divided by their
    sum.
    ValueError for weights, a strength or a mask that do not fit.
    """
    weights = [1.0] * n if weights is None else list(weights)
    if n == 0 or len(weights) != n or min(weights) < 0:
        raise ValueError(f"weights are {weights} for {n} styles, wanted at least one style and one weight ≥ 0 for each")
    if not 0 <= strength <= 1:
        raise ValueError(f"strength is {strength}, but has to be from 0 to 1")
    mask = torch.ones(1, 1) if mask is None else mask
    _check_mask(mask, n)
    share = torch.tensor(weights).view(n, 1, 1) * mask  # (n, h, w)
    share = strength * share / share.sum(dim=0).clamp_min(1.0)
    return share[:, None, None]


def _check_mask(mask: Tensor, n: int) -> None:
    """Refuse a mask that is neither (h, w) nor (n, h, w), or leaves [0, 1], with a ValueError."""
    fits = mask.ndim == 2 or (mask.ndim == 3 and len(mask) == n)
    if not fits or mask.min() < 0 or mask.max() > 1:
        found = f"of shape {tuple(mask.shape)} with values {float(mask.min()):g} to {float(mask.max()):g}"
        raise ValueError(f"mask is {found}, wanted (h, w) or ({n}, h, w) in [0, 1]")
