"""One picture file of the user's own: decoded, upright, 8 bits a channel, without transparency."""

import warnings
from pathlib import Path
from typing import BinaryIO

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from course_gan.data.base import resample, to_float
from course_gan.errors import CourseError

LARGEST = 50_000_000  # pixels; a larger file is a mistake or a decompression bomb
SHORTEST = 64  # sides of a picture as read_picture gives it, in pixels
LONGEST = 512


def read_picture(file: str | Path | BinaryIO, longest: int = LONGEST) -> Tensor:
    """One picture of the user's own, float (1, 3, h, w) in [-1, 1], made smaller where a side is over `longest`.

    file: a path, or an open binary file. Odd formats are treated as `course_gan.data.folder` treats them.
    Raises CourseError, one line, for what is no picture, is damaged, or has a side under 64 pixels.
    """
    name = getattr(file, "name", "the picture") if hasattr(file, "read") else str(file)
    try:
        pixels = read_pixels(file, channels=3)
    except Exception as error:  # Pillow's decoders raise many kinds on damaged files
        reason = getattr(error, "strerror", None) or str(error)
        why = " ".join(reason.split())
        raise CourseError(f"{name}: cannot be used ({why}); wanted a picture such as .png or .jpg") from error
    height, width = pixels.shape[2:]
    scale = min(1.0, longest / max(height, width))
    shape = round(scale * height), round(scale * width)
    if min(shape) < SHORTEST:
        found = f"{width}×{height} pixels"
        if scale < 1:
            found += f", {shape[1]}×{shape[0]} as used here"
        raise CourseError(f"{name}: {found}, but each side has to have at least {SHORTEST}; choose another picture")
    return to_float(resample(pixels, shape))


def read_pixels(file: str | Path | BinaryIO, channels: int = 3) -> Tensor:
    """One decoded image, uint8 (1, c, h, w), treated as in folder.

    channels: 3 for colour, 1 for grey. Raises ValueError when it has more than 50 megapixels, and whatever Pillow
    raises for a file that it cannot decode.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our own limit is lower
        picture = Image.open(file)
    with picture:
        if picture.width * picture.height > LARGEST:
            raise ValueError(f"{picture.width}×{picture.height}, over {LARGEST // 1_000_000} megapixels")
        upright = _eight_bit(ImageOps.exif_transpose(picture))
        mode = "RGB" if channels == 3 else "L"
        pixels = torch.from_numpy(np.array(upright.convert(mode)))
    return pixels.view(1, *pixels.shape[:2], channels).permute(0, 3, 1, 2).contiguous()


def _eight_bit(picture: Image.Image) -> Image.Image:
    """The picture with 8 bits a channel and without transparency."""
    if picture.mode.startswith("I"):  # 16-bit grey, which convert would clip instead of scale
        return Image.fromarray((np.asarray(picture) / 257).clip(0, 255).astype("uint8"))
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
    return picture
