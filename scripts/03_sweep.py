"""Sweep lesson 03's learning rate with papermill, three seeds each: python scripts/03_sweep.py

A point is one whole execution of the lesson with other parameters; what the lesson claims of itself (the mime type of
claims) is read back from the executed notebook. Eight minutes on a quiet core; points are kept in build/03 and not
repeated while they are there. Writes results/03_sweep.json.
"""

import itertools
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

import papermill

from course_gan.catalogue import choose
from course_gan.files import ROOT
from course_gan.page.claims import claims_in
from course_gan.runner import notebooks as notebook_files
from workshop import convert, digests, study

RATES = (1e-4, 4e-4, 1.6e-3, 6.4e-3)
SEEDS = (0, 1, 2)
# Small pictures: a sweep is for scouting.
PARAMETERS = {"PROFILE": "smoke", "WIDTH": 16, "STEPS": 1200, "BATCH_SIZE": 64}
READ = {
    "named": "samples named with 90 % certainty, share",
    "frechet": "Fréchet distance of the samples to held-out glyphs",
}
KEPT = ROOT / "build" / "03"


def point(source: Path, rate: float, seed: int, folder: Path, parameters: dict[str, Any] = PARAMETERS) -> dict:
    """One execution of the notebook `source`: the values in READ, and its wall-clock seconds."""
    target = folder / f"lr-{rate:g}-seed-{seed}.ipynb"
    chosen = parameters | {"LR": rate, "SEED": seed}
    began = time.monotonic()
    papermill.execute_notebook(source, target, chosen, cwd=folder, progress_bar=False, log_output=False)
    seconds = round(time.monotonic() - began, 1)
    stated = {claim.name: claim.value for claim in claims_in(notebook_files.read(target))}
    values = {name: float(f"{stated[claim]:.4g}") for name, claim in READ.items()}
    return {"lr": rate, "seed": seed, "seconds": seconds, **values}


def sweep() -> None:
    """Every rate from every seed, and the record."""
    (lesson,) = choose(("03",))
    digest = digests.digest(lesson.source.read_text(encoding="utf-8"))
    runs = []
    with tempfile.TemporaryDirectory(prefix="course-gan-sweep-") as scratch:
        folder = Path(scratch)
        source = folder / "03_dcgan.ipynb"
        notebook_files.write(convert.to_notebook(lesson.source), source)
        for rate, seed in itertools.product(RATES, SEEDS):
            about = PARAMETERS | {"LR": rate, "SEED": seed, "source": digest}
            path = KEPT / f"sweep_{rate:g}_{seed}.pt"
            runs.append(study.kept(path, about, partial(point, source, rate, seed, folder)))
            print(runs[-1], flush=True)
    study.record("03_sweep", "python scripts/03_sweep.py", {"parameters": PARAMETERS, "runs": runs})


if __name__ == "__main__":
    study.run({"sweep": sweep})
