"""What the painter and the stylist compute: maps and who paints them, where how much of a style goes, uploads."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_gan import data, models
from course_gan.errors import CourseError
from course_gan.training import Backend, Pix2Pix

LARGEST = 8_000_000  # bytes of an upload; Jupyter's servers take messages of up to 10 MiB
PLACES = ("everywhere", "left half", "middle", "bright parts", "dark parts")


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


def where(place: str, content: Tensor) -> Tensor:
    """One of PLACES in content (1, c, h, w) as a map (h, w) from 0 to 1 with soft borders."""
    down, across = torch.meshgrid(*(torch.linspace(-1, 1, side) for side in content.shape[2:]), indexing="ij")
    light = F.avg_pool2d(F.pad(content.mean(1, keepdim=True), (4,) * 4, mode="reflect"), 9, 1)[0, 0]
    light = light - light.median()
    inside = torch.full_like(down, torch.inf), -across, 0.6 - torch.hypot(down, across), light, -light
    return torch.sigmoid(20 * inside[PLACES.index(place)])


def shares(content: Tensor, place: str, mix: float, elsewhere: bool) -> Tensor:
    """How much of two styles where, (2, h, w): both at a place, the second with the share `mix` in [0, 1]; elsewhere
    nothing, or the second one alone."""
    inside = where(place, content)
    return torch.stack([(1 - mix) * inside, mix * inside + elsewhere * (1 - inside)])


def sized(picture: Tensor, longest: int) -> Tensor:
    """A picture (1, c, h, w), made smaller where a side is over `longest` pixels."""
    scale = min(1.0, longest / max(picture.shape[2:]))
    return F.interpolate(picture, scale_factor=scale, mode="bilinear", antialias=True).clamp(-1, 1)


def received(name: str, size: int, content: bytes, read: Callable[[Path], Tensor]) -> Tensor:
    """An uploaded file as read(path) gives it; CourseError, which calls it by its name, where it cannot be read."""
    if size > LARGEST:
        limit = f"{LARGEST // 10**6} MB at most: save it with fewer pixels, or as a JPEG"
        raise CourseError(f"{name}: {size / 1e6:.1f} MB, but an upload may have {limit}")
    with TemporaryDirectory() as folder:
        file = Path(folder, "picture")
        file.write_bytes(content)
        try:
            return read(file)
        except (CourseError, OSError) as error:
            raise CourseError(str(error).replace(str(file), name)) from error
