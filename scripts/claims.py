"""Hold the claims of lessons to three seeds, one and two threads, with and without bf16: python scripts/claims.py 01 02

Runs each lesson under the cpu profile once per combination and writes results/NN_claims.json: every claim's value in
every run, with command, seconds and CPU. Exit status 1 if a claim left its interval or a run failed. bf16 is switched
off as a processor without it would: oneDNN is told to use AVX2 at most. A full run is 6 or 12 times the lesson's time.
"""

import hashlib
import itertools
import json
import math
import os
import sys
import tempfile
import time
from pathlib import Path

import click
from tqdm import tqdm

from course_gan.lessons import convert
from course_gan.lessons.build import machine
from course_gan.lessons.execute import TIMEOUTS, execute
from course_gan.lessons.find import choose
from course_gan.lessons.notebook import claims_in
from course_gan.paths import ROOT

NO_CONVOLUTION = {"01", "02"}  # bf16 is used for convolutional players alone: these lessons never see it
NO_BF16 = {"ONEDNN_MAX_CPU_ISA": "AVX2"}


def one_run(lesson, profile, seed, threads, bf16):
    """Run a lesson once and return what became of it: settings, status, seconds, claims."""
    with tempfile.TemporaryDirectory(prefix="course-gan-claims-") as scratch:
        source, target = Path(scratch) / "source.ipynb", Path(scratch) / "executed.ipynb"
        convert.write(convert.to_notebook(lesson.source), source)
        (Path(scratch) / "files").mkdir()
        before = dict(os.environ)
        os.environ.update({} if bf16 else NO_BF16)
        try:
            outcome = execute(
                lesson.name,
                source,
                target,
                profile=profile,
                parameters={"SEED": seed},
                cwd=Path(scratch) / "files",
                threads=threads,
                timeout=TIMEOUTS[profile],
            )
        finally:
            os.environ.clear()
            os.environ.update(before)
        stated = claims_in(convert.read(target)) if target.exists() else []
    claims = [{**vars(claim), "holds": claim.holds} for claim in stated]
    settings = {"seed": seed, "threads": threads, "bf16": bf16, "status": outcome.status}
    return {**settings, "error": outcome.error, "seconds": round(outcome.seconds, 1), "claims": claims}


def combinations(lesson, seeds, threads):
    """All (seed, threads, bf16) under which a lesson's claims must hold on this machine."""
    formats = [False] if lesson.number in NO_CONVOLUTION or not machine()["bf16"] else [True, False]
    return list(itertools.product(seeds, threads, formats))


def table(runs):
    """Claims by name: bounds, the values in the order of the runs."""
    names = list(dict.fromkeys(claim["name"] for run in runs for claim in run["claims"]))
    result = []
    for name in names:
        same = [next((c for c in run["claims"] if c["name"] == name), None) for run in runs]
        first = next(c for c in same if c)
        values = [float(f"{c['value']:.12g}") if c and math.isfinite(c["value"]) else None for c in same]
        result.append({"name": name, "low": first["low"], "high": first["high"], "values": values})
    return result


@click.command()
@click.argument("lessons", nargs=-1, required=True)
@click.option("--seeds", default="0,1,2", show_default=True)
@click.option("--threads", default="1,2", show_default=True)
@click.option("--profile", default="cpu", show_default=True)
@click.option("--out", default=ROOT / "results", type=click.Path(path_type=Path), help="Folder to write.")
def main(lessons, seeds, threads, profile, out):
    """Run LESSONS under every combination and write results/NN_claims.json."""
    bad = 0
    for lesson in choose(lessons):
        runs = []
        for seed, count, bf16 in (
            bar := tqdm(combinations(lesson, numbers(seeds), numbers(threads)), lesson.name, disable=None)
        ):
            bar.set_postfix(seed=seed, threads=count, bf16=bf16)
            runs.append(run := one_run(lesson, profile, seed, count, bf16))
            failing = [f"{c['name']}: {c['value']:.6g}" for c in run["claims"] if not c["holds"]]
            if failing or run["status"] != "ok":
                bad += 1
                tqdm.write(f"{lesson.name} seed {seed}, {count} threads, bf16 {bf16}: {failing or run['error']}")
        result = {
            "command": f"python scripts/claims.py {lesson.number}",
            "date": time.strftime("%Y-%m-%d"),
            "profile": profile,
            "machine": machine(),
            "source": hashlib.sha256(lesson.source.read_bytes()).hexdigest()[:16],
            "runs": [{k: v for k, v in run.items() if k != "claims"} for run in runs],
            "claims": table(runs),
        }
        path = out / f"{lesson.number}_claims.json"
        out.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    sys.exit(1 if bad else 0)


def numbers(text):
    """The integers in "0,1,2"."""
    return [int(number) for number in text.split(",")]


if __name__ == "__main__":
    main()
