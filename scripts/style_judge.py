"""What is asked of paintings in the styles of lesson 10, and the controls of the questions, for scripts/10_styles.py"""

from typing import Any

import torch
from torch import Tensor

from course_gan import data
from course_gan.data import STYLES
from course_gan.metrics import grain_distance, palette_distance
from course_gan.metrics.structure import crops_of, found_again, styles_named
from course_gan.models import load_features

PHOTOS = ("coffee", "china")  # nobody trains on them
SIDE = 256  # pixels of what is painted
STRIDE = 32  # pixels from one crop that is named to the next; those that have to be found do not overlap

Paintings = dict[str, Tensor]  # style -> the photos in it, float (2, 3, 256, 256)


def photos() -> Tensor:
    """The middles of both photos, float (2, 3, 256, 256)."""
    every = data.photos()
    return data.to_float(torch.cat([data.resize(every[name][None], SIDE) for name in PHOTOS]))


def whole(style: str) -> Tensor:
    """A style picture, float (1, 3, any, any)."""
    return data.to_float(data.style_picture(style)[None])


class Judge:
    """Crops of two photos that no training saw, and what is asked of their paintings."""

    def __init__(self) -> None:
        self.network = load_features("styles")
        self.crops = crops_of(photos())

    def of(self, paintings: Paintings) -> dict[str, Any]:
        """What the lesson reports: shares of crops named as their style and found again, and the two old distances."""
        named = {}
        found = {}
        old = []
        for style, painted in paintings.items():
            right = styles_named(crops_of(painted, STRIDE), self.network) == STYLES.index(style)
            named[style] = rounded(right)
            found[style] = rounded(found_again(crops_of(painted), self.crops))
            for one in painted.split(1):
                old.append((palette_distance(one, whole(style)), grain_distance(one, whole(style))))
        palette, grain = torch.tensor(old).mean(dim=0).tolist()
        return {
            "named": round(sum(named.values()) / len(named), 4),
            "found": round(sum(found.values()) / len(found), 4),
            "palette": round(palette, 4),
            "grain": round(grain, 4),
            "named_by_style": named,
            "found_by_style": found,
        }


def rounded(right: Tensor) -> float:
    """The share that is true, with four decimals."""
    return round(right.float().mean().item(), 4)


def controls() -> dict[str, Paintings]:
    """Answers that are known: the photos as they are, the styles as they are, and the styles with pixels shuffled."""
    pieces = {}
    shuffled = {}
    order = torch.randperm(SIDE * SIDE, generator=data.derived_generator(0))
    for style in STYLES:
        picture = whole(style)
        pieces[style] = torch.cat([picture[..., :SIDE, :SIDE], picture[..., -SIDE:, -SIDE:]])
        shuffled[style] = pieces[style].flatten(2)[..., order].view_as(pieces[style])
    return {
        "the photo, untouched": dict.fromkeys(STYLES, photos()),
        "the style itself": pieces,
        "the style, its pixels shuffled": shuffled,
    }
