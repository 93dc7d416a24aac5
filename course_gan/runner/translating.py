"""What `course-gan translate` does: pictures of one's own through a trained translator, each at its own size."""

from collections import Counter
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from course_gan.data import pictures_in, to_float
from course_gan.data.base import resample
from course_gan.data.reader import Reader
from course_gan.errors import CourseError
from course_gan.files import write_whole
from course_gan.recipes import Recipe
from course_gan.runner.new_files import encoded, new_folder
from course_gan.runner.trained import Trained, opened

DIRECTIONS = ("a_to_b", "b_to_a")
LONGEST = 1024  # pixels of the longest side, unless one asks for more
SIZES = (8, 4096)


def translated(run: Path, source: Path, out: str, direction: str | None = None, longest: int = LONGEST) -> int:
    """Write what a run's averaged translator makes of a picture, or of all in a folder; returns how many.

    out: a new folder, in which each result is a PNG of the name that its picture has.
    direction: of a CycleGAN, "a_to_b" (the default) or "b_to_a". longest: pixels; larger pictures are made smaller.
    CourseError, one line, for whatever cannot be; for pictures that cannot be used after all others are written.
    """
    if not SIZES[0] <= longest <= SIZES[1]:
        raise CourseError(f"--size is {longest}, but has to be from {SIZES[0]} to {SIZES[1]} pixels")
    target = new_folder(out)
    trained = opened(run)
    trained.require("Pix2Pix", "CycleGAN", "CUT")
    _check_direction(trained, direction)
    recipe = trained.build()
    channels = recipe.input_channels()
    if channels not in (1, 3):
        wanted = f"translates {channels} channels, a picture and its latitude, but a file has 3"
        raise CourseError(f"{run} {wanted}: choose a run of other data")
    files = _files(source)
    reader = Reader(channels)
    target.mkdir(exist_ok=True)
    written = 0
    for (name, file), new in zip(files.items(), _new_names(list(files))):
        pixels = reader.read(file, name, lambda pixels: _at_most(pixels, longest))
        if pixels is None:
            continue
        path = target / new
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, encoded(translate(recipe, to_float(pixels), direction)))
        written += 1
    if reader.unusable:
        there = f"{written} of {len(files)} picture(s) are in {target}"
        raise CourseError(f"{there}, {len(reader.unusable)} cannot be used: {reader.unusable_listed()}")
    return written


def translate(recipe: Recipe, picture: Tensor, direction: str | None = None) -> Tensor:
    """A translation (1, c, h, w) of a picture of that size in [-1, 1], by the recipe's averaged translator.

    Where the network halves sides that do not divide, the picture is padded by reflection, and what is added is cut
    off again.
    """
    height, width = picture.shape[2:]
    unit = 2 ** recipe.halvings()
    tall, wide = (max(2 * unit, -(-side // unit) * unit) for side in (height, width))
    added = ((0, 0), (0, 0), (0, tall - height), (0, wide - width))
    padded = torch.from_numpy(np.pad(picture.numpy(), added, mode="reflect"))
    how = {} if direction is None else {"direction": direction}
    return recipe.game.sample(padded, **how)[:, :, :height, :width]


def _check_direction(trained: Trained, direction: str | None) -> None:
    if direction is None:
        return
    if trained.game_name != "CycleGAN":
        raise CourseError(f"--direction is for a CycleGAN, but {trained.folder} translates one way only: leave it out")
    if direction not in DIRECTIONS:
        raise CourseError(f"--direction is {direction!r}, but has to be {' or '.join(DIRECTIONS)}")


def _files(source: Path) -> dict[str, Path]:
    """The pictures to translate, by the names that they have from the folder on."""
    if source.is_dir():
        listing = pictures_in(source, "pictures")
        return {name: listing.path / name for name in listing.sizes}
    if not source.exists():
        raise CourseError(f"{source}: No such file or directory; name a picture, or a folder of pictures")
    return {source.name: source}


def _new_names(names: list[str]) -> list[str]:
    """Each name with .png for its suffix, or behind it where two would become one."""
    plain = [str(Path(name).with_suffix(".png")) for name in names]
    count = Counter(plain)
    return [new if count[new] == 1 else f"{name}.png" for name, new in zip(names, plain)]


def _at_most(pixels: Tensor, longest: int) -> Tensor:
    """uint8 (1, c, h, w), made smaller where a side is longer."""
    height, width = pixels.shape[2:]
    scale = min(1.0, longest / max(height, width))
    return resample(pixels, (max(1, round(scale * height)), max(1, round(scale * width))))
