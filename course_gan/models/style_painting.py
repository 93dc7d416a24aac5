"""A photo of any size painted by a style network: strength, mixtures and masks."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from course_gan.data import derived_generator
from course_gan.models.shares import shares_of_styles
from course_gan.models.shipped import load_weights
from course_gan.models.style_network import StyleNetwork

SMALLEST = 16  # pixels of a photo's sides
LEAST = 1e-6  # of each style where a mask leaves none: the network has to paint something under the photo


def load_style_network(name: str = "10_styles") -> StyleNetwork:
    """The style network shipped in checkpoints/NAME.pt, frozen and in eval mode; its `styles` are the names it knows.

    CourseError where the file is missing or damaged.
    """
    settings, weights = load_weights(name)
    network = StyleNetwork(**settings)
    network.load_state_dict(weights)
    return network.eval().requires_grad_(False)


@torch.no_grad()
def in_styles(
    network: StyleNetwork,
    photo: Tensor,
    styles: Sequence[str],
    weights: Sequence[float] | None = None,
    strength: float = 1.0,
    mask: Tensor | None = None,
    seed: int = 0,
) -> Tensor:
    """A photo (b, 3, h, w) in [-1, 1] in one style or a mixture of several, of the same size.

    photo: any size from 16 × 16. styles: names, of network.styles. weights, mask: how much of each goes where, as in
        `shares_of_styles`; styles mix among the network's norms (arXiv:1610.07629).
    strength: of the painting over the photo, as an opacity: 0 gives the photo back. seed: of the noise from which
        texture grows where a photo is flat.
    ValueError for a style that the network does not know, or what does not fit.
    """
    unknown = [name for name in styles if name not in network.styles]
    if unknown:
        raise ValueError(f"style is {unknown[0]!r}, but this network knows {', '.join(network.styles)}")
    height, width = photo.shape[2:]
    if min(height, width) < SMALLEST:
        raise ValueError(f"photo has {height}×{width} pixels, wanted at least {SMALLEST} a side")
    shares = shares_of_styles(len(styles), weights, strength, mask)[:, 0, 0]  # (n, h or 1, w or 1)
    if shares.shape[1] * shares.shape[2] > 1:
        shares = F.interpolate(shares[None], (height, width), mode="bilinear")[0]
    opacity = shares.sum(dim=0)
    every = torch.zeros(1, len(network.styles), *shares.shape[1:])
    for name, share in zip(styles, shares):
        every[0, network.styles.index(name)] += (share + LEAST) / (opacity + LEAST * len(styles))
    # Sides that the network halves without a rest; what is added is cut off again.
    extra = (0, -width % 4, 0, -height % 4)
    padded = F.pad(photo, extra, mode="reflect")
    if every.shape[2] * every.shape[3] > 1:
        every = F.pad(every, extra, mode="replicate")
    noise = torch.randn(1, 1, *padded.shape[2:], generator=derived_generator(seed)).expand(len(photo), -1, -1, -1)
    painting = network(padded, every.expand(len(photo), -1, -1, -1), noise)[:, :, :height, :width]
    return photo + opacity * (painting - photo)
