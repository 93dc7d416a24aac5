"""Mixtures of Gaussians on a line and in the plane: the data on which a GAN can be seen to work or to collapse."""

import math

import torch
from torch import Tensor


def ring_modes(modes: int = 8, radius: float = 1.0) -> Tensor:
    """Centres float32 (modes, 2) spaced evenly on a circle around the origin."""
    angle = torch.arange(modes) * (2 * math.pi / modes)
    return radius * torch.stack([angle.cos(), angle.sin()], dim=1)


def grid_modes(side: int = 5, spacing: float = 1.0) -> Tensor:
    """Centres float32 (side**2, 2) of a square grid around the origin, spacing apart."""
    axis = (torch.arange(side) - (side - 1) / 2) * spacing
    return torch.cartesian_prod(axis, axis)


def gaussians_1d_modes(means: tuple[float, ...] = (-2.0, 2.0)) -> Tensor:
    """Centres float32 (modes, 1) of a mixture on the line."""
    return torch.tensor(means, dtype=torch.float32).unsqueeze(1)


def ring(
    n: int, modes: int = 8, radius: float = 1.0, std: float = 0.05, generator: torch.Generator | None = None
) -> Tensor:
    """n points float32 (n, 2) of equally likely Gaussians of standard deviation std around ring_modes."""
    return _around(ring_modes(modes, radius), n, std, generator)


def grid(
    n: int, side: int = 5, spacing: float = 1.0, std: float = 0.05, generator: torch.Generator | None = None
) -> Tensor:
    """n points float32 (n, 2) of equally likely Gaussians of standard deviation std around grid_modes."""
    return _around(grid_modes(side, spacing), n, std, generator)


def gaussians_1d(
    n: int, means: tuple[float, ...] = (-2.0, 2.0), std: float = 0.5, generator: torch.Generator | None = None
) -> Tensor:
    """n points float32 (n, 1) of equally likely Gaussians of standard deviation std at the means."""
    return _around(gaussians_1d_modes(means), n, std, generator)


def _around(centres: Tensor, n: int, std: float, generator: torch.Generator | None) -> Tensor:
    """n points (n, d), each at a centre (modes, d) drawn uniformly, plus noise."""
    which = torch.randint(len(centres), (n,), generator=generator)
    return centres[which] + std * torch.randn(n, centres.shape[1], generator=generator)
