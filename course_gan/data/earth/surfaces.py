"""What covers the ground, pixel by pixel, told from satellite picture and relief by stated rules."""

from functools import lru_cache

import numpy as np

from course_gan.data.earth.height_classes import HEIGHTS, all_colours, colour_index, height_table
from course_gan.data.earth.rasters import world

COVERS = ("sea", "desert", "forest", "ice", "mountain", "grass")
"""Of a pixel; grass is all that is neither: savanna, steppe, fields, tundra."""

SURFACES = (*COVERS, "mixed")
"""Of a crop: the cover of at least CLEAR of its pixels, or mixed where no cover has so many."""

CLEAR = 0.6
RUGGED = 22.0  # mean step of brightness from pixel to pixel in the relief, of 255: Alps 37, Rockies 36, Kansas 5
_BLOCK = 6  # pixels, of the squares in which ruggedness is measured


@lru_cache
def cover_map() -> np.ndarray:
    """The cover of every pixel of the Earth, uint8 (2700, 5400), an index into COVERS; about 1 s per process, once.

    The first rule that holds decides: *sea*: blue in the relief (lakes too). *ice*: white or grey and bright in the
    satellite picture. *forest*: dark and green. *mountain*: rugged land above the green plains. *desert*: bright and
    yellow to red. Else *grass*.
    """
    relief, satellite = world("relief"), world("satellite")
    height = height_table()[colour_index(relief)]
    colour = _colour_table()[colour_index(satellite)]
    water = height <= HEIGHTS.index("shore")
    high = height >= HEIGHTS.index("hill")
    mountain = high & _rugged(relief, water) & (colour != COVERS.index("ice")) & (colour != COVERS.index("forest"))
    colour[mountain] = COVERS.index("mountain")
    colour[water] = COVERS.index("sea")
    return colour


@lru_cache
def _colour_table() -> np.ndarray:
    """The cover of dry, even ground of each colour of the satellite picture (without gamma), uint8 (2¹⁸,)."""
    colours = all_colours()
    red, green, blue = colours.T
    bright = colours.mean(axis=1)
    conditions = [
        (bright > 100) & (blue > 0.82 * red),
        (green >= 0.98 * red) & (bright < 50),
        (red > 112) & (blue < 0.82 * red),
    ]
    names = ["ice", "forest", "desert"]
    return np.select(conditions, [COVERS.index(name) for name in names], COVERS.index("grass")).astype(np.uint8)


def _rugged(relief: np.ndarray, water: np.ndarray) -> np.ndarray:
    """Where the relief's shading changes much from pixel to pixel on land, in squares of _BLOCK, bool (h, w)."""
    red, green, blue = (relief[..., channel] for channel in range(3))
    brightness = np.maximum(np.maximum(red, green), blue).astype(np.int16)
    step = np.zeros(brightness.shape, dtype=np.uint8)
    land = ~water
    for axis in (0, 1):
        change = np.abs(np.diff(brightness, axis=axis))
        both = land[1:] & land[:-1] if axis == 0 else land[:, 1:] & land[:, :-1]
        inner = step[1:] if axis == 0 else step[:, 1:]
        inner += np.where(both, np.minimum(change, 127), 0).astype(np.uint8)
    total, count = _around(step), _around(land)
    rugged = total > RUGGED * np.maximum(count, 1e-6)
    return rugged.repeat(_BLOCK, axis=0).repeat(_BLOCK, axis=1)


def _around(values: np.ndarray) -> np.ndarray:
    """Sums over squares of _BLOCK pixels and their eight neighbours, float32 (h / _BLOCK, w / _BLOCK)."""
    height, width = values.shape
    blocks = values.reshape(height // _BLOCK, _BLOCK, width // _BLOCK, _BLOCK).sum(axis=(1, 3), dtype=np.float32)
    padded = np.pad(blocks, 1, mode="edge")
    rows = padded[:-2] + padded[1:-1] + padded[2:]
    return rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]
