"""The numbers in the lessons are true for three seeds, at one and two threads, with and without bf16."""

import itertools
import json

import pytest
from click.testing import CliRunner

from course_gan.catalogue import lessons
from course_gan.files import ROOT
from course_gan.page.claims import claims_in
from course_gan.page.seeds import FEWEST
from course_gan.runner import notebooks as notebook_files
from tests.unit import loaded
from workshop import convert, digests
from workshop.syllabus import is_draft

LESSONS = [one for one in lessons() if not is_draft(convert.to_notebook(one.source))]  # a draft has no runs yet
each_lesson = pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
NO_CONVOLUTION = {"01", "02", "clinic"}  # bf16 is for convolutional players alone


def committed(lesson):
    return json.loads((ROOT / "results" / f"{lesson.number}_claims.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def script():
    return loaded.script("claims")


SEEDS = (0, 1, 2)  # each is run at one thread and at two


def places(lesson, chosen):
    """Where the runs that are chosen stand in the lists of values."""
    return [place for place, run in enumerate(committed(lesson)["runs"]) if chosen(run)]


@each_lesson
def test_every_claim_holds_for_the_pages_seed_and_for_three_where_no_more_were_run(lesson):
    alone = places(lesson, lambda run: run["threads"] == 1)
    must_hold = SEEDS[:1] if len(alone) >= FEWEST else SEEDS  # of eight, the page says for how many it is true
    outside = [
        (claim["name"], claim["values"][place])
        for claim in committed(lesson)["claims"]
        for place in places(lesson, lambda run: run["seed"] in must_hold)
        if claim["values"][place] is None or not claim["low"] <= claim["values"][place] <= claim["high"]
    ]
    assert outside == []


@each_lesson
def test_a_claim_that_does_not_hold_for_every_seed_says_so_on_the_page(lesson):
    """Of eight seeds at one thread, where so many were run."""
    alone = places(lesson, lambda run: run["threads"] == 1)
    if len(alone) < FEWEST:
        pytest.skip("fewer than eight seeds were run")
    page = lesson.notebook.read_text(encoding="utf-8")
    for claim in committed(lesson)["claims"]:
        values = [claim["values"][place] for place in alone]
        held = sum(value is not None and claim["low"] <= value <= claim["high"] for value in values)
        if held < len(alone):
            assert f"held for {held} of {len(alone)} seeds" in page, claim["name"]


@each_lesson
def test_the_runs_are_three_seeds_at_one_and_two_threads_and_each_reached_its_end(lesson):
    runs = committed(lesson)["runs"]
    found = {(run["seed"], run["threads"]) for run in runs}
    assert found >= set(itertools.product(SEEDS, (1, 2)))
    assert {threads for seed, threads in found if seed not in SEEDS} <= {1}
    assert [run["error"] for run in runs if run["status"] != "ok"] == []
    assert all(len(claim["values"]) == len(runs) for claim in committed(lesson)["claims"])


@each_lesson
def test_each_seed_and_each_thread_count_was_run_with_and_without_bf16(lesson):
    if lesson.number in NO_CONVOLUTION or not committed(lesson)["machine"]["bf16"]:
        pytest.skip("bf16 makes no difference here")
    runs = [run for run in committed(lesson)["runs"] if run["seed"] in SEEDS]
    assert {(run["threads"], run["bf16"]) for run in runs} == set(itertools.product((1, 2), (True, False)))
    assert {(run["seed"], run["bf16"]) for run in runs} == set(itertools.product((0, 1, 2), (True, False)))


@each_lesson
def test_the_runs_are_of_the_claims_that_the_notebook_states(lesson):
    stated = [(claim.name, claim.low, claim.high) for claim in claims_in(notebook_files.read(lesson.notebook))]
    assert [(claim["name"], claim["low"], claim["high"]) for claim in committed(lesson)["claims"]] == stated


@each_lesson
def test_the_runs_are_of_the_code_that_the_lesson_has(lesson):
    assert committed(lesson)["source"] == digests.of_values(lesson.source)


def test_an_interruption_costs_the_run_it_stops_and_no_other(script, monkeypatch, tmp_path):
    values = iter([1.0, 2.0, None, 3.0])

    def one_run(lesson, profile, seed, threads, bf16):
        if (value := next(values)) is None:
            raise KeyboardInterrupt
        claim = {"name": "one", "low": 0.0, "high": 9.0, "value": value}
        chosen = {"seed": seed, "threads": threads, "bf16": bf16}
        return chosen | {"status": "ok", "error": None, "seconds": 1.0, "claims": [claim]}

    def run(*words):
        outcome = CliRunner().invoke(script.main, [*words, "--threads", "1", "--out", str(tmp_path)])
        found = json.loads((tmp_path / "01_claims.json").read_text())
        return outcome.exit_code, [run["seed"] for run in found["runs"]], found["claims"][0]["values"]

    monkeypatch.setattr(script, "one_run", one_run)
    assert run("01") == (1, [0, 1], [1.0, 2.0])
    assert run("01", "--seeds", "2") == (0, [0, 1, 2], [1.0, 2.0, 3.0])
