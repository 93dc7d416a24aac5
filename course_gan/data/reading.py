"""One picture file of the user's own: decoded, upright, 8 bits a channel, without transparency."""

import io
import os
import stat
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
import torch
from PIL import Image, ImageCms, UnidentifiedImageError
from torch import Tensor

from course_gan.data.base import check_whole, resample, to_float
from course_gan.data.formats import kind_of, picture_formats
from course_gan.data.levels import UnusablePicture, has_wide_levels, to_levels
from course_gan.data.png_chunks import SIGNATURE, without_remarks
from course_gan.errors import CourseError

LARGEST = 120_000_000  # pixels; a larger file is a mistake or a decompression bomb
HALVED = 25_000_000  # a picture of more pixels is read at half its height and width, to save memory
SUSPECT = 50_000_000  # a picture of more pixels has to have bytes enough for them
PIXELS_A_BYTE = 2_000  # a picture of one colour has 350 pixels per byte of a PNG, and 60 of a JPEG
SHORTEST = 64  # sides of a picture as read_picture gives it, in pixels
LONGEST = 512
_ORIENTATION = 0x0112  # the EXIF tag
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class Reading(NamedTuple):
    """What a file was read as.

    pixels: uint8 (1, c, h, w).
    white: the value taken for white in a grey picture of more than 8 bits; None for all others.
    """

    pixels: Tensor
    white: int | None


def read_picture(file: str | Path | BinaryIO, longest: int = LONGEST) -> Tensor:
    """One picture of the user's own, float (1, 3, h, w) in [-1, 1], made smaller where a side is over `longest`.

    file: a path, or an open binary file. Odd formats are treated as `course_gan.data.folder` treats them.
    longest: pixels, from 64 up.
    Raises CourseError, one line, for what is no picture, is damaged, or has a side under 64 pixels; ValueError for
    another `file` or `longest`.
    """
    check_whole("longest", longest, SHORTEST, "pixels")
    if isinstance(file, io.TextIOBase) or not (isinstance(file, str | os.PathLike) or hasattr(file, "read")):
        raise ValueError(f"file is {file!r:.60}, wanted a path, or a file that was opened with open(path, 'rb')")
    name = str(getattr(file, "name", "the picture") if hasattr(file, "read") else file)
    if hasattr(file, "seekable") and not file.seekable():
        file = io.BytesIO(file.read())
    try:
        pixels = read_pixels(file, channels=3).pixels
    except UnusablePicture as error:
        raise CourseError(f"{name}: cannot be used ({error}); wanted a picture such as .png or .jpg") from error
    height, width = pixels.shape[2:]
    scale = min(1.0, longest / max(height, width))
    shape = round(scale * height), round(scale * width)
    if min(shape) < SHORTEST:
        found = f"{width}×{height} pixels"
        if scale < 1:
            found += f", {shape[1]}×{shape[0]} as used here"
        raise CourseError(f"{name}: {found}, but each side has to have at least {SHORTEST}; choose another picture")
    return to_float(resample(pixels, shape))


def read_pixels(file: str | Path | BinaryIO, channels: int = 3) -> Reading:
    """One decoded image, treated as in folder; one of more than 25 megapixels at half its height and width.

    channels: 3 for colour, 1 for grey. Raises UnusablePicture for a file that cannot be decoded, has more than 120
    megapixels, or does not tell which of its values is white.
    """
    _refuse_odd_files(file)
    try:
        return _read(file, channels)
    except UnusablePicture as error:
        mended = _mended(file)
        if mended is None:
            raise
        try:
            return _read(mended, channels)
        except UnusablePicture:
            raise error from None


