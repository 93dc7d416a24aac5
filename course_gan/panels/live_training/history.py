"""What a training panel shows: losses so far, samples of the game, and how long it will take."""

import math
import time
from typing import Any

from torch import Tensor

from course_gan import plots
from course_gan.recipes import Recipe
from course_gan.training import Game
from course_gan.training.loop import Record

REAL = 400  # real points that are drawn


def preview(recipe: Recipe, ema: bool = True) -> Tensor:
    """The recipe's samples, from the averaged players or, with ema=False, from those that are trained.

    Returns points (n, 2), or images (n, c, h, w) in [-1, 1]; the game is left as it is.
    """
    game = recipe.game
    averages = game.averages
    if not ema:
        game.averages = {}
    try:
        return recipe.preview()
    finally:
        game.averages = averages


def real_points(batches: Any) -> Tensor | None:
    """Some of the real points (n, 2) that batches are drawn from; None where they are drawn from anything else."""
    tensors = getattr(batches, "tensors", None)
    if tensors is None or tensors[0].ndim != 2:
        return None
    return tensors[0][:REAL]


class History(plots.LiveFigure):
    """The live figure of a recipe's training, which leaves it to the panel when it is drawn."""

    def __init__(self, recipe: Recipe):
        names = [f"{side}_loss" for side in recipe.game.sides]
        super().__init__(names, every=math.inf, real=real_points(recipe.batches))

    def update(self, record: Record) -> None:
        """Take in a record; a side that did not move leaves a gap in its curve."""
        some = next(iter(record.values.values()))
        gap = math.nan * some  # on the device that the losses are on
        values = {name: record.values.get(name, gap) for name in self.losses}
        super().update({"step": record.step, **values})


class Pace:
    """How fast a game is trained from now on."""

    def __init__(self, game: Game):
        self.game = game
        self._first = game.steps
        self._began = time.monotonic()

    def seconds_to(self, steps: int) -> float:
        """How many seconds it will take until the game has made so many steps in all."""
        made = max(1, self.game.steps - self._first)
        return (steps - self.game.steps) * (time.monotonic() - self._began) / made


def duration(seconds: float) -> str:
    """Seconds as a person says them."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.1f} min"
    return f"{seconds / 3600:.1f} h"
