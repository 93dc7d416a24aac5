"""A game as the dynamics panel sees it: levers, moves of one side at a time, and something to look at in the plane."""

import copy
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from course_gan import data, metrics
from course_gan.errors import CourseError
from course_gan.panels.plane_game.levers import LEVERS
from course_gan.plots.plane import Limits, as_maps, lattice
from course_gan.training import GAN

COUNTED = 1000  # samples among which modes are counted


class PlaneGame:
    """A `course_gan.training.GAN` on points of the plane, with levers within their limits.

    game: the learner's own; points: real data (n, 2); modes: centres (m, 2) or None, of this std.
    count: (samples, modes) -> (modes found, share of samples near one); default `metrics.mode_count`.
    batch_size, seed: of the batches of points that it is trained with. levers: the values of the levers, by name.
    Raises CourseError for points that are not of a plane.
    """

    def __init__(
        self,
        game: GAN,
        points: Tensor | None,
        modes: Tensor | None = None,
        std: float = 0.05,
        count: Callable[[Tensor, Tensor], tuple[int, float]] | None = None,
        batch_size: int = 256,
        seed: int = 0,
    ):
        shape = getattr(points, "shape", None)
        if shape is None or tuple(shape[1:]) != (2,):
            raise CourseError(f"points are {shape and tuple(shape)}, but have to be real data of a plane, (n, 2)")
        self.game = game
        self.points = points
        self.modes = modes
        self.count = count or (lambda samples, centres: metrics.mode_count(samples, centres, std))
        self.batches = data.Batches(points, min(batch_size, len(points)), seed)
        self._start = copy.deepcopy((game.state_dict(), self.batches.state_dict()))
        self.levers = {
            "lr": game.optimizers["generator"].param_groups[0]["lr"],
            "lr_discriminator": game.optimizers["discriminator"].param_groups[0]["lr"],
            "discriminator_steps": game.discriminator_steps,
            "r1": game.r1,
        }
        if game.averages:
            self.levers["ema"] = game.averages["generator"].decay

    def set(self, name: str, value: float) -> None:
        """Pull a lever; CourseError where the game has none of this name or the value is outside its limits."""
        if name not in self.levers:
            raise CourseError(f"this game has no {name!r}: it has {', '.join(self.levers)}")
        value = LEVERS[name].checked(value)
        self.levers[name] = int(value) if name == "discriminator_steps" else float(value)
        self._apply()

    def _apply(self) -> None:
        levers = self.levers
        for side, name in (("generator", "lr"), ("discriminator", "lr_discriminator")):
            for group in self.game.optimizers[side].param_groups:
                group["lr"] = levers[name]
        self.game.discriminator_steps = levers["discriminator_steps"]
        self.game.r1 = levers["r1"]
        for average in self.game.averages.values():
            average.decay = levers["ema"]

    def move(self, side: str) -> None:
        """Let the "discriminator" or the "generator" move once."""
        moves = {"discriminator": self.game.discriminator_step, "generator": self.game.generator_step}
        moves[side](self.game.backend.to_device(next(self.batches)))

    def round(self) -> int:
        """One step of training; how many have been made."""
        self.game.step(self.batches)
        return self.game.steps

    def reset(self) -> None:
        """Back to the start, with the levers as they are."""
        game, batches = copy.deepcopy(self._start)
        self.game.load_state_dict(game)
        self.batches.load_state_dict(batches)
        self._apply()

    def judge(self, places: Tensor) -> Tensor:
        """D(x), a probability (n,), at places (n, 2)."""
        return torch.sigmoid(self.game.answer("discriminator", places))

    def field(self, limits: Limits, resolution: int) -> np.ndarray:
        """D(x) on a lattice of the plane, (resolution, resolution), row by row from the bottom; limits: its sides."""
        answers = self.judge(lattice(limits, resolution)).reshape(-1, 1)
        return as_maps(answers)[0]

    def found(self, ema: bool = False) -> tuple[int, float] | None:
        """How many modes are found, and the share of samples near one; None where there are no modes to count.

        ema: whether the averaged generator's samples are counted.
        """
        if self.modes is None:
            return None
        return tuple(self.count(self.game.sample(n=COUNTED, ema=ema), self.modes))
