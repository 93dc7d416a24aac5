"""The pictures of a training one after another: an animated WebP of what a game made of its fixed samples."""

import io
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

LARGEST = 2_000_000  # bytes
FRAME = 250  # milliseconds that a picture stands
LAST = 2_500  # and the last of them
WIDEST = 720  # pixels
_TRIES = ((1.0, 80), (1.0, 50), (0.7, 50), (0.5, 40), (0.35, 30))  # share of the width, quality; until it is small


def animated(pictures: Sequence[Path]) -> bytes:
    """An animated WebP of PNG files in their order, at most 720 pixels wide and 2 MB large.

    pictures: one or more files of equal size. Raises OSError for a file that cannot be read.
    """
    frames = []
    for path in pictures:
        with Image.open(path) as picture:
            frames.append(picture.convert("RGB"))
    for share, quality in _TRIES:
        content = _encoded(frames, share, quality)
        if len(content) <= LARGEST:
            break
    return content


def _encoded(frames: list[Image.Image], share: float, quality: int) -> bytes:
    width, height = frames[0].size
    scale = min(1.0, WIDEST / width) * share
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    shown = [frame if frame.size == size else frame.resize(size) for frame in frames]
    durations = [FRAME] * (len(shown) - 1) + [LAST]
    file = io.BytesIO()
    shown[0].save(
        file,
        format="WEBP",
        save_all=True,
        append_images=shown[1:],
        duration=durations,
        loop=0,
        quality=quality,
    )
    return file.getvalue()
