"""What `course-gan train --preview` does: a sheet of what the networks will see, and no training."""

import dataclasses
import math
from typing import Any

import torch
from torch import Tensor

from course_gan.data.batches import Batches
from course_gan.errors import CourseError
from course_gan.files import write_whole
from course_gan.recipes import Recipe, recipe_of
from course_gan.runner.new_files import FORMATS, new_picture, sheet
from course_gan.runner.resuming import asked

MOST = 64  # images of a batch that are shown
COLOURS = 3  # further channels are no colours


def previewed(lesson: str, profile: str, out: str, given: dict[str, Any]) -> str:
    """Write the first batch of a training on a sheet, pairs side by side; returns a line on it.

    given: settings by name, in lower case. CourseError, one line, for whatever cannot be; nothing is written then.
    """
    path = new_picture(out, "--preview")
    recipe_class = recipe_of(lesson)
    chosen = asked(recipe_class, profile, given)
    recipe = recipe_class(dataclasses.replace(chosen, device="cpu", compile=False))
    images, columns, kind = _shown(recipe, next(recipe.batches))
    if images.ndim != 4:
        raise CourseError(f"lesson {recipe.lesson} learns points, of which there is no picture: leave out --preview")
    write_whole(path, sheet(images[:, :COLOURS], columns, FORMATS[path.suffix.lower()]))
    about = f"{recipe.about}; " if recipe.about else ""
    return f"{about}{path} shows {kind}, as the networks will see it; nothing was trained"


def _shown(recipe: Recipe, batch: Tensor | tuple[Tensor, Tensor]) -> tuple[Tensor, int, str]:
    """The images of a sheet, how many are in a row, and what they are."""
    if isinstance(batch, Tensor):
        images = batch[:MOST]
        return images, math.ceil(math.sqrt(len(images))), f"{len(images)} images of the first batch"
    first, second = (part[: MOST // 2, :COLOURS] for part in batch)
    if isinstance(recipe.batches, Batches):  # pairs
        columns = 2 * math.ceil(math.sqrt(len(first) / 2))
        return torch.stack([first, second], 1).flatten(0, 1), columns, f"{len(first)} pairs of the first batch"
    return torch.cat([first, second]), len(first), f"{len(first)} images of A, and as many of B below them"
