"""Hold the claims of lessons to three seeds, one and two threads, with and without bf16: python scripts/claims.py 01 02

Runs each lesson under the cpu profile once per combination and writes results/NN_claims.json: every claim's value in
every run, with command, seconds and CPU. Exit status 1 if a claim left its interval or a run failed. bf16 is switched
off as a processor without it would: oneDNN is told to use AVX2 at most. Of seed, threads and format every two meet in
some run: six runs a lesson. Runs of the same code (bounds of claims apart) that are in the file already
stay, and each run is written as it ends; --threads 2 adds to --threads 1.
"""

import json
import math
import os
import sys
import tempfile
import time
from pathlib import Path

import click
from tqdm import tqdm

from course_gan.catalogue import choose
from course_gan.files import ROOT, write_whole
from course_gan.page.claims import claims_in
from course_gan.runner import notebooks as notebook_files
from course_gan.runner.execute import TIMEOUTS, execute
from workshop import convert, digests
from workshop.study import machine

NO_CONVOLUTION = {"01", "02", "clinic"}  # bf16 is used for convolutional players alone: these lessons never see it
NO_BF16 = {"ONEDNN_MAX_CPU_ISA": "AVX2"}


def one_run(lesson, profile, seed, threads, bf16):
    """Run a lesson once and return what became of it: settings, status, seconds, claims."""
    with tempfile.TemporaryDirectory(prefix="course-gan-claims-") as scratch:
        source, target = Path(scratch) / "source.ipynb", Path(scratch) / "executed.ipynb"
        notebook_files.write(convert.to_notebook(lesson.source), source)
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
                claims="shown",  # a claim outside its interval must not hide those after it: `main` fails for it
            )
        finally:
            os.environ.clear()
            os.environ.update(before)
        stated = claims_in(notebook_files.read(target)) if target.exists() else []
    claims = [{**vars(claim), "holds": claim.holds} for claim in stated]
    settings = {"seed": seed, "threads": threads, "bf16": bf16, "cpu": machine()["cpu"], "status": outcome.status}
    return {**settings, "error": outcome.error, "seconds": round(outcome.seconds, 1), "claims": claims}


def combinations(lesson, seeds, threads):
    """The (seed, threads, bf16) under which a lesson's claims must hold: each seed and each count sees both formats."""
    both = lesson.number not in NO_CONVOLUTION and machine()["bf16"]
    return [(seed, count, both and (seed + count) % 2 == 1) for seed in seeds for count in threads]


def combination(run):
    """What tells a run from the others of its lesson."""
    return run["seed"], run["threads"], run["bf16"]


def earlier(path, digest):
    """The runs in a result file that are of the same source, with their claims."""
    old = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"source": None}
    if old["source"] != digest:
        return []
    kept = []
    for i, run in enumerate(old["runs"]):
        values = [{k: c[k] for k in ("name", "low", "high")} | {"value": c["values"][i]} for c in old["claims"]]
        kept.append(run | {"claims": [claim for claim in values if claim["value"] is not None]})
    return kept


def table(runs, newest):
    """Claims by name: bounds as in the newest run, the values in the order of the runs."""
    stated = {claim["name"]: claim for run in [*runs, newest] for claim in run["claims"]}
    result = []
    for name, claim in stated.items():
        same = [next((c for c in run["claims"] if c["name"] == name), None) for run in runs]
        values = [float(f"{c['value']:.12g}") if c and math.isfinite(c["value"]) else None for c in same]
        result.append({"name": name, "low": claim["low"], "high": claim["high"], "values": values})
    return result


def record(lesson, profile, digest, runs):
    """What is written of a lesson's runs, the last of which is the newest."""
    ordered = sorted(runs, key=lambda run: (run["seed"], run["threads"]))
    return {
        "command": f"python scripts/claims.py {lesson.number}",
        "date": time.strftime("%Y-%m-%d"),
        "profile": profile,
        "machine": machine(),
        "source": digest,
        "runs": [{k: v for k, v in run.items() if k != "claims"} for run in ordered],
        "claims": table(ordered, runs[-1]),
    }


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
        out.mkdir(parents=True, exist_ok=True)
        path = out / f"{lesson.number}_claims.json"
        digest = digests.of_values(lesson.source)
        wanted = combinations(lesson, numbers(seeds), numbers(threads))
        runs = earlier(path, digest)
        for seed, count, bf16 in (bar := tqdm(wanted, lesson.name, disable=None)):
            bar.set_postfix(seed=seed, threads=count, bf16=bf16)
            run = one_run(lesson, profile, seed, count, bf16)
            runs = [other for other in runs if combination(other) != combination(run)] + [run]
            if run["status"] != "ok":
                bad += 1
                tqdm.write(f"{lesson.name} seed {seed}, {count} threads, bf16 {bf16}: {run['error']}")
            result = record(lesson, profile, digest, runs)  # after each, so that an interruption costs one run
            write_whole(path, json.dumps(result, indent=1, ensure_ascii=False) + "\n")
        for claim in result["claims"]:
            outside = [v for v in claim["values"] if v is None or not claim["low"] <= v <= claim["high"]]
            if outside:
                bad += 1
                tqdm.write(f"{lesson.name}: {claim['name']}: {outside} outside {claim['low']:g} to {claim['high']:g}")
    sys.exit(1 if bad else 0)


def numbers(text):
    """The integers in "0,1,2"."""
    return [int(number) for number in text.split(",")]


if __name__ == "__main__":
    main()
