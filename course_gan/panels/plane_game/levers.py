"""A game as the dynamics panel sees it: levers, moves of one side at a time, and something to look at in the plane."""

import copy

import torch
from torch import Tensor

from course_gan import data, metrics
from course_gan.errors import CourseError
from course_gan.training import GAN

_RATES = tuple(factor * 10.0**power for power in range(-5, 0) for factor in (1, 2, 5)) + (1.0,)
# Numbers that may be changed during the game: label, and the values that a slider stops at.
LEVERS = {
    "lr": ("learning rate of G", _RATES),
    "lr_discriminator": ("learning rate of D", _RATES),
    "discriminator_steps": ("D steps per G step", tuple(range(1, 11))),
    "r1": ("R1, γ", (0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0)),
    "ema": ("EMA decay", (0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999)),
}


class PlaneGame:
    """A `course_gan.training.GAN` on points of the plane, with levers within their limits.

    game: the learner's own; points: real data (n, 2); modes: centres (m, 2) or None, of this std.
    count: (samples, modes) -> (modes found, share of samples near one); default `metrics.mode_count`.
    """

    def __init__(self, game: GAN, points: Tensor, modes=None, std=0.05, count=None, batch_size=256, seed=0):
        shape = getattr(points, "shape", None)
        if shape is None or tuple(shape[1:]) != (2,):
            raise CourseError(f"points are {shape and tuple(shape)}, but have to be real data of a plane, (n, 2)")
        self.game, self.points, self.modes = game, points, modes
        self.batches = data.Batches(points, min(batch_size, len(points)), seed)
        self.count = count or (lambda samples, centres: metrics.mode_count(samples, centres, std))
        self._start = copy.deepcopy((game.state_dict(), self.batches.state_dict()))
        rates = {side: optimizer.param_groups[0]["lr"] for side, optimizer in game.optimizers.items()}
        self.levers = {"lr": rates["generator"], "lr_discriminator": rates["discriminator"]}
        self.levers |= {"discriminator_steps": game.discriminator_steps, "r1": game.r1}
        if game.averages:
            self.levers["ema"] = game.averages["generator"].decay

    def set(self, name: str, value: float) -> None:
        """Pull a lever; CourseError where the game has none of this name or the value is outside its limits."""
        if name not in self.levers:
            raise CourseError(f"this game has no {name!r}: it has {', '.join(self.levers)}")
        label, (low, *_, high) = LEVERS[name]
        if not low <= value <= high:
            raise CourseError(f"{label} is {value!r}, but has to be from {low:g} to {high:g}")
        self.levers[name] = int(value) if name == "discriminator_steps" else float(value)
        self._apply()

    def _apply(self):
        game, levers = self.game, self.levers
        for side, name in (("generator", "lr"), ("discriminator", "lr_discriminator")):
            for group in game.optimizers[side].param_groups:
                group["lr"] = levers[name]
        game.discriminator_steps, game.r1 = levers["discriminator_steps"], levers["r1"]
        for average in game.averages.values():
            average.decay = levers["ema"]

    def move(self, side: str) -> None:
        """Let the "discriminator" or the "generator" move once."""
        getattr(self.game, f"{side}_step")(self.game.backend.to_device(next(self.batches)))

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
        """D(x), a probability, at places (n, 2)."""
        return torch.sigmoid(self.game.answer("discriminator", places))

    def found(self, ema: bool = False) -> tuple[int, float] | None:
        """How many modes are found, and the share of samples near one; None where there are no modes to count."""
        return None if self.modes is None else tuple(self.count(self.game.sample(n=1000, ema=ema), self.modes))
