"""Where in a picture how much of which style goes."""

import torch
import torch.nn.functional as F
from torch import Tensor

PLACES = ("everywhere", "left half", "middle", "bright parts", "dark parts")


def where(place: str, content: Tensor) -> Tensor:
    """One of PLACES in content (1, c, h, w) as a map (h, w) from 0 to 1 with soft borders."""
    down, across = torch.meshgrid(*(torch.linspace(-1, 1, side) for side in content.shape[2:]), indexing="ij")
    light = F.avg_pool2d(F.pad(content.mean(1, keepdim=True), (4,) * 4, mode="reflect"), 9, 1)[0, 0]
    light = light - light.median()
    inside = torch.full_like(down, torch.inf), -across, 0.6 - torch.hypot(down, across), light, -light
    return torch.sigmoid(20 * inside[PLACES.index(place)])


def shares(content: Tensor, place: str, mix: float, elsewhere: bool) -> Tensor:
    """How much of two styles where, (2, h, w): both at a place, the second with the share `mix` in [0, 1]; elsewhere
    nothing, or the second one alone."""
    inside = where(place, content)
    return torch.stack([(1 - mix) * inside, mix * inside + elsewhere * (1 - inside)])


def sized(picture: Tensor, longest: int) -> Tensor:
    """A picture (1, c, h, w), made smaller where a side is over `longest` pixels."""
    scale = min(1.0, longest / max(picture.shape[2:]))
    return F.interpolate(picture, scale_factor=scale, mode="bilinear", antialias=True).clamp(-1, 1)
