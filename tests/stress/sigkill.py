"""Kill a run that saves every other step, at random times, with SIGKILL, and look at what it left.

    python -m tests.stress.sigkill --kills 100

After every kill: the newest checkpoint loads, at most one interval of steps is lost, and a restart leaves no
half-written file. The next child resumes from there, so the run goes on over all the kills.
"""

import argparse
import os
import random
import signal
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import torch

from course_gan.data import Batches
from course_gan.marker import NAME
from course_gan.models import MLPDiscriminator, MLPGenerator
from course_gan.training import GAN, Backend, RunDirectory, train

SAVE_EVERY = 2


@dataclass
class Report:
    """What was seen: kills, those that struck while a file was being written, steps made and lost, and failures."""

    kills: int = 0
    in_a_save: int = 0
    steps: int = 0
    lost: int = 0
    failures: list[str] = field(default_factory=list)


def _game(width: int = 128):
    """Large enough that a good part of the time goes into saving."""
    torch.manual_seed(0)
    game = GAN(MLPGenerator(width=width), MLPDiscriminator(width=width), backend=Backend("cpu", "fp32"))
    return game, Batches(torch.randn(64, 2), 8)


def _work(folder: Path, progress: int) -> None:
    """The child: resume, then train until killed, writing one byte a step into the pipe."""
    torch.set_num_threads(1)
    game, batches = _game()
    with RunDirectory(folder) as run:
        run.restore(game, batches)
        for _ in train(game, batches, 10**9, run, SAVE_EVERY):
            os.write(progress, b".")


def kill_at_random(folder: Path, kills: int, seed: int) -> Report:
    """Kill a child `kills` times, each after a random 0 to 0.3 s of stepping, and report."""
    chance, report = random.Random(seed), Report()
    torch.set_num_threads(1)  # no threads may be running when the process forks
    for _ in range(kills):
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                _work(folder, writing)
            finally:
                os._exit(1)
        os.close(writing)
        made = len(os.read(reading, 1))  # wait for the first step
        time.sleep(chance.uniform(0, 0.3))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        with os.fdopen(reading, "rb") as rest:
            made += len(rest.read())
        _inspect(folder, report, made)
    return report


def _inspect(folder: Path, report: Report, made: int) -> None:
    report.kills += 1
    report.in_a_save += bool(list(folder.glob("*.partial")))
    game, batches = _game()
    try:
        with RunDirectory(folder) as run:
            run.restore(game, batches)
    except Exception as error:
        report.failures.append(f"kill {report.kills}: {error}")
        return
    lost = report.steps + made - game.steps
    report.lost += max(lost, 0)
    if lost > SAVE_EVERY:
        report.failures.append(f"kill {report.kills}: {lost} steps lost, an interval is {SAVE_EVERY}")
    leftovers = [path.name for path in folder.iterdir() if path.name not in ("lock", NAME) and path.suffix != ".pt"]
    if leftovers or len(run.checkpoints()) > run.keep + 1:
        report.failures.append(f"kill {report.kills}: left over: {leftovers} {len(run.checkpoints())} checkpoints")
    report.steps = game.steps


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        report = kill_at_random(Path(folder), arguments.kills, arguments.seed)
    print(
        f"{report.kills} kills, {report.in_a_save} of them in a save; {report.steps} steps kept, {report.lost} lost; "
        f"{len(report.failures)} failures"
    )
    raise SystemExit("\n".join(report.failures) or 0)
