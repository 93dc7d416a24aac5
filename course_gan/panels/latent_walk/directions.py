"""Directions in a latent space that have a name, and the way between two latents."""

from typing import NamedTuple

import torch
from torch import Tensor


class Direction(NamedTuple):
    """A unit vector (latent_dim,), and its component's share of the samples' variance or None."""

    name: str
    vector: Tensor
    share: float | None = None


def principal_directions(game, count: int = 4, n: int = 1024, seed: int = 0) -> list[Direction]:
    """The latent directions along which samples change most, as far as a straight line can say.

    n samples are reduced to their principal components, and each component's score is fitted linearly by the latents;
    the fit's coefficients are the direction.
    """
    latents = torch.randn(n, game.latent_dim, generator=torch.Generator().manual_seed(seed))
    pixels = game.sample(latents).flatten(1)
    pixels = pixels - pixels.mean(0)
    count = min(count, *pixels.shape, game.latent_dim)
    scores, spread, _ = torch.pca_lowrank(pixels, q=count, center=False, niter=4)
    fitted = torch.linalg.lstsq(latents - latents.mean(0), scores * spread).solution.T  # (count, latent_dim)
    share = spread.square() / pixels.square().sum()
    units = fitted / fitted.norm(dim=1, keepdim=True).clamp_min(1e-12)
    return [Direction(f"component {i + 1}", *pair) for i, pair in enumerate(zip(units, share.tolist()))]


def random_directions(latent_dim: int, count: int = 2, seed: int = 0) -> list[Direction]:
    """Unit vectors that nobody chose, to compare with."""
    vectors = torch.randn(count, latent_dim, generator=torch.Generator().manual_seed(seed + 1))
    return [Direction(f"random {i + 1}", v / v.norm()) for i, v in enumerate(vectors)]


def great_circle(a: Tensor, b: Tensor, t: Tensor) -> Tensor:
    """Points (len(t), latent_dim) on the way from a to b that keeps the length of latents (lesson 03, section 9)."""
    cosine = torch.nn.functional.cosine_similarity(a, b, dim=0).clamp(-1, 1)
    angle, t = torch.acos(cosine), t[:, None]
    if torch.sin(angle) < 1e-4:  # the same direction, or opposite ones: no circle is the one
        return (1 - t) * a + t * b
    return (torch.sin((1 - t) * angle) * a + torch.sin(t * angle) * b) / torch.sin(angle)
