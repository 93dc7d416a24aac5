"""Train lesson 10's encoder and decoder, and compare small ones: python scripts/10_adain.py [train] [compare]

train: as `course-gan train 10 --profile cpu`, kept in build/10 and gone on with after an interruption; writes
checkpoints/10_adain.pt with its SHA-256. compare: arms that differ from a small base in one setting each, three seeds
an arm, kept in build/10; scored against pictures that no network was shown. Both write results/10_adain.json.
"""

import json
import sys
import time

import torch
from torch import nn

from course_gan.lessons.build import machine
from course_gan.lessons.recipes import settings
from course_gan.lessons.train import run
from course_gan.models import save_weights
from course_gan.paths import ROOT

KEPT = ROOT / "build" / "10"
RESULTS = ROOT / "results" / "10_adain.json"


def record(part: str, **values) -> None:
    """Put one part's values, with what a time depends on, into the JSON and leave the other part as it is."""
    document = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    about = machine() | {"threads": torch.get_num_threads(), "torch": torch.__version__}
    document[part] = {"command": f"python scripts/10_adain.py {part}", **values, "machine": about}
    RESULTS.write_text(json.dumps(document, indent=1) + "\n")


def train() -> None:
    """The shipped networks: what `course-gan train 10 --profile cpu` trains, in half precision."""
    out, clock = KEPT / "train", KEPT / "seconds.json"
    before = json.loads(clock.read_text()) if clock.exists() else 0.0  # of a run that was interrupted
    began = time.process_time()
    try:
        game = run("10", "cpu", out, resume=True).game
    finally:
        clock.write_text(json.dumps(before + time.process_time() - began))
    pair, shape = nn.ModuleDict(dict(game.players)), ("widths", "repeats")
    chosen = settings("10", "cpu")
    digest = save_weights("10_adain", pair, {name: chosen[name] for name in shape})
    seconds, parameters = round(json.loads(clock.read_text())), sum(p.numel() for p in pair.parameters())
    record("train", seed=0, settings=chosen, cpu_seconds=seconds, parameters=parameters, sha256=digest)


PARTS = {"train": train}

if __name__ == "__main__":
    for part in sys.argv[1:] or PARTS:
        PARTS[part]()
