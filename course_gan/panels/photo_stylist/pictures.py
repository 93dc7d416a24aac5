"""The pictures of the stylist: the packaged ones, each made small enough, and as a file for whoever wants it."""

import base64
from typing import Any

import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from course_gan import data
from course_gan.plots.display import encode
from course_gan.plots.grids import as_pixels

LONGEST = 512  # pixels of a packaged picture's longer side


def sized(picture: Any, longest: int) -> Any:
    """A picture (1, c, h, w), made smaller where a side is over `longest` pixels; what is no picture as it is."""
    if not isinstance(picture, Tensor):
        return picture
    scale = min(1.0, longest / max(picture.shape[2:]))
    return F.interpolate(picture, scale_factor=scale, mode="bilinear", antialias=True).clamp(-1, 1)


def packaged() -> dict[str, Tensor]:
    """The packaged photos, by name: (1, 3, h, w) in [-1, 1]."""
    return {name: sized(data.to_float(image[None]), LONGEST) for name, image in data.photos().items()}


def download(picture: Tensor) -> str:
    """The address, as a page's link has it, of a PNG file of a picture (1, c, h, w) in [-1, 1]."""
    return _address(encode(Image.fromarray(as_pixels(picture)[0])), "png")


def preview(picture: Tensor) -> str:
    """The address of a picture (1, c, h, w) in [-1, 1] to be looked at: a WebP, a tenth of the PNG's size."""
    return _address(encode(Image.fromarray(as_pixels(picture)[0]), "WEBP", quality=90), "webp")


def _address(content: bytes, kind: str) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"
