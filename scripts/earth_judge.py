"""What is asked of maps and satellite pictures translated without pairs, for the studies of lessons 08 and 09.

It is asked of the Americas, which no training has seen. Beside every answer stand those of the truth, of the truth
blurred, of another place, and of what was not translated at all.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_gan import data, metrics
from course_gan.models import load_features
from course_gan.recipes.earth import LATITUDE, with_latitude
from workshop import study

PLACES = ("Patagonia", "Florida", "Amazon", "Grand Canyon", "Caribbean")
SIZE = 128  # of the pictures that are shown; training and judging see crops of 64
PLACES_JUDGED = 1000
LAND = data.earth.HEIGHTS.index("plain")  # this height and those above it


def seen(crops: data.earth.EarthCrops, latitude: bool) -> Tensor:
    """Crops as the players see them, float (n, 3 or 4, h, w)."""
    return data.to_float(with_latitude(crops) if latitude else crops.images)


def shown_places(latitude: bool = False, size: int = SIZE) -> tuple[Tensor, Tensor]:
    """Relief maps and satellite pictures of five named places, float (5, 3 or 4, size, size) each."""
    corners = torch.tensor([data.earth.PLACES[name] for name in PLACES])
    there = data.earth.at(corners[:, 0], corners[:, 1], size, scale=2.0)
    return seen(there.inputs, latitude), seen(there.targets, latitude)


def in_parts(network: nn.Module, images: Tensor) -> Tensor:
    """Translations of float images (n, 3 or 4, h, w), fifty at a time."""
    return torch.cat([network(part) for part in images.split(50)])


class Judge:
    """Places of the Americas as maps and as satellite pictures of 64 pixels, and what is asked of translations."""

    def __init__(self, n: int = PLACES_JUDGED, latitude: bool = False):
        places = data.earth.pairs(n, 64, 2.0, seed=1, split="test")
        self.maps = seen(places.inputs, latitude)
        self.pictures = seen(places.targets, latitude)
        self.heights = data.earth.heights(places.inputs.images)
        self.surface = places.targets.labels["surface"]
        self.clear = self.surface != data.earth.SURFACES.index("mixed")
        self.network = load_features("earth")
        features = self.network.extract(self.pictures[:, :LATITUDE])
        self._unit = features.square().mean().sqrt()
        self._features = features / self._unit

    def of_pictures(self, pictures: Tensor) -> dict[str, Any]:
        """What the lesson reports of pictures from space, float (n, 3 or 4, 64, 64), said to be of the places."""
        pictures = pictures[:, :LATITUDE]
        right = (self.network.classify(pictures)["surface"] == self.surface)[self.clear].float()
        asked = self.surface[self.clear]
        features = self.network.extract(pictures) / self._unit
        return {
            "named_rightly": study.rounded(right.mean()),
            "by_surface": {c: study.rounded(right[asked == k].mean()) for k, c in enumerate(data.earth.COVERS)},
            "frechet": study.rounded(metrics.frechet_distance(self._features, features)),
        }

    def of_maps(self, maps: Tensor) -> dict[str, Any]:
        """What the lesson reports of maps, float (n, 3 or 4, 64, 64): shares of pixels that mean what is there."""
        read = data.earth.heights(data.to_uint8(maps))
        land = self.heights >= LAND
        return {
            "coast_rightly": study.rounded(((read >= LAND) == land).float().mean()),
            "height_rightly": study.rounded((read == self.heights)[land].float().mean()),
        }

    def scores(self, pair: nn.ModuleDict) -> dict[str, Any]:
        """Both directions, and how far a picture that went there and back is from where it began."""
        pictures = in_parts(pair["a_to_b"], self.maps)
        maps = in_parts(pair["b_to_a"], self.pictures)
        back = {"a": in_parts(pair["b_to_a"], pictures), "b": in_parts(pair["a_to_b"], maps)}
        return {
            "pictures": self.of_pictures(pictures),
            "maps": self.of_maps(maps),
            "cycle_error": {
                "a": study.rounded((back["a"] - self.maps)[:, :LATITUDE].abs().mean()),
                "b": study.rounded((back["b"] - self.pictures)[:, :LATITUDE].abs().mean()),
            },
        }

    def controls(self) -> dict[str, dict[str, Any]]:
        """The same of the truth, of the truth blurred, and of other places: each place is given the next one's."""
        blurred = F.interpolate(F.avg_pool2d(self.pictures, 4), scale_factor=4, mode="bilinear")
        blurred_maps = F.interpolate(F.avg_pool2d(self.maps, 4), scale_factor=4, mode="bilinear")
        given = {
            "real": (self.pictures, self.maps),
            "real, blurred": (blurred, blurred_maps),
            "real, of the next place": (self.pictures.roll(1, dims=0), self.maps.roll(1, dims=0)),
            "left as it is": (self.maps, self.pictures),
        }
        return {
            name: {"pictures": self.of_pictures(pictures), "maps": self.of_maps(maps)}
            for name, (pictures, maps) in given.items()
        }
