"""Directions in a latent space that have a name: along some of them the samples change most, others nobody chose."""

from typing import NamedTuple, Protocol

import torch
from torch import Tensor


class Direction(NamedTuple):
    """A unit vector (latent_dim,), and its component's share of the samples' variance or None."""

    name: str
    vector: Tensor
    share: float | None = None


class Sampler(Protocol):
    """A game as this file needs it: sample(latents (n, latent_dim)) gives images (n, c, h, w)."""

    latent_dim: int

    def sample(self, latents: Tensor) -> Tensor:
        """The images of these latents."""


def principal_directions(game: Sampler, count: int = 4, n: int = 1024, seed: int = 0) -> list[Direction]:
    """The `count` latent directions along which samples change most, as far as a straight line can say.

    n samples, of latents drawn from the seed, are reduced to their principal components, and each component's score is
    fitted linearly by the latents; the fit's coefficients are the direction.
    """
    latents = torch.randn(n, game.latent_dim, generator=torch.Generator().manual_seed(seed))
    pixels = game.sample(latents).flatten(1)  # (n, pixels)
    pixels = pixels - pixels.mean(0)
    count = min(count, *pixels.shape, game.latent_dim)
    scores, spread, _ = torch.pca_lowrank(pixels, q=count, center=False, niter=4)  # (n, count), (count,)
    fitted = torch.linalg.lstsq(latents - latents.mean(0), scores * spread).solution.T  # (count, latent_dim)
    units = fitted / fitted.norm(dim=1, keepdim=True).clamp_min(1e-12)
    shares = spread.square() / pixels.square().sum()
    return [Direction(f"component {i + 1}", *pair) for i, pair in enumerate(zip(units, shares.tolist()))]


def random_directions(latent_dim: int, count: int = 2, seed: int = 0) -> list[Direction]:
    """Unit vectors that nobody chose, drawn from the seed, to compare with."""
    vectors = torch.randn(count, latent_dim, generator=torch.Generator().manual_seed(seed + 1))
    return [Direction(f"random {i + 1}", vector / vector.norm()) for i, vector in enumerate(vectors)]
