"""What the recipes of lessons 03, 07 and 08 learn from when they learn from the Earth."""

import torch
from torch import Generator, Tensor

from course_gan import data
from course_gan.data.earth import EarthCrops

LATITUDE = 3  # the channel of the inputs that tells where a pixel lies, after the three of the relief map


def earth_from_space(n: int, size: int, scale: float, seed: int) -> EarthCrops:
    """n crops of the satellite picture, chosen out of twice as many so that deserts and ice are not rare."""
    crops = data.earth.satellite(2 * n, size, scale, seed, water=(0.0, 0.9))
    return crops.subset(data.earth.balanced(crops.covers, n, seed))


def earth_as_relief(n: int, size: int, scale: float, seed: int) -> EarthCrops:
    """n crops of the relief map, chosen as in `earth_from_space`; with another seed they show other places."""
    crops = data.earth.relief(2 * n, size, scale, seed, water=(0.0, 0.9))
    return crops.subset(data.earth.balanced(crops.covers, n, seed))


def with_latitude(crops: EarthCrops) -> Tensor:
    """The crops' images and the latitude of each of their pixels as a fourth channel, uint8 (n, 4, h, w)."""
    size = crops.images.shape[-1]
    return torch.cat([crops.images, data.earth.place_planes(crops.latitude, size, crops.scale)], dim=1)


def mirrored(images: Tensor, generator: Generator) -> Tensor:
    """Each image (b, c, h, w) as it is or mirrored left to right, or top to bottom, or both."""
    across, down = torch.rand(2, len(images), 1, 1, 1, generator=generator).to(images.device)
    images = torch.where(across < 0.5, images.flip(3), images)
    return torch.where(down < 0.5, images.flip(2), images)


def earth_pairs(n: int, size: int, scale: float, painted: float, seed: int) -> tuple[Tensor, Tensor]:
    """n maps uint8 (n, 4, s, s), relief and latitude, and the Earth there (n, 3, s, s); s is a quarter above size.

    Chosen out of three times as many, as in `earth_from_space`. painted: the share of maps that are read as heights
    and drawn anew, as a learner's painted map is drawn, so that G meets such maps too. On these, ground that is white
    from space is drawn as snow: the relief map is white in Greenland and Antarctica alone, which nobody trains on.
    """
    side = size + size // 4
    places = data.earth.pairs(3 * n, side, scale, seed, water=(0.0, 0.95), latitude=True)
    chosen = data.earth.balanced(places.targets.covers, n, seed)
    maps = places.inputs.images[chosen]
    images = places.targets.images[chosen]
    snow = data.earth.HEIGHTS.index("snow")
    anew = torch.rand(n, generator=data.derived_generator(seed, 1)) < painted
    for place in anew.nonzero().flatten().tolist():
        heights = data.earth.heights(maps[place : place + 1], smooth=1)
        heights[is_white(images[place : place + 1])] = snow
        maps[place, :LATITUDE] = data.earth.colour_of_heights(heights, seed=place)[0]
    return maps, images


def is_white(images: Tensor) -> Tensor:
    """Where satellite pictures uint8 (n, 3, h, w) show ice or snow, bool (n, h, w): bright, and not yellow as sand."""
    red, _, blue = images.float().unbind(1)
    return (images.float().mean(dim=1) > 146) & (blue > 0.89 * red)


class CropsAndMirrors:
    """A transform of `Batches`: one window of a size out of all pairs of a batch, each pair mirrored or not."""

    def __init__(self, size: int):
        self.size = size

    def __call__(self, pairs: tuple[Tensor, Tensor], generator: Generator) -> tuple[Tensor, Tensor]:
        maps, images = pairs
        room = maps.shape[-1] - self.size + 1
        top, left = torch.randint(room, (2,), generator=generator).tolist()
        flipped = (torch.rand(len(maps), 1, 1, 1, generator=generator) < 0.5).to(maps.device)
        window = (..., slice(top, top + self.size), slice(left, left + self.size))
        maps = maps[window]
        images = images[window]
        return torch.where(flipped, maps.flip(3), maps), torch.where(flipped, images.flip(3), images)
