"""The numbers of lessons 01 and 02 are true for three seeds, at one and two threads."""

import itertools
import json

import pytest

from course_gan.lessons import convert
from course_gan.lessons.find import choose
from course_gan.lessons.notebook import claims_in
from course_gan.paths import ROOT

LESSONS = ("01",)


def committed(number):
    return json.loads((ROOT / "results" / f"{number}_claims.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("number", LESSONS)
def test_every_claim_holds_in_every_run(number):
    outside = [
        (claim["name"], value)
        for claim in committed(number)["claims"]
        for value in claim["values"]
        if value is None or not claim["low"] <= value <= claim["high"]
    ]
    assert outside == []


@pytest.mark.parametrize("number", LESSONS)
def test_the_runs_are_three_seeds_at_one_and_two_threads_and_each_reached_its_end(number):
    runs = committed(number)["runs"]
    assert {(run["seed"], run["threads"]) for run in runs} == set(itertools.product((0, 1, 2), (1, 2)))
    assert [run["error"] for run in runs if run["status"] != "ok"] == []
    assert all(len(claim["values"]) == len(runs) for claim in committed(number)["claims"])


@pytest.mark.parametrize("number", LESSONS)
def test_the_runs_are_of_the_claims_that_the_notebook_states(number):
    (lesson,) = choose((number,))
    stated = [(claim.name, claim.low, claim.high) for claim in claims_in(convert.read(lesson.notebook))]
    assert [(claim["name"], claim["low"], claim["high"]) for claim in committed(number)["claims"]] == stated
