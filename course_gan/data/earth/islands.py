"""Islands that do not exist, as heights."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from course_gan.data.batches import derived_generator


def island(size: int, seed: int) -> Tensor:
    """A random island with mountains, as heights: uint8 (size, size) of `HEIGHTS`."""
    generator = derived_generator(seed)
    ground = torch.zeros(1, 1, size, size)
    for cells in (4, 8, 16):
        hills = torch.randn(1, 1, cells, cells, generator=generator)
        ground += F.interpolate(hills, size=(size, size), mode="bicubic", align_corners=False) / math.sqrt(cells)
    axis = torch.linspace(-1, 1, size)
    ground = ground[0, 0] + 1.1 - 2.2 * (axis[:, None].square() + axis.square()).sqrt()
    limits = torch.tensor([-0.25, 0.0, 0.45, 0.8, 1.15])  # between sea, shore, plain, hill, mountain and snow
    return torch.bucketize(ground, limits).byte()
