"""Which continent a place lies on, and a score of places worth a look."""

import torch
from torch import Tensor

CONTINENTS = ("Africa", "Antarctica", "Asia", "Europe", "North America", "Oceania", "South America")

PLACES = {
    "Alps": (9.5, 46.5),
    "Amazon": (-62.0, -4.0),
    "Andes": (-70.5, -16.0),
    "Borneo": (114.0, 0.5),
    "Caribbean": (-76.5, 20.5),
    "Congo": (22.0, 0.0),
    "Florida": (-81.5, 27.5),
    "Gobi": (105.0, 43.0),
    "Grand Canyon": (-112.0, 36.3),
    "Greenland": (-42.0, 70.0),
    "Himalaya": (84.0, 28.7),
    "Iceland": (-18.8, 65.0),
    "Japan": (137.5, 35.5),
    "mid-Pacific": (-150.0, 10.0),
    "New Zealand": (170.5, -44.0),
    "Nile delta": (31.0, 30.4),
    "Patagonia": (-72.5, -48.5),
    "Red Sea": (36.0, 26.5),
    "Sahara": (12.0, 25.0),
    "Scandinavia": (9.0, 61.0),
}
"""Name -> (longitude, latitude) in degrees, east and north positive."""

# Corners, each "longitude latitude", through seas and straits and, for Europe, along Caucasus and Ural. The first
# outline that holds a place wins; what none holds is North America in the west and Asia in the east.
_MEDITERRANEAN = "-26 34, -10 35.9, -5.6 35.95, -2 36, 2 37.6, 9 38, 11.4 37.5, 11.5 35.5, 15 34.3, 20 33.5"
_OUTLINES = (
    ("Antarctica", "-181 -91, 181 -91, 181 -60, -181 -60"),
    (
        "Africa",
        f"{_MEDITERRANEAN}, 25 32.8, 32.4 32.2, 32.5 29.9, 33.6 28, 36 25.5, 38 22, 39.3 18.5, 41.3 15, 42.9 13.2,"
        "43.4 12.6, 45 11.9, 52 13, 52 9, 60 -5, 65 -30, 65 -60, -26 -60",
    ),
    (
        "Europe",
        f"{_MEDITERRANEAN}, 25 34, 27.9 34.8, 28.4 36.2, 27.3 36.6, 26.9 37.5, 26.2 38.4, 26.4 39.3, 25.9 39.8,"
        "26.3 40.1, 27.5 40.6, 29.05 41.1, 29.5 43, 37 43.5, 39.5 43.2, 44 42.9, 47 41.8, 49.5 41.5, 50.5 45, 52 47,"
        "51.5 51, 59.5 51.5, 59.5 56, 60 60, 61 64, 66 67.5, 68 69, 59.8 69.8, 70 73, 72 85, -10 85, -10 70, -22 68,"
        "-28 66.5, -28 62",
    ),
    (
        "Oceania",
        "110 -60, 110 -12.5, 123 -11.5, 128 -10, 130.5 -8, 129.8 -3, 129.5 1, 132 3, 134 9, 140 22, 150 25, 181 30,"
        "181 -60",
    ),
    ("Oceania", "-181 -60, -181 30, -150 30, -130 0, -112 -30, -112 -60"),
    (
        "South America",
        "-100 -60, -100 2, -85 3, -79 6.5, -77.9 7.2, -77.3 8.7, -76 10.5, -73 13, -64 12.3, -60.6 11.6, -55 10, -26 5,"
        "-26 -60",
    ),
    ("Asia", "-181 64, -172.5 64, -169 65.8, -169 75, -181 75"),
)
_WEST = -10  # of this the rest is North America, with Greenland


def continent_of(longitude: Tensor, latitude: Tensor) -> Tensor:
    """The index in CONTINENTS of each place, int64 (n,); one in the sea gets the continent that lies near.

    longitude, latitude: float (n,), degrees. Borders are straight lines through seas and along the Ural and the
    Caucasus, right to about 100 km; New Guinea and Hawaii are Oceania, Greenland is North America.
    """
    west = torch.full(longitude.shape, CONTINENTS.index("North America"))
    found = torch.where(longitude < _WEST, west, CONTINENTS.index("Asia"))
    for name, outline in reversed(_OUTLINES):
        corners = [[float(number) for number in corner.split()] for corner in outline.split(",")]
        inside = _inside(longitude.double(), latitude.double(), corners)
        found = torch.where(inside, CONTINENTS.index(name), found)
    return found


def _inside(x: Tensor, y: Tensor, corners: list[list[float]]) -> Tensor:
    """Whether points lie in a polygon: a ray to the east crosses its border an odd number of times."""
    crossings = torch.zeros(x.shape, dtype=torch.int64)
    for (x0, y0), (x1, y1) in zip(corners, corners[1:] + corners[:1]):
        if y0 == y1:
            continue
        spans = (y >= min(y0, y1)) & (y < max(y0, y1))
        crossings += spans & (x < x0 + (y - y0) * (x1 - x0) / (y1 - y0))
    return crossings % 2 == 1
