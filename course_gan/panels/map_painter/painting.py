"""What the painter computes: whose pictures answer a map, of what kind, regions filled, and classes counted."""

from typing import Any

import torch
from torch import Tensor, nn

from course_gan import models
from course_gan.errors import CourseError
from course_gan.panels.map_painter.subjects import Heights, Textures
from course_gan.training import Backend, Pix2Pix

SUBJECTS = {3: Textures, 4: Heights}  # by the channels that a generator takes


def painter_of(source: Any) -> Any:
    """What answers maps: a pix2pix game, or whatever holds one as `game`.

    source: one of these, as it is; or a generator of pictures from maps, which gets a game around it; or None for the
    painter of the Earth that is shipped with lesson 07. CourseError for anything else.
    """
    if source is None:
        settings, weights = models.load_weights("07_earth")
        source = models.UNetGenerator(**settings)
        source.load_state_dict(weights)
    if isinstance(source, nn.Module):
        backend = Backend(next(source.parameters()).device.type)
        return Pix2Pix(source, models.PatchDiscriminator(6, 1, 1), adversarial=0.0, backend=backend)
    if not isinstance(getattr(source, "game", source), Pix2Pix):
        raise CourseError("the painter needs a pix2pix game, a panel that trains one, or its generator, as lesson 07's")
    return source


def subject_of(source: Any) -> Textures | Heights:
    """What the source's generator paints, by the channels that it takes; CourseError for others than lesson 07's."""
    generator = getattr(source, "game", source).generator
    channels = getattr(generator, "in_channels", 3)
    if channels not in SUBJECTS:
        raise CourseError(f"the generator takes {channels} channels, but the painter has maps of 3, or heights of 4")
    return SUBJECTS[channels]()


def answered(source: Any, labels: Tensor, latitude: float = 0.0) -> Tensor:
    """A label map uint8 (h, w) as the generator sees it, and what the source's game paints of it: (2, 3, h, w)."""
    maps = subject_of(source).inputs(labels, latitude)
    game = getattr(source, "game", source)
    return torch.cat([maps[:, :3], game.sample(maps)])


def filled(labels: Tensor, x: int, y: int, label: int) -> Tensor:
    """The map (h, w) with the region of one class around column x of row y given another class."""
    from skimage.segmentation import flood_fill

    return torch.from_numpy(flood_fill(labels.numpy(), (y, x), label, connectivity=1))


def class_shares(labels: Tensor, classes: tuple[str, ...]) -> dict[str, float]:
    """How much of a map (h, w) each class has, by name, from 0 to 1."""
    return {name: (labels == label).float().mean().item() for label, name in enumerate(classes)}
