"""Lesson 08's maps and satellite pictures: what is shipped is what was recorded, and its measures have controls."""

import hashlib
import json

import pytest
import torch
from PIL import Image
from torch import nn

from course_gan import data, models
from course_gan.files import ROOT
from course_gan.recipes import build, recipe_of, settings
from tests.unit import loaded
from workshop import study as studies


@pytest.fixture(scope="module")
def script():
    return loaded.script("08_earth")


@pytest.fixture(scope="module")
def record():
    return json.loads((ROOT / "results" / "08_earth.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def translators(script):
    shape, weights = models.load_weights("08_earth")
    pair = nn.ModuleDict({way: models.ResNetGenerator(**shape) for way in script.WAYS})
    pair.load_state_dict(weights)
    return pair.eval().requires_grad_(False)


def test_the_shipped_players_are_the_recorded_ones_and_small(record):
    for name, key in (("08_earth", "sha256"), ("08_earth_discriminators", "sha256_discriminators")):
        path = ROOT / "checkpoints" / f"{name}.pt"
        assert hashlib.sha256(path.read_bytes()).hexdigest() == record[key]
        assert path.stat().st_size <= 4_000_000


def test_the_shipped_players_are_those_that_the_command_line_trains(record, script):
    asked = settings("08", "cpu", data="earth")
    assert record["settings"] == studies.as_json(asked.as_dict())
    shape, weights = models.load_weights("08_earth")
    assert shape == script.shape_of(asked)
    players = recipe_of("08")(settings("08", "cpu", data="earth", places=8)).players()
    nn.ModuleDict({way: players[way] for way in script.WAYS}).load_state_dict(weights)
    judges = nn.ModuleDict({name: players[name] for name in ("discriminator_a", "discriminator_b")})
    judges.load_state_dict(models.load_weights("08_earth_discriminators")[1])


def test_it_reaches_what_the_course_asked_of_it(record):
    assert record["scores"]["translated"]["pictures"]["named_rightly"] >= 0.6
    assert record["judged"]["clear"] >= 300


def test_the_judge_knows_the_truth_and_tells_it_from_what_is_wrong(record):
    scores = record["scores"]
    assert scores["real"]["pictures"]["named_rightly"] >= 0.97
    assert scores["real"]["maps"] == {"coast_rightly": 1.0, "height_rightly": 1.0}
    for name in ("real, of the next place", "left as it is"):
        assert scores[name]["pictures"]["named_rightly"] < scores["translated"]["pictures"]["named_rightly"]
        assert scores[name]["maps"]["coast_rightly"] < scores["translated"]["maps"]["coast_rightly"]
    assert scores["real, blurred"]["pictures"]["frechet"] > 5


def test_a_fresh_draw_of_places_scores_about_what_was_recorded(script, translators, record):
    judge = script.Judge(120)
    found, written = judge.scores(translators), record["scores"]["translated"]
    assert found["pictures"]["named_rightly"] > written["pictures"]["named_rightly"] - 0.12
    assert found["maps"]["coast_rightly"] == pytest.approx(written["maps"]["coast_rightly"], abs=0.05)
    assert found["cycle_error"]["b"] == pytest.approx(written["cycle_error"]["b"], rel=0.3)


def test_both_arms_were_played_from_three_seeds_and_differ_in_the_identity_term_alone(script, record):
    assert {(run["arm"], run["seed"]) for run in record["runs"]} == {(a, s) for a in script.ARMS for s in script.SEEDS}
    full = script.chosen(steps=script.ARM_STEPS).as_dict()
    without = script.chosen(steps=script.ARM_STEPS, **script.ARMS["without identity"]).as_dict()
    assert full["identity"] > 0
    assert without == full | {"identity": 0.0}


def test_pictures_of_five_places_on_the_way_and_by_each_arm(script):
    side, columns = script.SIZE, len(script.PLACES)
    rows = {"08_earth_steps": 3 * len(script.SHOWN), "08_earth_arms": len(script.SEEDS) * len(script.ARMS)}
    for name, count in rows.items():
        with Image.open(ROOT / "results" / f"{name}.webp") as sheet:
            assert sheet.size == (columns * side, count * side)


def test_the_two_heaps_show_other_places_and_nobody_the_americas():
    recipe = build("08", "smoke", data="earth")
    maps, pictures = recipe.sources()
    assert not set(maps.longitude.tolist()) & set(pictures.longitude.tolist())
    assert min(maps.longitude.min(), pictures.longitude.min()) > -26
    there = data.earth.pairs(8, recipe.settings.image_size, recipe.settings.scale, recipe.settings.seed, "test")
    assert (there.targets.longitude < -30).all()
    torch.testing.assert_close(recipe.held_out_a, data.to_float(there.inputs.images))
    assert recipe.preview().shape[:2] == (4 * recipe.columns, 3)


def test_a_translator_without_norms_keeps_what_instance_norm_forgets():
    waves = 0.1 * torch.randn(1, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    sea = waves - 0.5
    desert = waves + 0.5
    for norm, tells in (("instance", False), ("none", True)):
        torch.manual_seed(0)
        network = models.ResNetGenerator(3, 3, 8, 2, norm)
        with torch.no_grad():
            apart = (network(sea) - network(desert)).abs().max()
        assert (apart > 1e-3) == tells
