"""What `course-gan stylize` does: read a photo, paint it, and write a new file."""

import difflib
import time
from pathlib import Path

from course_gan.data import read_picture
from course_gan.errors import CourseError
from course_gan.files import write_whole
from course_gan.models import in_styles, load_style_network
from course_gan.runner.new_files import FORMATS, encoded, new_picture
from course_gan.training import repaint

SIZES = (64, 1024)  # pixels of the longest side
STYLE_SIDE = 384  # pixels of the longest side of a style of the user's own


def stylized(photo: str, style: str, out: str | None, strength: float, size: int) -> tuple[Path, float]:
    """Paint a photo and write the result; returns its path and how many seconds the painting took.

    photo: a file. style: a name of the style network, or a file. out: the file to write, which must not be there yet,
    None for "PHOTO in STYLE.png" in the working directory. strength: from 0 to 1. size: of the longest side, pixels.
    CourseError, one line, for whatever cannot be; nothing is written then.
    """
    if not 0 <= strength <= 1:
        raise CourseError(f"--strength is {strength:g}, but has to be from 0, the photo, to 1, the painting")
    if not SIZES[0] <= size <= SIZES[1]:
        raise CourseError(f"--size is {size}, but has to be from {SIZES[0]} to {SIZES[1]} pixels")
    network = load_style_network()
    known = style in network.styles
    if not known and not Path(style).is_file():
        raise CourseError(_no_style(style, network.styles))
    target = new_picture(f"{Path(photo).stem} in {Path(style).stem}.png" if out is None else out)
    content = read_picture(photo, size)
    began = time.perf_counter()
    if known:
        painted = in_styles(network, content, [style], strength=strength)
    else:
        painted = content + strength * (repaint(content, read_picture(style, STYLE_SIDE), photo=content) - content)
    seconds = time.perf_counter() - began
    write_whole(target, encoded(painted, FORMATS[target.suffix.lower()]))
    return target, seconds


def _no_style(style: str, names: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(style, names, 1)
    hint = f"did you mean {near[0]}? " if near else ""
    return f"{style!r} is neither a style nor a file: {hint}styles are {', '.join(names)}; or give a picture's path"
