"""A photo in one style or several, with AdaIN's networks (arXiv:1703.06868)."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_gan.data import derived_generator
from course_gan.models.adain_networks import AdaINDecoder, AdaINEncoder, adain
from course_gan.models.shares import shares_of_styles
from course_gan.models.shipped import load_weights


def load_adain(name: str = "10_adain") -> tuple[AdaINEncoder, AdaINDecoder]:
    """Encoder and decoder shipped in checkpoints/NAME.pt, both in eval mode, the encoder frozen.

    CourseError where the file is missing or damaged.
    """
    settings, weights = load_weights(name)
    encoder = AdaINEncoder(**settings)
    decoder = AdaINDecoder(**settings)
    nn.ModuleDict({"encoder": encoder, "decoder": decoder}).load_state_dict(weights)
    encoder.eval().requires_grad_(False)
    decoder.eval()
    return encoder, decoder


@torch.no_grad()
def stylize(
    encoder: nn.Module,
    decoder: nn.Module,
    content: Tensor,
    styles: Sequence[Tensor],
    weights: Sequence[float] | None = None,
    strength: float = 1.0,
    mask: Tensor | None = None,
    grain: float = 0.12,
    seed: int = 0,
) -> Tensor:
    """Content in the statistics of one style or of several: (b, c, h, w), clipped to [-1, 1], of the content's size.

    encoder, decoder: AdaIN's, as AdaINEncoder and AdaINDecoder.
    content: (b, c, h, w) in [-1, 1], any size from 64 × 64; styles: each (1 or b, c, any, any) in [-1, 1].
    weights: one a style, at least 0, by default 1. Style i is given the share strength · weights[i] · mask[i] of each
        place; shares that sum to more than 1 are divided by their sum, and what they leave stays as it was.
    strength: 0 gives the content back as the decoder sees it, 1 the full style.
    mask: (h, w) for all styles or (n, h, w), one a style, in [0, 1]: how much of a style where; of any size.
    grain: spread of the noise added to the content, from which texture grows where the photo is flat (the recipe trains
        with the same); it fades where styles have less than the whole share. seed: of the noise.
    ValueError for shapes, weights or a strength that do not fit. arXiv:1703.06868.
    """
    shares = shares_of_styles(len(styles), weights, strength, mask)  # (n, 1, 1, h or 1, w or 1)
    deep = 2 ** (len(encoder.widths) - 1)  # pixels along one deepest feature
    height, width = content.shape[2:]
    if min(height, width) < 2 * deep:
        raise ValueError(f"content has {height}×{width} pixels, but this encoder wants at least {2 * deep} a side")
    # Noise where a style goes, from which texture grows.
    touched = F.interpolate(shares.sum(dim=0).to(content), (height, width), mode="area")
    noise = torch.randn(content.shape, generator=derived_generator(seed)).to(content)
    grainy = content + grain * touched * noise
    # Sides that pooling halves without a rest; what is added is cut off again below.
    padded = F.pad(grainy, (0, -width % deep, 0, -height % deep), mode="reflect")
    features = encoder(padded)[-1]
    mixed = torch.zeros_like(features)
    for style, share in zip(styles, shares):
        share = F.interpolate(share.to(features), features.shape[2:], mode="area")
        mixed += share * (adain(features, encoder(style)[-1]) - features)
    images = decoder(features + mixed)
    return images[:, :, :height, :width].clamp(-1, 1)