def _read(file: str | Path | BinaryIO, channels: int) -> Reading:
    with _decoding(file):
        picture = Image.open(file, formats=picture_formats())
    with picture:
        size = picture.size
        _refuse_bombs(size, file)
        is_halved = size[0] * size[1] > HALVED
        with _decoding(file):
            if is_halved:
                picture.draft(None, (size[0] // 2, size[1] // 2))  # a JPEG is decoded at half its size
            picture.load()
        turn = _turn(picture)
        white = None
        flat = picture
        if has_wide_levels(picture):
            flat, white = to_levels(picture)
        with _decoding(file):
            flat = _flat(flat)
            if is_halved:
                flat = _halved(flat, size)
            if flat.mode == "RGBA":
                flat = Image.alpha_composite(Image.new("RGBA", flat.size, "white"), flat)
            upright = flat if turn is None else flat.transpose(turn)
            upright = upright.convert("RGB" if channels == 3 else "L")
    pixels = torch.from_numpy(np.array(upright))
    pixels = pixels.view(1, *pixels.shape[:2], channels).permute(0, 3, 1, 2).contiguous()
    return Reading(pixels, white)


def _refuse_odd_files(file: str | Path | BinaryIO) -> None:
    """Raise UnusablePicture for a pipe or a device, which would be waited for without end."""
    if isinstance(file, str | os.PathLike) and os.path.exists(file):
        mode = os.stat(file).st_mode
        if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
            raise UnusablePicture("no regular file")


def _mended(file: str | Path | BinaryIO) -> BinaryIO | None:
    """A PNG without its remarks, which may be what cannot be read; None for another file, or one that does not open."""
    try:
        with _from_its_start(file) as stream:
            head = stream.read(len(SIGNATURE))
            return io.BytesIO(without_remarks(head + stream.read())) if head == SIGNATURE else None
    except OSError:
        return None


@contextmanager
def _from_its_start(file: str | Path | BinaryIO) -> Iterator[BinaryIO]:
    """The file, open at its first byte."""
    if hasattr(file, "read"):
        place = file.tell()
        file.seek(0)
        yield file
        file.seek(place)
    else:
        with open(file, "rb") as stream:
            yield stream


def _refuse_bombs(size: tuple[int, int], file: str | Path | BinaryIO) -> None:
    """Raise UnusablePicture for more pixels than anybody takes, or than the file can hold of a picture."""
    pixels = size[0] * size[1]
    if pixels <= SUSPECT:
        return
    if pixels > LARGEST:
        raise UnusablePicture(f"{size[0]}×{size[1]}, over {LARGEST // 1_000_000} megapixels")
    with _from_its_start(file) as stream:
        length = stream.seek(0, os.SEEK_END)
    if pixels > length * PIXELS_A_BYTE:
        found = f"{size[0]}×{size[1]} pixels in a file of {length / 1000:.0f} kB"
        raise UnusablePicture(f"{found}, a decompression bomb")


@contextmanager
def _decoding(file: str | Path | BinaryIO) -> Iterator[None]:
    """Whatever Pillow raises inside comes as UnusablePicture; what it warns of is not for the user."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except UnidentifiedImageError as error:
        raise UnusablePicture(_unidentified(file)) from error
    except Exception as error:  # its decoders raise many kinds on damaged files
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise UnusablePicture(" ".join(reason.split())) from error


def _unidentified(file: str | Path | BinaryIO) -> str:
    """Why Pillow does not know the file: what it is instead, where that can be told."""
    with _from_its_start(file) as stream:
        kind = kind_of(stream.read(16))
    name = "" if hasattr(file, "read") else f" '{file}'"
    return f"cannot identify image file{name}" + (f": it is {kind}" if kind else "")


def _turn(picture: Image.Image) -> Image.Transpose | None:
    """What puts a decoded picture upright; None if nothing does, or if its EXIF block is damaged."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _UPRIGHT.get(picture.getexif().get(_ORIENTATION))
    except Exception:  # whatever the parser meets in a damaged block
        return None


def _flat(picture: Image.Image) -> Image.Image:
    """A picture of 8 bits a channel in a mode that Pillow can make grey; RGBA if anything in it is transparent."""
    if picture.mode == "LAB":
        lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(picture, lab, srgb, outputMode="RGB")
    if picture.mode == "La":  # which Pillow converts to nothing else
        picture = picture.convert("LA")
    return picture.convert("RGBA") if picture.has_transparency_data else picture


def _halved(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The picture at half of `size`; a width stays even or odd as it was, which tells whether it holds a pair."""
    if picture.size == size:
        plain = picture if picture.mode in ("L", "RGB", "RGBA") else picture.convert("RGB")
        picture = plain.reduce(2)
    width, height = picture.size
    return picture.crop((0, 0, width - (width - size[0]) % 2, height))
