"""Lesson 04's comparison: what was played, how it is recorded, and that it can be played again."""

import json

import pytest
import torch
from PIL import Image

from course_gan.files import ROOT
from course_gan.losses import NAMES
from tests.unit import loaded
from workshop import study as studies


@pytest.fixture(scope="module")
def study():
    return json.loads((ROOT / "results" / "04_objectives.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def script():
    return loaded.script("04_objectives")


@pytest.fixture
def tiny(script, monkeypatch):
    """The script with players, data and steps so small that a training takes a second."""
    monkeypatch.setattr(script, "SETTINGS", {"width": 2, "batch_size": 4, "steps": 2, "copies": 1, "dtype": "fp32"})
    monkeypatch.setattr(script, "LOOK_EVERY", 1)
    monkeypatch.setattr(script, "SAMPLES", 4)
    return script


def test_every_objective_and_the_control_were_played_from_the_same_three_seeds(study, script):
    played = {(run["objective"], run["seed"]) for run in study["runs"]}
    assert played == {(name, seed) for name in (*NAMES, "non_saturating_r1_r2") for seed in (0, 1, 2)}
    assert len(study["runs"]) == len(played)
    assert set(script.PLAYED) == {run["objective"] for run in study["runs"]}


def test_the_record_says_how_it_was_made(study, script):
    assert study["command"] == "python scripts/04_objectives.py"
    assert study["settings"]["budget"] == "equal steps"
    assert {name: study["settings"][name] for name in script.SETTINGS} == script.SETTINGS
    assert set(study["machine"]) == {"cpu", "threads", "torch", "bf16"}
    assert all(run["cpu_seconds"] > 0 for run in study["runs"])


def test_a_curve_ends_at_the_score(study):
    looks = study["settings"]["steps"] // study["settings"]["look_every"]
    for run in study["runs"]:
        assert {len(values) for values in run["curve"].values()} == {looks}
        assert run["curve"]["frechet"][-1] == run["frechet"]


def test_real_pictures_score_better_than_any_generator(study):
    assert all(study["real"]["frechet"] < run["frechet"] for run in study["runs"])
    assert all(study["real"]["recall"] > run["recall"] for run in study["runs"])


@pytest.mark.parametrize("name", NAMES)
def test_a_sheet_has_a_row_of_sixteen_samples_for_each_seed(name):
    with Image.open(ROOT / "results" / f"04_{name}.png") as sheet:
        assert (sheet.size, sheet.mode) == ((16 * 32, 3 * 32), "L")


@pytest.mark.parametrize("objective", ["least_squares", "hinge"])
def test_a_seed_gives_the_same_samples_again_and_another_seed_others(tiny, objective):
    first, again, other = (tiny.trained(objective, seed)["looks"][-1] for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_the_control_differs_from_the_non_saturating_game_by_its_penalties_alone(tiny):
    plain = tiny.settings_of("non_saturating", 0).as_dict()
    control = tiny.settings_of("non_saturating_r1_r2", 0).as_dict()
    relativistic = tiny.settings_of("relativistic", 0).as_dict()
    assert {name for name in plain if plain[name] != control[name]} == {"r1", "r2"}
    assert {name for name in control if control[name] != relativistic[name]} == {"loss"}


def test_hinge_alone_is_played_with_spectral_norm(tiny, monkeypatch):
    normalised = []
    monkeypatch.setattr(tiny, "spectral_norm", normalised.append)
    for name in ("non_saturating", "hinge"):
        tiny.trained(name, 0)
    assert len(normalised) == 1


def test_the_study_writes_what_the_committed_record_holds(tiny, study, monkeypatch, tmp_path):
    monkeypatch.setattr(tiny, "KEPT", tmp_path / "kept")
    monkeypatch.setattr(tiny, "SEEDS", (0, 1))
    monkeypatch.setattr(tiny, "PLAYED", {"minimax": {"loss": "minimax"}})
    monkeypatch.setattr(tiny, "COLUMNS", 4)
    monkeypatch.setattr(studies, "RESULTS", tmp_path)
    tiny.objectives()
    found = studies.read("04_objectives")
    assert set(found) == set(study)
    assert set(found["settings"]) - set(tiny.SETTINGS) == set(study["settings"]) - set(tiny.SETTINGS) - {"lr"}
    assert [(run["objective"], run["seed"]) for run in found["runs"]] == [("minimax", 0), ("minimax", 1)]
    assert set(found["runs"][0]) == set(study["runs"][0])
    assert set(found["runs"][0]["curve"]) == set(study["runs"][0]["curve"])
    with Image.open(tmp_path / "04_minimax.png") as sheet:
        assert (sheet.size, sheet.mode) == ((4 * 32, 2 * 32), "L")
