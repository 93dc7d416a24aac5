"""The numbers in the lessons are true for three seeds, at one and two threads, with and without bf16."""

import importlib.util
import itertools
import json

import pytest

from course_gan.lessons import convert
from course_gan.lessons.find import lessons
from course_gan.lessons.notebook import claims_in
from course_gan.paths import ROOT

each_lesson = pytest.mark.parametrize("lesson", lessons(), ids=lambda lesson: lesson.name)
BEFORE_THE_PANEL = {"02"}  # its runs are older than its panel's cell: scripts/claims.py 02, on a quiet machine
NO_CONVOLUTION = {"01", "02", "clinic"}  # bf16 is for convolutional players alone


def committed(lesson):
    return json.loads((ROOT / "results" / f"{lesson.number}_claims.json").read_text(encoding="utf-8"))


@each_lesson
def test_every_claim_holds_in_every_run(lesson):
    outside = [
        (claim["name"], value)
        for claim in committed(lesson)["claims"]
        for value in claim["values"]
        if value is None or not claim["low"] <= value <= claim["high"]
    ]
    assert outside == []


@each_lesson
def test_the_runs_are_three_seeds_at_one_and_two_threads_and_each_reached_its_end(lesson):
    runs = committed(lesson)["runs"]
    assert {(run["seed"], run["threads"]) for run in runs} == set(itertools.product((0, 1, 2), (1, 2)))
    assert [run["error"] for run in runs if run["status"] != "ok"] == []
    assert all(len(claim["values"]) == len(runs) for claim in committed(lesson)["claims"])


@each_lesson
def test_each_seed_and_each_thread_count_was_run_with_and_without_bf16(lesson):
    if lesson.number in NO_CONVOLUTION or not committed(lesson)["machine"]["bf16"]:
        pytest.skip("bf16 makes no difference here")
    runs = committed(lesson)["runs"]
    assert {(run["threads"], run["bf16"]) for run in runs} == set(itertools.product((1, 2), (True, False)))
    assert {(run["seed"], run["bf16"]) for run in runs} == set(itertools.product((0, 1, 2), (True, False)))


@each_lesson
def test_the_runs_are_of_the_claims_that_the_notebook_states(lesson):
    stated = [(claim.name, claim.low, claim.high) for claim in claims_in(convert.read(lesson.notebook))]
    assert [(claim["name"], claim["low"], claim["high"]) for claim in committed(lesson)["claims"]] == stated


@each_lesson
def test_the_runs_are_of_the_code_that_the_lesson_has(lesson):
    spec = importlib.util.spec_from_file_location("claims_script", ROOT / "scripts" / "claims.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    assert (committed(lesson)["source"] == script.code_digest(lesson)) is (lesson.number not in BEFORE_THE_PANEL)
