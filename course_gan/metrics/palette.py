"""How far the colours of two pictures are apart."""

import torch
from torch import Tensor

RANKS = 65  # quantiles compared, from the smallest value to the largest


def palette_distance(image: Tensor, other: Tensor) -> float:
    """How far two pictures' colours are apart, wherever they stand, in [0, 2]: 0 for equal palettes.

    The mean over channels of the distance between equal quantiles (Wasserstein-1).
    image, other: (1, c, any, any) in [-1, 1].
    """
    return (_quantiles(image) - _quantiles(other)).abs().mean().item()


def _quantiles(image: Tensor) -> Tensor:
    """Quantiles of each channel, (RANKS, c)."""
    return torch.quantile(image[0].flatten(1).float(), torch.linspace(0, 1, RANKS), dim=1)
