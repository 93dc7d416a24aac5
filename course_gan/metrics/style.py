"""What a stylised picture has of the style and what it keeps of the photo: colours, grain, outlines."""

import torch
import torch.nn.functional as F
from torch import Tensor


def palette_distance(image: Tensor, other: Tensor) -> float:
    """How far two pictures' colours are apart, wherever they stand: the mean over channels of the distance between
    equal quantiles (Wasserstein-1), in [0, 2]. image, other: (1, c, any, any) in [-1, 1]."""
    ranks = torch.linspace(0, 1, 65)
    first, second = (torch.quantile(x[0].flatten(1).float(), ranks, dim=1) for x in (image, other))  # (65, c)
    return (first - second).abs().mean().item()


def grain(image: Tensor, octaves: int = 4) -> Tensor:
    """Spread of brightness in each octave (octaves,), fine to coarse: what a blur to half the size takes away.

    image: (1, c, h, w), sides at least 2**octaves pixels.
    """
    light, bands = image.mean(dim=1, keepdim=True), []
    for _ in range(octaves):
        light = light[:, :, : light.shape[2] // 2 * 2, : light.shape[3] // 2 * 2]
        coarse = F.avg_pool2d(light, 2)
        bands.append((light - F.interpolate(coarse, scale_factor=2)).std())
        light = coarse
    return torch.stack(bands)


def grain_distance(image: Tensor, other: Tensor) -> float:
    """By how many doublings the grain of two pictures differs, the mean over octaves."""
    first, second = (grain(x) + 1e-3 for x in (image, other))
    return (first / second).log2().abs().mean().item()


def edges_kept(image: Tensor, content: Tensor) -> float:
    """Correlation of edge strength between two pictures of one size, (1, c, h, w): 1 where all outlines are kept."""
    strengths = []
    for x in (image, content):
        light = F.avg_pool2d(x.mean(dim=1, keepdim=True), 2)
        across, down = light.diff(dim=3)[:, :, 1:], light.diff(dim=2)[:, :, :, 1:]
        strengths.append((across.square() + down.square()).sqrt().flatten())
    return torch.corrcoef(torch.stack(strengths))[0, 1].item()
