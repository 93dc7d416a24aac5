"""Paint with textures: random label maps, and the same maps filled with real grass, gravel, brick and night sky."""

import torch
from torch import Tensor

from course_gan.data.base import ImageSet, Pairs
from course_gan.data.batches import derived_generator
from course_gan.data.pictures import crop, region, textures

MAP_CLASSES = ("grass", "gravel", "brick", "night sky")
MAP_COLOURS = torch.tensor([[0, 158, 115], [230, 159, 0], [213, 94, 0], [0, 114, 178]], dtype=torch.uint8)
"""Colour of each class in a label map: green, orange, vermilion and blue of the Okabe-Ito palette."""


def texture_maps(n: int = 1000, size: int = 64, seed: int = 0, split: str = "train") -> Pairs:
    """n pairs for image translation: a colour-coded label map and the same map filled with real textures.

    size: height and width in pixels, at most 77 in "test" (the textures are held out by region, at half resolution).
    seed: of maps and positions; train and test differ in both for the same seed.
    split: "train", "test" or "all": from which part of each texture the filling is cut.
    Raises ValueError for an unknown split or a size larger than the part of a texture.

    Licence and source: those of textures(): grass, gravel and brick CC0, the night sky is NASA's Hubble deep field.
    The task is that of pix2pix (arXiv:1611.07004).
    """
    generator = derived_generator(seed, int(split == "test"))
    labels = _voronoi(n, size, generator)
    licence = "CC0 and public domain (NASA)"
    source = "scikit-image textures, Voronoi maps drawn here"
    inputs = ImageSet("label maps", colour_code(labels), licence=licence, source=source)
    targets = ImageSet("painted maps", paint(labels, split, generator), licence=licence, source=source)
    return Pairs(inputs, targets)


def colour_code(labels: Tensor) -> Tensor:
    """Label maps int64 (n, h, w), 0 to 3, as pictures uint8 (n, 3, h, w) in MAP_COLOURS."""
    return MAP_COLOURS.to(labels.device)[labels].permute(0, 3, 1, 2).contiguous()


def colour_decode(images: Tensor) -> Tensor:
    """Pictures uint8 (n, 3, h, w) as label maps int64 (n, h, w): each pixel takes the class of the nearest colour."""
    pixels = images.movedim(1, -1).unsqueeze(3).float()  # (n, h, w, 1, 3)
    colours = MAP_COLOURS.to(images.device).float()  # (4, 3)
    return (pixels - colours).square().sum(dim=4).argmin(dim=3)  # distances are (n, h, w, 4)


def paint(labels: Tensor, split: str = "train", generator: torch.Generator | None = None) -> Tensor:
    """Label maps int64 (n, h, w), square, filled with random pieces of the real textures: uint8 (n, 3, h, w).

    split: "train", "test" or "all": from which part of each texture the pieces are cut. generator: of their places.
    Raises ValueError for an unknown split or maps larger than the part of a texture.
    """
    images = textures()
    regions = [region(images[name], split, shrink=2) for name in ("grass", "gravel", "brick", "hubble")]
    painted = []
    for label in labels:
        pieces = torch.stack([crop(texture, len(label), generator) for texture in regions])  # (4, 3, h, w)
        painted.append(pieces.gather(0, label.expand(1, 3, -1, -1))[0])
    return torch.stack(painted)


def _voronoi(n: int, size: int, generator: torch.Generator | None) -> Tensor:
    """n maps int64 (n, size, size) of classes 0 to 3: the cells of 4 to 10 random points, each of a random class."""
    axis = (torch.arange(size) + 0.5) / size
    pixels = torch.cartesian_prod(axis, axis)  # (size², 2)
    maps = []
    for sites in torch.randint(4, 11, (n,), generator=generator).tolist():
        places = torch.rand(sites, 2, generator=generator)
        classes = torch.randint(4, (sites,), generator=generator)
        nearest = torch.cdist(pixels, places).argmin(dim=1)  # (size²,)
        maps.append(classes[nearest].view(size, size))
    return torch.stack(maps)
