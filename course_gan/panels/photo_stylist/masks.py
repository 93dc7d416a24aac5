"""Where in a picture how much of which style goes."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

BY_HAND = "painted by hand"
PLACES = ("everywhere", "left half", "middle", "bright parts", "dark parts", BY_HAND)
BORDER = 20  # steepness of a place's soft border
MIDDLE = 0.6  # radius of the middle, where the picture reaches from −1 to 1


def where(place: str, content: Tensor, hand: Tensor | None = None) -> Tensor:
    """One of PLACES in content (1, c, h, w) as a map (h, w) from 0 to 1 with soft borders.

    hand: where was painted by hand, (any, any) of 0 and 1; None is nowhere.
    """
    if place == BY_HAND:
        hand = torch.zeros(1, 1) if hand is None else hand
        return F.interpolate(hand[None, None].float(), content.shape[2:], mode="bilinear")[0, 0]
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


def shares(content: Tensor, place: str, mix: float, elsewhere: bool, hand: Tensor | None = None) -> Tensor:
    """How much of two styles goes where in content (1, c, h, w): (2, h, w), from 0 to 1; hand: as for `where`.

    Both go to one of PLACES, the second with the share mix in [0, 1]; elsewhere goes nothing, or the second one alone.
    """
    inside = where(place, content, hand)
    return torch.stack([(1 - mix) * inside, mix * inside + elsewhere * (1 - inside)])


def painted(
    paint: Callable[..., Tensor],
    content: Tensor,
    styles: Sequence[Any],
    strength: float,
    place: str,
    mix: float,
    elsewhere: bool,
    hand: Tensor | None = None,
) -> Tensor:
    """Content (1, c, h, w) painted in the shares of two styles, as (1, c, h, w); a style without a share is left out.

    paint(content, styles, strength=…, mask=…): as `course_gan.models.in_styles` without its network; the rest as for
    `shares`, with strength in [0, 1].
    """
    mask = shares(content, place, mix, elsewhere, hand)
    used = [index for index in (0, 1) if mask[index].any()]
    if not used:  # nothing is painted by hand yet
        return content
    return paint(content, [styles[index] for index in used], strength=strength, mask=mask[used])
