"""Where in a picture how much of which style goes."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

PLACES = ("everywhere", "left half", "middle", "bright parts", "dark parts")
BORDER = 20  # steepness of a place's soft border
MIDDLE = 0.6  # radius of the middle, where the picture reaches from −1 to 1


def where(place: str, content: Tensor) -> Tensor:
    """One of PLACES in content (1, c, h, w) as a map (h, w) from 0 to 1 with soft borders."""
    return torch.sigmoid(BORDER * _inside(place, content))


def _inside(place: str, content: Tensor) -> Tensor:
    """How far inside of a place each pixel is, (h, w), negative outside."""
    height, width = content.shape[2:]
    down, across = torch.meshgrid(torch.linspace(-1, 1, height), torch.linspace(-1, 1, width), indexing="ij")
    if place == "everywhere":
        return torch.full_like(down, torch.inf)
    if place == "left half":
        return -across
    if place == "middle":
        return MIDDLE - torch.hypot(down, across)
    light = F.avg_pool2d(F.pad(content.mean(1, keepdim=True), (4,) * 4, mode="reflect"), 9, 1)[0, 0]  # (h, w)
    brighter = light - light.median()
    return brighter if place == "bright parts" else -brighter


def shares(content: Tensor, place: str, mix: float, elsewhere: bool) -> Tensor:
    """How much of two styles goes where in content (1, c, h, w): (2, h, w), from 0 to 1.

    Both go to one of PLACES, the second with the share mix in [0, 1]; elsewhere goes nothing, or the second one alone.
    """
    inside = where(place, content)
    return torch.stack([(1 - mix) * inside, mix * inside + elsewhere * (1 - inside)])


def painted(
    paint: Callable[..., Tensor],
    content: Tensor,
    styles: Sequence[Any],
    strength: float,
    place: str,
    mix: float,
    elsewhere: bool,
) -> Tensor:
    """Content (1, c, h, w) painted in the shares of two styles, as (1, c, h, w); a style without a share is left out.

    paint(content, styles, strength=…, mask=…): as `course_gan.models.stylize` without its networks; the rest as for
    `shares`, with strength in [0, 1].
    """
    mask = shares(content, place, mix, elsewhere)
    used = [index for index in (0, 1) if mask[index].any()]
    return paint(content, [styles[index] for index in used], strength=strength, mask=mask[used])
