"""Folders of the user's own images: plain, paired (A|B in one file) and unpaired (trainA, trainB)."""

from collections.abc import Callable
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from course_gan.data.base import ImageSet, Pairs, resize
from course_gan.data.reading import read_pixels
from course_gan.errors import CourseError

_LISTED = 5  # unusable files named in an error


def folder(path: str | Path, size: int, channels: int = 3) -> ImageSet:
    """Every image file directly in a folder, in order of name, without labels.

    size: height and width in pixels; the central square of each image is resampled to it.
    channels: 3 for colour, 1 for grey.
    Turned photographs are put upright, transparency becomes white, 16-bit grey becomes 8-bit, of an animation the
    first frame is taken. Files that are no images by their suffix, and hidden files, are left out.
    Raises CourseError, one line, when the folder is missing or holds no image, and naming the files that are broken,
    larger than 50 megapixels or unreadable.
    """
    images = torch.cat(_read_all(Path(path), channels, lambda pixels: resize(pixels, size)))
    return ImageSet(Path(path).name, images, licence="the user's", source=str(path))


def paired_folder(path: str | Path, size: int, channels: int = 3) -> Pairs:
    """Pairs from files that hold A on the left and B on the right, as pix2pix data sets do (arXiv:1611.07004).

    Arguments, treatment of odd files and errors are those of folder; moreover every width must be even. Returns
    inputs A and targets B.
    """

    def halves(pixels: Tensor) -> Tensor:  # (1, c, h, 2w) -> (2, 1, c, size, size)
        if pixels.shape[3] % 2:
            raise ValueError("odd width, cannot hold two images side by side")
        return torch.stack([resize(half, size) for half in pixels.chunk(2, dim=3)])

    inputs, targets = torch.cat(_read_all(Path(path), channels, halves), dim=1)  # each (n, c, size, size)
    name = Path(path).name
    return Pairs(
        ImageSet(name, inputs, licence="the user's", source=str(path)),
        ImageSet(name, targets, licence="the user's", source=str(path)),
    )


def unpaired_folders(path: str | Path, size: int, split: str = "train", channels: int = 3) -> tuple[ImageSet, ImageSet]:
    """The folders trainA and trainB inside path, as CycleGAN data sets have them (arXiv:1703.10593).

    split: "train", or "test" for testA and testB; the other arguments and the errors are those of folder.
    """
    a = folder(Path(path, f"{split}A"), size, channels)
    b = folder(Path(path, f"{split}B"), size, channels)
    return a, b


def _read_all(path: Path, channels: int, shape: Callable[[Tensor], Tensor]) -> list[Tensor]:
    """What shape makes of every image in the folder, or one CourseError for all that cannot be used."""
    images = []
    unusable = []
    for file in _image_files(path):
        try:
            images.append(shape(read_pixels(file, channels)))
        except Exception as error:  # Pillow's decoders raise many kinds on damaged files
            reason = getattr(error, "strerror", None) or str(error).replace(str(file), file.name)
            unusable.append(f"{file.name} ({' '.join(reason.split())})")
    if unusable:
        more = f" and {len(unusable) - _LISTED} more" if len(unusable) > _LISTED else ""
        listed = ", ".join(unusable[:_LISTED]) + more
        raise CourseError(f"{path}: {len(unusable)} unusable image(s): {listed}; remove or replace them")
    return images


def _image_files(path: Path) -> list[Path]:
    """The image files directly in the folder, by name; raises CourseError when there is no folder or no image."""
    try:
        entries = sorted(path.iterdir())
    except OSError as error:
        raise CourseError(f"{path}: {error.strerror}, wanted a folder of images; check the path") from error
    suffixes = Image.registered_extensions()
    files = [file for file in entries if file.suffix.lower() in suffixes and not file.name.startswith(".")]
    if not files:
        raise CourseError(f"{path}: no image among {len(entries)} entries; put .png or .jpg files directly in it")
    return files
