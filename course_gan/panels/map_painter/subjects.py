"""What is painted: kinds of ground, each a colour on the map, and how a painted map becomes what a generator takes."""

import torch
from torch import Tensor

from course_gan import data


class Textures:
    """The label maps of lesson 07's first sections: grass, gravel, brick and night sky."""

    classes = data.MAP_CLASSES
    colours = data.MAP_COLOURS
    size = 64  # of the map at first, pixels
    has_latitude = False

    def first(self, size: int, seed: int) -> Tensor:
        """A random held-out map of lesson 07: labels uint8 (size, size)."""
        return data.colour_decode(data.texture_maps(1, size, seed, "test").inputs.images)[0].byte()

    def inputs(self, labels: Tensor, latitude: float) -> Tensor:
        """The map (h, w) in its colours, (1, 3, h, w) in [-1, 1]."""
        return data.to_float(data.colour_code(labels[None].long()))


class Heights:
    """Heights of the Earth, from the deep sea to ice; a relief map is drawn of them before the generator sees it."""

    classes = data.earth.HEIGHTS
    colours = data.earth.HEIGHT_COLOURS
    size = 128
    has_latitude = True

    def first(self, size: int, seed: int) -> Tensor:
        """A random island in the middle of a sea: labels uint8 (size, size)."""
        return data.earth.island(size, seed)

    def inputs(self, labels: Tensor, latitude: float) -> Tensor:
        """The map (h, w) as relief with its latitude, (1, 4, h, w) in [-1, 1]; latitude: of its middle, degrees."""
        relief = data.earth.colour_of_heights(labels[None].long())
        plane = data.earth.place_planes(torch.tensor([latitude]), max(labels.shape), scale=2.0)
        plane = plane[:, :, : labels.shape[0], : labels.shape[1]]
        return data.to_float(torch.cat([relief, plane], dim=1))
