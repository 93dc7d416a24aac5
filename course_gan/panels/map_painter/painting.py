"""What the painter computes: whose pictures answer a map, and the map with a region filled."""

import torch
from torch import Tensor, nn

from course_gan import data, models
from course_gan.errors import CourseError
from course_gan.training import Backend, Pix2Pix


def painter_of(source):
    """What answers maps: a pix2pix game or whatever holds one as `game`; a game around a generator that is given, or,
    with None, around the one shipped with lesson 07. CourseError for anything else."""
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


def answered(source, labels: Tensor) -> Tensor:
    """A label map uint8 (h, w) of `data.MAP_CLASSES`, and what the source's game paints of it: (2, 3, h, w)."""
    maps = data.to_float(data.colour_code(labels[None].long()))
    return torch.cat([maps, getattr(source, "game", source).sample(maps)])


def filled(labels: Tensor, x: int, y: int, label: int) -> Tensor:
    """The map with the region of one class around column x of row y given another class."""
    from skimage.segmentation import flood_fill

    return torch.from_numpy(flood_fill(labels.numpy(), (y, x), label, connectivity=1))
