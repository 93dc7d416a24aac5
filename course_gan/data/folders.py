"""Folders of the user's own images: plain, paired (A|B in one file) and unpaired (trainA, trainB)."""

import os
import warnings
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from course_gan.data.base import ImageSet, Pairs, check_size, resize
from course_gan.data.formats import is_to_be_told, is_to_convert, listed, picture_suffixes
from course_gan.data.levels import UnusablePicture
from course_gan.data.reader import Reader
from course_gan.errors import CourseError


def folder(path: str | Path, size: int, channels: int = 3) -> ImageSet:
    """Every image file directly in a folder, in order of name, without labels.

    size: height and width in pixels, 1 to 4096; the central square of each image is resampled to it.
    channels: 3 for colour, 1 for grey.
    Turned photographs are put upright, transparency becomes white, of an animation the first frame is taken. Grey of
    more than 8 bits is scaled to 8: 16 bits by 257, floats in [0, 1] by 255; whole numbers up to 255 stay as they are.
    Files that are no images by their suffix are left out, with a warning that names them; hidden ones without.
    Raises CourseError, one line, when the folder is missing or holds no image, and naming the files that are broken,
    larger than 120 megapixels, unreadable, or whose range cannot be told; ValueError for another size or channels.
    """
    folder_path = _checked(path, size, channels)
    images = torch.cat(_read_all(folder_path, channels, lambda pixels: resize(pixels, size)))
    return ImageSet(folder_path.name, images, licence="the user's", source=str(path))


def paired_folder(path: str | Path, size: int, channels: int = 3) -> Pairs:
    """Pairs from files that hold A on the left and B on the right, as pix2pix data sets do (arXiv:1611.07004).

    Arguments, treatment of odd files and errors are those of folder; moreover every width must be even. Returns
    inputs A and targets B.
    """
    folder_path = _checked(path, size, channels)
    pairs = _read_all(folder_path, channels, lambda pixels: halves(pixels, size))
    inputs, targets = torch.stack(pairs, dim=1)  # each (n, c, size, size)
    name = folder_path.name
    return Pairs(
        ImageSet(name, inputs, licence="the user's", source=str(path)),
        ImageSet(name, targets, licence="the user's", source=str(path)),
    )


def halves(pixels: Tensor, size: int) -> Tensor:
    """Left and right of one picture uint8 (1, c, h, 2w), each as in folder: (2, c, size, size).

    Raises UnusablePicture for an odd width.
    """
    if pixels.shape[3] % 2:
        raise UnusablePicture("odd width, cannot hold two images side by side")
    return torch.cat([resize(half, size) for half in pixels.chunk(2, dim=3)])


def unpaired_folders(path: str | Path, size: int, split: str = "train", channels: int = 3) -> tuple[ImageSet, ImageSet]:
    """The folders trainA and trainB inside path, as CycleGAN data sets have them (arXiv:1703.10593).

    split: "train", or "test" for testA and testB; the other arguments and the errors are those of folder.
    """
    folder_path = _checked(path, size, channels)
    if not isinstance(split, str):
        raise ValueError(f"split is {split!r:.60}, wanted train or test")
    a = folder(Path(folder_path, f"{split}A"), size, channels)
    b = folder(Path(folder_path, f"{split}B"), size, channels)
    return a, b


def _checked(path: str | Path, size: int, channels: int) -> Path:
    """The folder's path; raises ValueError for an argument that no file is to blame for."""
    if not isinstance(path, str | os.PathLike) or not str(path).strip():
        raise ValueError(f"path is {path!r:.60}, wanted the path of a folder of images")
    check_size(size)
    if isinstance(channels, bool) or channels not in (1, 3):
        raise ValueError(f"channels is {channels!r:.60}, wanted 3 for colour or 1 for grey")
    return Path(path)


def _read_all(path: Path, channels: int, shape: Callable[[Tensor], Tensor]) -> list[Tensor]:
    """What shape makes of every image in the folder, or one CourseError for all that cannot be used."""
    reader = Reader(channels)
    files, left_out = _image_files(path)
    images = [reader.read(file, file.name, shape) for file in files]
    if reader.unusable:
        found = f"{len(reader.unusable)} unusable image(s): {reader.unusable_listed()}"
        raise CourseError(f"{path}: {found}; remove or replace them")
    if left_out:
        _warn(f"{path}: {len(left_out)} file(s) not read: {listed(left_out)}; convert to PNG or JPEG what is a picture")
    if doubt := reader.doubt():
        _warn(f"{path}: {doubt}")
    return images


def _image_files(path: Path) -> tuple[list[Path], list[str]]:
    """The image files directly in the folder, and the names of what is left out; CourseError when there is no image."""
    try:
        entries = sorted(path.iterdir())
    except OSError as error:
        raise CourseError(f"{path}: {error.strerror}, wanted a folder of images; check the path") from error
    suffixes = picture_suffixes()
    visible = [file for file in entries if not file.name.startswith(".")]
    files = [file for file in visible if file.suffix.lower() in suffixes]
    others = [file for file in visible if file.suffix.lower() not in suffixes and is_to_be_told(file)]
    if not files:
        to_convert = [file.name for file in others if is_to_convert(file)]
        if to_convert:
            found = f"{len(to_convert)} file(s) of kinds that are not read: {listed(to_convert)}"
            raise CourseError(
                f"{path}: no image among {len(entries)} entries, but {found}; convert them to PNG or JPEG"
            )
        raise CourseError(f"{path}: no image among {len(entries)} entries; put .png or .jpg files directly in it")
    return files, [file.name for file in others]


def _warn(line: str) -> None:
    warnings.warn(line, stacklevel=4)  # at the line that called folder
