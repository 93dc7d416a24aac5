"""Where a command writes pictures for a person: a new file or a new folder, and never anything that is there."""

from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from course_gan.data import to_uint8
from course_gan.errors import CourseError
from course_gan.plots.display import encode
from course_gan.plots.grids import mosaic

FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}
READABLE = 128  # pixels that an image on a sheet has at least, where the sheet allows
WIDEST = 2048  # pixels of a sheet of magnified images


def new_picture(out: str, option: str = "--out") -> Path:
    """The picture file to write; CourseError where it is there, has no known ending or its folder is missing.

    option: the one that names it, for the advice.
    """
    if not out.strip():
        raise CourseError(f"{option} is empty (a variable that is not set?): name a file, such as painted.png")
    path = Path(out)
    if path.suffix.lower() not in FORMATS:
        raise CourseError(f"{path}: a picture's name has to end in {', '.join(FORMATS)}")
    if not path.parent.is_dir():
        raise CourseError(f"{path}: there is no folder {path.parent}; make it, or name another file")
    if path.exists():
        raise CourseError(f"{path} is there already and stays as it is: name another file by {option}")
    return path


def new_folder(out: str, option: str = "--out") -> Path:
    """The folder to make; CourseError where there is a file or anything in it, or where it cannot be."""
    if not out.strip():
        raise CourseError(f"{option} is empty (a variable that is not set?): name a new folder")
    path = Path(out)
    if path.is_dir() and not any(path.iterdir()):
        return path
    if path.exists():
        raise CourseError(f"{path} is there already and stays as it is: name a new folder by {option}")
    if not path.parent.is_dir():
        raise CourseError(f"{path}: there is no folder {path.parent}; make it, or name another one")
    return path


def encoded(picture: Tensor, kind: str = "PNG") -> bytes:
    """A picture (1, 1 or 3, h, w) in [-1, 1] as the bytes of a file."""
    pixels = to_uint8(picture)[0].permute(1, 2, 0).numpy()  # (h, w, c)
    grey_or_colour = pixels[..., 0] if pixels.shape[2] == 1 else pixels
    return _bytes_of(Image.fromarray(grey_or_colour), kind)


def sheet(images: Tensor, columns: int, kind: str = "PNG") -> bytes:
    """Images (n, 1 or 3, h, w) in [-1, 1] in rows on one sheet, small ones magnified by a whole number."""
    width = images.shape[3]
    zoom = max(1, min(-(-READABLE // width), WIDEST // (columns * width)))
    large = images.repeat_interleave(zoom, dim=2).repeat_interleave(zoom, dim=3)
    return _bytes_of(Image.fromarray(mosaic(torch.as_tensor(large), columns, gap=4)), kind)


def _bytes_of(picture: Image.Image, kind: str) -> bytes:
    quality = {} if kind == "PNG" else {"quality": 92}
    return encode(picture, kind, **quality)
