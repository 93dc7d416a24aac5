"""What the painter computes: a map to begin with, whose pictures answer it, regions filled, and classes counted."""

from typing import Any

import torch
from torch import Tensor, nn

from course_gan import data, models
from course_gan.errors import CourseError
from course_gan.training import Backend, Pix2Pix


def painter_of(source: Any) -> Any:
    """What answers maps: a pix2pix game, or whatever holds one as `game`.

    source: one of these, as it is; or a generator of pictures from maps, which gets a game around it; or None for the
    one shipped with lesson 07. CourseError for anything else.
    """
    if source is None:
        settings, weights = models.load_weights("07_pix2pix")
        source = models.UNetGenerator(**settings)
        source.load_state_dict(weights)
    if isinstance(source, nn.Module):
        backend = Backend(next(source.parameters()).device.type)
        return Pix2Pix(source, models.PatchDiscriminator(6, 1, 1), adversarial=0.0, backend=backend)
    if not isinstance(getattr(source, "game", source), Pix2Pix):
        raise CourseError("the painter needs a pix2pix game, a panel that trains one, or its generator, as lesson 07's")
    return source


def first_map(size: int, seed: int) -> Tensor:
    """A random held-out map of lesson 07: labels uint8 (size, size) of `data.MAP_CLASSES`."""
    return data.colour_decode(data.texture_maps(1, size, seed, "test").inputs.images)[0].byte()


def answered(source: Any, labels: Tensor) -> Tensor:
    """A label map uint8 (h, w) of `data.MAP_CLASSES`, and what the source's game paints of it: (2, 3, h, w)."""
    maps = data.to_float(data.colour_code(labels[None].long()))  # (1, 3, h, w)
    game = getattr(source, "game", source)
    return torch.cat([maps, game.sample(maps)])


def filled(labels: Tensor, x: int, y: int, label: int) -> Tensor:
    """The map (h, w) with the region of one class around column x of row y given another class."""
    from skimage.segmentation import flood_fill

    return torch.from_numpy(flood_fill(labels.numpy(), (y, x), label, connectivity=1))


def class_shares(labels: Tensor) -> dict[str, float]:
    """How much of a map (h, w) each class of `data.MAP_CLASSES` has, by name, from 0 to 1."""
    return {name: (labels == label).float().mean().item() for label, name in enumerate(data.MAP_CLASSES)}
