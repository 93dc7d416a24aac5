"""The grain of a picture: how much of it is fine and how much coarse."""

import torch
import torch.nn.functional as F
from torch import Tensor

FLOOR = 1e-3  # added to a spread, so that the flat octaves of two pictures compare as equal


def grain(image: Tensor, octaves: int = 4) -> Tensor:
    """Spread of brightness in each octave (octaves,), fine to coarse: what a blur to half the size takes away.

    image: (1, c, h, w), sides at least 2**octaves pixels.
    """
    light = image.mean(dim=1, keepdim=True)
    bands = []
    for _ in range(octaves):
        height, width = light.shape[2:]
        light = light[:, :, : height // 2 * 2, : width // 2 * 2]  # even sides
        coarse = F.avg_pool2d(light, 2)
        bands.append((light - F.interpolate(coarse, scale_factor=2)).std())
        light = coarse
    return torch.stack(bands)


def grain_distance(image: Tensor, other: Tensor) -> float:
    """By how many doublings the grain of two pictures differs, the mean over four octaves, >= 0.

    image, other: (1, c, h, w), sides at least 16 pixels, of any sizes.
    """
    first = grain(image) + FLOOR
    second = grain(other) + FLOOR
    return (first / second).log2().abs().mean().item()
