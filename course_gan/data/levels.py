"""Grey pictures of more than 8 bits, whole numbers or floats, brought to the levels 0 to 255."""

import numpy as np
from PIL import Image

_HALF_A_LEVEL = 0.5 / 255  # how far a float may lie outside its range; it is clipped
_DARKEST_WHITE = 16  # a float picture of levels 0 to 255 that is nowhere brighter would be black
_INSTEAD = "save it with 8 bits, or as floats from 0 to 1"
_BITS, _WHITE_IS_ZERO, _SAMPLE_FORMAT = 258, 262, 339  # tags of a TIFF


class UnusablePicture(ValueError):
    """Why a file cannot be used as a picture, in a few words that do not name it."""


def has_wide_levels(picture: Image.Image) -> bool:
    """Whether Pillow's convert would clip the values of this grey picture, or misread them."""
    return picture.mode[0] in "IF" or _is_signed(picture)


def to_levels(picture: Image.Image) -> tuple[Image.Image, int | None]:
    """A picture with wide levels as 8-bit grey, and the value that was taken for white; None if all of it is black.

    Sixteen bits are scaled by 257, or less where a TIFF states fewer bits. What does not state its range is told by
    its values: floats up to 1; whole numbers up to 255, also in files of 16 bits; up to 65535 if more than half.
    Raises UnusablePicture for NaN, negative values, and a range that cannot be told.
    """
    values = _values(picture)
    with np.errstate(all="ignore"):
        white = _white(values, _stated(picture))
        levels = np.rint(values.astype(np.float32) * np.float32(255 / (white or 255)))
        levels = levels.clip(0, 255).astype(np.uint8)
    if _tags(picture).get(_WHITE_IS_ZERO) == 0 and picture.mode != "L":  # Pillow inverts only 8 bits
        levels = 255 - levels
        white = white or 255
    transparent = picture.info.get("transparency")
    if isinstance(transparent, int):
        levels[values == transparent] = 255
    return Image.fromarray(levels), white


def _values(picture: Image.Image) -> np.ndarray:
    values = np.asarray(picture)
    if picture.mode == "L":
        return values.view(np.int8)
    if picture.mode == "I" and _tags(picture).get(_BITS) == (32,) and not _is_signed(picture):
        return values.view(np.uint32)
    return values


def _stated(picture: Image.Image) -> int | None:
    """The value of white that the file's format states."""
    if picture.mode.startswith("I;16"):
        return 4095 if _tags(picture).get(_BITS) == (12,) else 65535
    return 65535 if picture.mode == "I" and picture.format in ("PNG", "PPM") else None


def _white(values: np.ndarray, stated: int | None) -> int | None:
    """Which value is white, or None where all are 0."""
    if not np.isfinite(values).all():
        raise UnusablePicture(f"values that are no numbers, NaN or infinite; {_INSTEAD}")
    least, most = float(values.min()), float(values.max())
    if least == most == 0:
        return None
    found = f"values from {least:g} to {most:g}"
    is_float = values.dtype.kind == "f"
    slack = 1 + _HALF_A_LEVEL if is_float else 1
    white = stated
    if is_float and most <= slack:
        white = 1
    elif most <= 255 * slack and (most >= _DARKEST_WHITE or _are_whole(values)):
        white = 255 if most > 1 or stated else None
    elif white is None and 65535 / 2 < most <= 65535:
        white = 65535
    if least < -_HALF_A_LEVEL * (white or 1):
        raise UnusablePicture(f"{found}, negative ones among them; {_INSTEAD}")
    if white is None:
        raise UnusablePicture(f"{found}, which does not tell what is white; {_INSTEAD}")
    return white


def _are_whole(values: np.ndarray) -> bool:
    return values.dtype.kind != "f" or bool((values == np.floor(values)).all())


def _is_signed(picture: Image.Image) -> bool:
    return _tags(picture).get(_SAMPLE_FORMAT) == (2,)


def _tags(picture: Image.Image) -> dict:
    return getattr(picture, "tag_v2", {})
