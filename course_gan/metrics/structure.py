"""Style transfer judged by structure: what a crop is named as without its colours, and whether it is found again.

Two shares of crops, in [0, 1], and neither is a loss that a method of lesson 10 descends. An untouched photo is found
again and named at random; a crop of the style is named rightly and cannot be found.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from course_gan.models import FeatureNetwork

CROP = 64  # pixels a side of what is named
COARSE = 8  # pixels a side of a block of light
_LEAST_DEVIATION = 0.02  # a flat crop has no structure: do not make one of its noise


def colourless(images: Tensor) -> Tensor:
    """Images float (n, c, h, w) in grey, each with mean 0 and deviation 1/2: structure alone, (n, 1, h, w)."""
    light = images.mean(dim=1, keepdim=True)
    light = light - light.mean(dim=(2, 3), keepdim=True)
    deviation = light.std(dim=(2, 3), keepdim=True) + _LEAST_DEVIATION
    return light / deviation / 2


def crops_of(images: Tensor, stride: int = CROP) -> Tensor:
    """Every 64×64 crop of images (n, c, h, w), one every `stride` pixels: (n · k, c, 64, 64), image by image."""
    rows = images.unfold(2, CROP, stride)
    both = rows.unfold(3, CROP, stride)  # (n, c, rows, columns, 64, 64)
    return both.permute(0, 2, 3, 1, 4, 5).flatten(0, 2)


def styles_named(images: Tensor, network: FeatureNetwork) -> Tensor:
    """The style that each image float (n, 3, 64, 64) in [-1, 1] is named as, by its structure: int64 (n,).

    network: load_features("styles").
    """
    return network.classify(colourless(images))["style"]


def found_again(painted: Tensor, photos: Tensor) -> Tensor:
    """Which painted crops are most like the photo crop they were made from, among all given: bool (n,).

    Like: by the correlation of light averaged over 8×8 pixels, so that neither colour nor texture counts. By chance one
    of n is found.
    painted, photos: float (n, 3, h, w), crop by crop.
    """
    similar = _coarse(painted) @ _coarse(photos).T  # (n, n)
    return similar.argmax(dim=1).cpu() == torch.arange(len(painted))


def _coarse(images: Tensor) -> Tensor:
    """Light in blocks, one row an image, with mean 0 and length 1."""
    blocks = F.avg_pool2d(images.mean(dim=1, keepdim=True), COARSE).flatten(1)
    return F.normalize(blocks - blocks.mean(dim=1, keepdim=True), dim=1)
