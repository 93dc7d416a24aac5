"""What `course-gan sample` does: pictures out of a trained generator, on one sheet or one file each."""

import math
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor

from course_gan.data.formats import picture_suffixes
from course_gan.errors import CourseError
from course_gan.files import write_whole
from course_gan.runner.new_files import FORMATS, encoded, new_folder, new_picture, sheet
from course_gan.runner.trained import opened
from course_gan.training import GAN

MOST = 100_000  # samples of one call
MOST_ON_A_SHEET = 1_024
AT_ONCE = 256


def sampled(run: Path, n: int, out: str, seed: int = 0) -> Path:
    """Write n samples of a run's averaged generator; returns the file or the folder.

    out: a file that ends in .png, .jpg or .webp, for one sheet of up to 1,024, else a new folder for one PNG each.
    seed: of the latents; the first of more samples are those of fewer.
    CourseError, one line, for whatever cannot be; nothing is written then.
    """
    if not 1 <= n <= MOST:
        raise CourseError(f"-n is {n}, but has to be from 1 to {MOST:,}")
    is_sheet = Path(out).suffix.lower() in picture_suffixes()
    if is_sheet and n > MOST_ON_A_SHEET:
        raise CourseError(f"-n is {n}, but a sheet holds {MOST_ON_A_SHEET:,} at most: name a folder by --out")
    target = new_picture(out) if is_sheet else new_folder(out)
    trained = opened(run)
    trained.require("GAN")
    game = trained.build().game
    if game.sample(n=1).ndim != 4:
        raise CourseError(
            f"{run} holds a run of lesson {trained.recipe.lesson}, whose samples are points, not pictures"
        )
    pieces = _samples(game, n, seed)
    if is_sheet:
        images = torch.cat(list(pieces))
        write_whole(target, sheet(images, min(n, math.ceil(math.sqrt(n))), FORMATS[target.suffix.lower()]))
        return target
    target.mkdir(exist_ok=True)
    number = 0
    for images in pieces:
        for image in images.split(1):
            number += 1
            write_whole(target / f"{number:06d}.png", encoded(image))
    return target


def _samples(game: GAN, n: int, seed: int) -> Iterator[Tensor]:
    """n samples (k, c, h, w) in [-1, 1], a few hundred at a time."""
    generator = torch.Generator().manual_seed(seed)
    for start in range(0, n, AT_ONCE):
        count = min(AT_ONCE, n - start)
        latents = torch.stack([torch.randn(game.latent_dim, generator=generator) for _ in range(count)])
        yield game.sample(latents)
