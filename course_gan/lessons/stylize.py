"""A photo in one style or several: what lesson 10 and its panel ask for, with AdaIN's networks (arXiv:1703.06868)."""

from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_gan.data import derived_generator, folders, to_float
from course_gan.data.base import resample
from course_gan.errors import CourseError
from course_gan.models import AdaINDecoder, AdaINEncoder, adain, load_weights

SHORTEST, LONGEST = 64, 512  # sides of a picture, in pixels


def read_picture(file: str | Path | BinaryIO, longest: int = LONGEST) -> Tensor:
    """One picture of the user's own, float (1, 3, h, w) in [-1, 1], made smaller where a side is over `longest`.

    file: a path, or an open binary file. Odd formats are treated as `course_gan.data.folder` treats them.
    Raises CourseError, one line, for what is no picture, is damaged, or has a side under 64 pixels.
    """
    name = getattr(file, "name", "the picture") if hasattr(file, "read") else str(file)
    try:
        pixels = folders.read_pixels(file, channels=3)
    except Exception as error:  # Pillow's decoders raise many kinds on damaged files
        why = " ".join((getattr(error, "strerror", None) or str(error)).split())
        raise CourseError(f"{name}: cannot be used ({why}); wanted a picture such as .png or .jpg") from error
    height, width = pixels.shape[2:]
    scale = min(1.0, longest / max(height, width))
    shape = round(scale * height), round(scale * width)
    if min(shape) < SHORTEST:
        found = f"{width}×{height} pixels" + (f", {shape[1]}×{shape[0]} as used here" if scale < 1 else "")
        raise CourseError(f"{name}: {found}, but each side has to have at least {SHORTEST}; choose another picture")
    return to_float(resample(pixels, shape))


def load_adain(name: str = "10_adain") -> tuple[AdaINEncoder, AdaINDecoder]:
    """Encoder (frozen) and decoder shipped in checkpoints/NAME.pt; CourseError where they are missing or damaged."""
    shape, weights = load_weights(name)
    pair = nn.ModuleDict({"encoder": AdaINEncoder(**shape), "decoder": AdaINDecoder(**shape)})
    pair.load_state_dict(weights)
    pair["encoder"].requires_grad_(False)
    return pair["encoder"].eval(), pair["decoder"].eval()


@torch.no_grad()
def stylize(
    encoder: nn.Module, decoder: nn.Module, content: Tensor, styles: Sequence[Tensor],
    weights: Sequence[float] | None = None, strength: float = 1.0, mask: Tensor | None = None, grain: float = 0.12,
    seed: int = 0,
) -> Tensor:  # fmt: skip
    """Content in the statistics of one style or of several: (b, c, h, w), clipped to [-1, 1], of the content's size.

    content: (b, c, h, w) in [-1, 1], any size from 64 × 64; styles: each (1 or b, c, any, any).
    weights: one a style, at least 0, by default 1. Style i is given the share strength · weights[i] · mask[i] of each
        place; shares that sum to more than 1 are divided by their sum, and what they leave stays as it was.
    strength: 0 gives the content back as the decoder sees it, 1 the full style.
    mask: (h, w) for all styles or (n, h, w), one a style, in [0, 1]: how much of a style where; of any size.
    grain: spread of the noise added to the content, from which texture grows where the photo is flat (the recipe trains
        with the same); it fades where styles have less than the whole share. seed: of the noise.
    ValueError for shapes, weights or a strength that do not fit.
    """
    share = _shares(len(styles), weights, strength, mask)  # (n, 1, 1, h or 1, w or 1)
    deep = 2 ** (len(encoder.widths) - 1)  # pixels along one deepest feature
    height, width = content.shape[2:]
    if min(height, width) < 2 * deep:
        raise ValueError(f"content has {height}×{width} pixels, but this encoder wants at least {2 * deep} a side")
    touched = F.interpolate(share.sum(dim=0).to(content), (height, width), mode="area")
    noise = grain * touched * torch.randn(content.shape, generator=derived_generator(seed)).to(content)
    wide = F.pad(content + noise, (0, -width % deep, 0, -height % deep), mode="reflect")
    features = encoder(wide)[-1]
    mixed = torch.zeros_like(features)
    for style, part in zip(styles, share):
        part = F.interpolate(part.to(features), features.shape[2:], mode="area")
        mixed += part * (adain(features, encoder(style)[-1]) - features)
    return decoder(features + mixed)[:, :, :height, :width].clamp(-1, 1)


def _shares(n: int, weights: Sequence[float] | None, strength: float, mask: Tensor | None) -> Tensor:
    """How much of each style goes where, (n, 1, 1, h, w) or (n, 1, 1, 1, 1), summing to at most 1."""
    weights = [1.0] * n if weights is None else list(weights)
    if n == 0 or len(weights) != n or min(weights) < 0:
        raise ValueError(f"weights are {weights} for {n} styles, wanted at least one style and one weight ≥ 0 for each")
    if not 0 <= strength <= 1:
        raise ValueError(f"strength is {strength}, but has to be from 0 to 1")
    mask = torch.ones(1, 1) if mask is None else mask
    if (mask.ndim == 3 and len(mask) != n) or mask.ndim not in (2, 3) or mask.min() < 0 or mask.max() > 1:
        found = f"of shape {tuple(mask.shape)} with values {float(mask.min()):g} to {float(mask.max()):g}"
        raise ValueError(f"mask is {found}, wanted (h, w) or ({n}, h, w) in [0, 1]")
    share = torch.tensor(weights).view(n, 1, 1) * mask  # (n, h, w)
    share = strength * share / share.sum(dim=0).clamp_min(1.0)
    return share[:, None, None]


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
