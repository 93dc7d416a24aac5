"""A step of the library's DCGAN game against the plain recipe: python benchmarks/step.py (writes benchmarks/step.json).

The plain recipe is what tutorials print: two Adam steps in float32, fakes detached, nothing frozen. Ours does the same
game and also watches for NaN, keeps an EMA and a random state of its own. Both take turns, ten steps at a time.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from course_gan import models
from course_gan.files import write_whole
from course_gan.training import GAN, Backend
from workshop import study

ROUNDS = 9
STEPS = 10  # of each in a round
BATCH = 64
LATENT_DIM = 100
SIZES = ((16, 32), (32, 32), (64, 64))  # width of the networks, pixels of an image
Step = Callable[[Tensor], Any]  # of a batch of real images


def plain(width: int, size: int) -> Step:
    """A step as tutorials print it."""
    generator = models.DCGANGenerator(LATENT_DIM, 1, width, size)
    discriminator = models.DCGANDiscriminator(1, width, size)
    generator_adam = torch.optim.Adam(generator.parameters(), 2e-4, (0.5, 0.999))
    discriminator_adam = torch.optim.Adam(discriminator.parameters(), 2e-4, (0.5, 0.999))

    def step(real: Tensor) -> None:
        # draw
        fake = generator(torch.randn(len(real), LATENT_DIM))
        # judge
        loss = F.softplus(-discriminator(real)).mean() + F.softplus(discriminator(fake.detach())).mean()
        # step D
        discriminator_adam.zero_grad()
        loss.backward()
        discriminator_adam.step()
        # step G
        loss = F.softplus(-discriminator(fake)).mean()
        generator_adam.zero_grad()
        loss.backward()
        generator_adam.step()

    return step


def ours(width: int, size: int, dtype: str) -> Step:
    """A step of the library's game in this number format."""
    generator = models.DCGANGenerator(LATENT_DIM, 1, width, size)
    discriminator = models.DCGANDiscriminator(1, width, size)
    game = GAN(generator, discriminator, backend=Backend("cpu", dtype))
    return lambda real: game.step(iter([real]))


def compare(width: int, size: int) -> dict[str, dict[str, float]]:
    """Median milliseconds of a step by turns, and how many times as fast as the plain one each is."""
    torch.manual_seed(0)
    real = torch.randn(BATCH, 1, size, size)
    steps = {
        "plain": plain(width, size),
        "ours fp32": ours(width, size, "fp32"),
        "ours auto": ours(width, size, "auto"),
    }
    times = {name: [] for name in steps}
    for _ in range(ROUNDS):
        for name, step in steps.items():
            began = time.perf_counter()
            for _ in range(STEPS):
                step(real)
            times[name].append((time.perf_counter() - began) / STEPS)
    medians = {name: statistics.median(taken[1:]) for name, taken in times.items()}  # the first round warms up
    return {
        "milliseconds": {name: round(1000 * median, 1) for name, median in medians.items()},
        "times_as_fast_as_plain": {name: round(medians["plain"] / median, 2) for name, median in medians.items()},
    }


def measure() -> dict[str, Any]:
    """All sizes, and how they were measured."""
    result: dict[str, Any] = {f"width {width}, {size}×{size}": compare(width, size) for width, size in SIZES}
    result |= {
        "rounds": ROUNDS,
        "steps_a_round": STEPS,
        "batch": BATCH,
        "threads": torch.get_num_threads(),
        "machine": study.machine(),
        "versions": {"python": sys.version.split()[0], "torch": torch.__version__},
    }
    return result


def main() -> None:
    """Measure, write step.json and print it."""
    text = json.dumps(measure(), indent=2, ensure_ascii=False)
    write_whole(Path(__file__).with_suffix(".json"), text + "\n")
    print(text)


if __name__ == "__main__":
    main()
