"""Sweep lesson 03's learning rate with papermill, three seeds each: python scripts/03_sweep.py

A point is one whole execution of the lesson with other parameters; what the lesson claims of itself (the mime type of
claims) is read back from the executed notebook. Eight minutes on a quiet core. Writes results/03_sweep.json.
"""

import itertools
import json
import tempfile
import time
from pathlib import Path

import papermill
import torch

from course_gan.catalogue import choose
from course_gan.files import ROOT
from course_gan.page.claims import claims_in
from course_gan.runner import notebooks as notebook_files
from workshop import convert
from workshop.machine import machine

RATES, SEEDS = (1e-4, 4e-4, 1.6e-3, 6.4e-3), (0, 1, 2)
PARAMETERS = {
    "PROFILE": "smoke",
    "WIDTH": 16,
    "STEPS": 1200,
    "BATCH_SIZE": 64,
}  # small pictures: a sweep is for scouting
READ = {
    "named": "samples named with 90 % certainty, share",
    "frechet": "Fréchet distance of the samples to held-out glyphs",
}


def point(source: Path, rate: float, seed: int, folder: Path, parameters: dict = PARAMETERS) -> dict:
    """One execution of the notebook `source`: the values in READ, and its wall-clock seconds."""
    began, target = time.monotonic(), folder / f"lr-{rate:g}-seed-{seed}.ipynb"
    papermill.execute_notebook(
        source, target, parameters | {"LR": rate, "SEED": seed}, cwd=folder, progress_bar=False, log_output=False
    )
    stated = {claim.name: claim.value for claim in claims_in(notebook_files.read(target))}
    values = {name: float(f"{stated[claim]:.4g}") for name, claim in READ.items()}
    return {"lr": rate, "seed": seed, "seconds": round(time.monotonic() - began, 1)} | values


def main() -> None:
    (lesson,) = choose(("03",))
    with tempfile.TemporaryDirectory(prefix="course-gan-sweep-") as scratch:
        source = Path(scratch) / "03_dcgan.ipynb"
        notebook_files.write(convert.to_notebook(lesson.source), source)
        runs = []
        for rate, seed in itertools.product(RATES, SEEDS):
            runs.append(point(source, rate, seed, Path(scratch)))
            print(runs[-1], flush=True)
    document = {
        "command": "python scripts/03_sweep.py",
        "parameters": PARAMETERS,
        "machine": machine() | {"threads": torch.get_num_threads(), "torch": torch.__version__},
        "runs": runs,
    }
    (ROOT / "results" / "03_sweep.json").write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
