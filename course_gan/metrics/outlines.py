"""Whether a changed picture keeps the outlines of the one it was made from."""

import torch
import torch.nn.functional as F
from torch import Tensor


def edges_kept(image: Tensor, content: Tensor) -> float:
    """Correlation of edge strength between two pictures, in [-1, 1]: 1 where all outlines are kept.

    image, content: (1, c, h, w), of one size.
    """
    strengths = torch.stack([_edge_strength(image), _edge_strength(content)])
    return torch.corrcoef(strengths)[0, 1].item()


def _edge_strength(image: Tensor) -> Tensor:
    """Length of the brightness gradient at half size, one value a pixel, flat."""
    light = F.avg_pool2d(image.mean(dim=1, keepdim=True), 2)
    across = light.diff(dim=3)[:, :, 1:]
    down = light.diff(dim=2)[:, :, :, 1:]
    return (across.square() + down.square()).sqrt().flatten()
