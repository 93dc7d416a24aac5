"""Where crops lie: boxes on the map, the split into east and west, and random places.

A crop shows as many kilometres across as down. A step of longitude shrinks with the cosine of the latitude, so a crop
takes more columns of the map the nearer it lies to a pole. Within a crop the stretch is that of its middle.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from course_gan.data.base import choose
from course_gan.data.batches import derived_generator
from course_gan.data.earth.rasters import PIXELS_PER_DEGREE
from course_gan.data.earth.surfaces import COVERS, cover_map

# West, south, east and north of rectangles, in degrees; a crop lies in one of them as a whole. The Americas are the
# test; four degrees in the Atlantic and the east coast of Greenland belong to neither. Poles (stretched; the satellite
# picture holds a black bar south of 60° south) and the seam at 180° are left out.
_TRAIN = ((-26, -60, 179, 67), (-9, -60, 179, 78))
_TEST = ((-169, -60, -30, 78),)
_ALL = ((-179, -60, 179, 78),)
_TRIES = 2000  # places looked at per crop that is wanted, before giving up


class Box(NamedTuple):
    """A rectangle of the map, in its pixels; right and bottom are the first column and row outside."""

    left: int
    top: int
    right: int
    bottom: int

    def lies_in(self, west: float, south: float, east: float, north: float) -> bool:
        """Whether all of it lies between these degrees."""
        columns = (west + 180) * PIXELS_PER_DEGREE <= self.left and self.right <= (east + 180) * PIXELS_PER_DEGREE
        rows = (90 - north) * PIXELS_PER_DEGREE <= self.top and self.bottom <= (90 - south) * PIXELS_PER_DEGREE
        return columns and rows

    def covers(self) -> list[float]:
        """Share of each of COVERS in it."""
        inside = cover_map()[self.top : self.bottom, self.left : self.right]
        return (np.bincount(inside.ravel(), minlength=len(COVERS)) / inside.size).tolist()


@dataclass(frozen=True)
class Places:
    """Crops that are still only places.

    size: of the crops, pixels. scale: pixels of the map per pixel of a crop.
    middles: (longitude, latitude) of each in degrees; boxes: what each takes of the map.
    """

    size: int
    scale: float
    middles: list[tuple[float, float]]
    boxes: list[Box]

    def cut(self, pixels: np.ndarray) -> Tensor:
        """The crops of a map uint8 (2700, 5400, 3), resampled with antialiasing: uint8 (n, 3, size, size)."""
        crops = np.empty((len(self.boxes), self.size, self.size, 3), dtype=np.uint8)
        for crop, box in zip(crops, self.boxes):
            part = Image.fromarray(pixels[box.top : box.bottom, box.left : box.right])
            crop[:] = part.resize((self.size, self.size), Image.Resampling.HAMMING)
        return torch.from_numpy(crops).permute(0, 3, 1, 2).contiguous()


def box_around(longitude: float, latitude: float, size: int, scale: float) -> Box:
    """What a crop with this middle, in degrees, takes of the map, or would take if the map went on."""
    height = round(size * scale)
    width = round(size * scale / max(math.cos(math.radians(latitude)), 1e-3))
    left = round((longitude + 180) * PIXELS_PER_DEGREE - width / 2)
    top = round((90 - latitude) * PIXELS_PER_DEGREE - height / 2)
    return Box(left, top, left + width, top + height)


def named_places(middles: list[tuple[float, float]], size: int, scale: float) -> Places:
    """The crops around given middles; raises ValueError for one that reaches over the edge of the map."""
    _check(size, scale)
    boxes = [box_around(*middle, size, scale) for middle in middles]
    for (longitude, latitude), box in zip(middles, boxes):
        if not box.lies_in(-180, -90, 180, 90):
            where = f"{longitude:g}° {latitude:g}°"
            raise ValueError(f"a crop of size {size} and scale {scale:g} at {where} reaches over the edge of the map")
    return Places(size, scale, middles, boxes)


def random_places(n: int, size: int, scale: float, seed: int, split: str, water: tuple[float, float]) -> Places:
    """n places of the split whose share of water lies within bounds; among those that fit, uniform on the globe.

    Raises ValueError for arguments out of range, and where hardly a place fits them.
    """
    _check(size, scale)
    rectangles = choose(split, _TRAIN, _TEST, _ALL)
    least, most = water
    if n < 1 or not 0 <= least <= most <= 1:
        raise ValueError(f"n {n}, water {water}: wanted n >= 1 and 0 <= least <= largest <= 1")
    places = Places(size, scale, [], [])
    generator = derived_generator(seed, ("train", "test", "all").index(split))
    for tries, middle in enumerate(_uniform(rectangles, generator)):
        found = len(places.boxes)
        if found == n:
            break
        if tries == _TRIES * (found + 1):
            wanted = f"size {size}, scale {scale:g} and water {least:g} to {most:g}"
            raise ValueError(f"hardly a place of split {split} fits {wanted}: {found} of {n} found in {tries} tries")
        box = box_around(*middle, size, scale)
        if any(box.lies_in(*rectangle) for rectangle in rectangles) and least <= box.covers()[0] <= most:
            places.middles.append(middle)
            places.boxes.append(box)
    return places


def _check(size: int, scale: float) -> None:
    if size < 1 or not 1 <= scale <= 100:
        raise ValueError(f"size {size}, scale {scale:g}: wanted size >= 1 and 1 <= scale <= 100")


def _uniform(rectangles: tuple, generator: torch.Generator) -> Iterator[tuple[float, float]]:
    """Endless places, uniform on the part of the globe that spans the rectangles."""
    west = min(rectangle[0] for rectangle in rectangles)
    south = min(rectangle[1] for rectangle in rectangles)
    east = max(rectangle[2] for rectangle in rectangles)
    north = max(rectangle[3] for rectangle in rectangles)
    low, high = math.sin(math.radians(south)), math.sin(math.radians(north))
    while True:
        for across, up in torch.rand(1024, 2, generator=generator, dtype=torch.float64).tolist():
            yield west + (east - west) * across, math.degrees(math.asin(low + (high - low) * up))
