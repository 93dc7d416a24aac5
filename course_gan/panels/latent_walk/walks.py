"""Walks through a latent space: from one latent to another, along directions, and towards the middle."""

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from course_gan.panels.latent_walk.directions import Direction

FRAMES = 7  # places of a walk that are shown
REACH = 5.0  # how far a walk along a direction goes, both ways
LONGEST = 1.2  # the largest truncation ψ


def great_circle(a: Tensor, b: Tensor, t: Tensor) -> Tensor:
    """The way from a to b that keeps the length of latents (lesson 03, section 10).

    a, b: (latent_dim,); t: shares of the way (n,) in [0, 1]. Returns (n, latent_dim).
    """
    angle = torch.acos(torch.nn.functional.cosine_similarity(a, b, dim=0).clamp(-1, 1))
    t = t[:, None]  # (n, 1)
    if torch.sin(angle) < 1e-4:  # the same direction, or opposite ones: no circle is the one
        return (1 - t) * a + t * b
    return (torch.sin((1 - t) * angle) * a + torch.sin(t * angle) * b) / torch.sin(angle)


def walks(
    a: Tensor,
    b: Tensor,
    between: float,
    truncation: float,
    directions: Sequence[Direction],
    amounts: Mapping[str, float],
    shown: str,
) -> Tensor:
    """The present latent and the three walks that pass it: (1 + 3 · FRAMES, latent_dim).

    a, b: latents (latent_dim,); between: the present one's share of the way from a to b, in [0, 1]; amounts: how far
    along each direction it is moved, by the direction's name; truncation: ψ, by which it is shortened at last.
    The walks: from a to b, moved and shortened alike; along the direction of the name `shown`, REACH both ways;
    and ψ from 0 to LONGEST.
    """
    vectors = {direction.name: direction.vector for direction in directions}
    road = torch.cat([torch.tensor([between]), torch.linspace(0, 1, FRAMES)])
    shift = sum(amounts[name] * vector for name, vector in vectors.items())
    here, *way = great_circle(a, b, road) + shift
    steps = torch.linspace(-REACH, REACH, FRAMES)[:, None] - amounts[shown]
    along = here + steps * vectors[shown]  # (FRAMES, latent_dim)
    shortened = torch.linspace(0, LONGEST, FRAMES)[:, None] * here
    return torch.cat([truncation * torch.stack([here, *way, *along]), shortened])


def typical_length(latent_dim: int) -> float:
    """The length that nearly all latents have: √latent_dim."""
    return math.sqrt(latent_dim)
