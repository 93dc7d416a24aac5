"""A step of the library's DCGAN game against the plain recipe: python benchmarks/step.py (writes benchmarks/step.json).

The plain recipe is what tutorials print: two Adam steps in float32, fakes detached, nothing frozen. Ours does the same
game and also watches for NaN, keeps an EMA and a random state of its own. Both take turns, ten steps at a time.
"""

import json
import statistics
import sys
import time
from pathlib import Path

import torch
import torch.nn.functional as F

from course_gan import models
from course_gan.training import GAN, Backend
from workshop.machine import machine

ROUNDS, STEPS, BATCH = 9, 10, 64


def plain(width: int, size: int):
    G, D = models.DCGANGenerator(100, 1, width, size), models.DCGANDiscriminator(1, width, size)
    adam_G, adam_D = (torch.optim.Adam(p.parameters(), 2e-4, (0.5, 0.999)) for p in (G, D))

    def step(real):
        fake = G(torch.randn(len(real), 100))
        loss = F.softplus(-D(real)).mean() + F.softplus(D(fake.detach())).mean()
        adam_D.zero_grad()
        loss.backward()
        adam_D.step()
        loss = F.softplus(-D(fake)).mean()
        adam_G.zero_grad()
        loss.backward()
        adam_G.step()

    return step


def ours(width: int, size: int, dtype: str):
    players = models.DCGANGenerator(100, 1, width, size), models.DCGANDiscriminator(1, width, size)
    game = GAN(*players, backend=Backend("cpu", dtype))
    return lambda real: game.step(iter([real]))


def compare(width: int, size: int) -> dict:
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
            start = time.perf_counter()
            for _ in range(STEPS):
                step(real)
            times[name].append((time.perf_counter() - start) / STEPS)
    medians = {name: statistics.median(t[1:]) for name, t in times.items()}
    return {
        "milliseconds": {name: round(1000 * m, 1) for name, m in medians.items()},
        "times_as_fast_as_plain": {name: round(medians["plain"] / m, 2) for name, m in medians.items()},
    }


result = {f"width {w}, {s}×{s}": compare(w, s) for w, s in ((16, 32), (32, 32), (64, 64))}
result |= {
    "rounds": ROUNDS,
    "steps_a_round": STEPS,
    "batch": BATCH,
    "threads": torch.get_num_threads(),
    "machine": machine(),
    "versions": {"python": sys.version.split()[0], "torch": torch.__version__},
}
Path(__file__).with_suffix(".json").write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n")
print(json.dumps(result, indent=2, ensure_ascii=False))
