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
from course_gan.recipes.earth import earth_as_relief, earth_from_space
from scripts import earth_judge
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
    now = studies.as_json(asked.as_dict())
    came_later = {"loss": "least_squares", "spectral": False, "folder": "", "channels": 3, "mirror": True}
    assert now == record["settings"] | came_later  # each at the value that does what was done before it was a setting
    shape, weights = models.load_weights("08_earth")
    assert shape == script.shape_of(asked)
    players = recipe_of("08")(settings("08", "cpu", data="earth", places=8)).players()
    nn.ModuleDict({way: players[way] for way in script.WAYS}).load_state_dict(weights)
    judges = nn.ModuleDict({name: players[name] for name in ("discriminator_a", "discriminator_b")})
    judges.load_state_dict(models.load_weights("08_earth_discriminators")[1])


def test_the_latitude_reaches_what_was_asked_and_the_identity_term_has_the_better_outlines(record):
    latitude, identity = record["scores"]["latitude"], record["scores"]["identity"]
    assert latitude["pictures"]["named_rightly"] >= 0.6
    assert identity["maps"]["coast_rightly"] > latitude["maps"]["coast_rightly"]
    assert identity["pictures"]["frechet"] < latitude["pictures"]["frechet"]
    assert record["judged"]["clear"] >= 300


def test_the_judge_knows_the_truth_and_tells_it_from_what_is_wrong(record):
    scores = record["scores"]
    assert scores["real"]["pictures"]["named_rightly"] >= 0.97
    assert scores["real"]["maps"] == {"coast_rightly": 1.0, "height_rightly": 1.0}
    for name in ("identity", "latitude"):
        assert (
            scores[name]["pictures"]["named_rightly"] > scores["real, of the next place"]["pictures"]["named_rightly"]
        )
        assert scores[name]["maps"]["coast_rightly"] > scores["real, of the next place"]["maps"]["coast_rightly"]
        assert scores[name]["pictures"]["frechet"] < scores["left as it is"]["pictures"]["frechet"]
    assert scores["real, blurred"]["pictures"]["frechet"] > 5


def test_a_fresh_draw_of_places_scores_about_what_was_recorded(script, translators, record):
    judge = earth_judge.Judge(120)
    found, written = judge.scores(translators), record["scores"]["identity"]
    assert found["pictures"]["named_rightly"] > written["pictures"]["named_rightly"] - 0.12
    assert found["maps"]["coast_rightly"] == pytest.approx(written["maps"]["coast_rightly"], abs=0.05)
    assert found["cycle_error"]["b"] == pytest.approx(written["cycle_error"]["b"], rel=0.3)


def test_every_arm_was_played_from_three_seeds_and_differs_in_what_its_name_says(script, record):
    assert {(run["arm"], run["seed"]) for run in record["runs"]} == {(a, s) for a in script.ARMS for s in script.SEEDS}
    full = script.chosen(steps=script.ARM_STEPS).as_dict()
    assert full["identity"] > 0
    changes = {
        "neither": {"identity": 0.0},
        "identity": {},
        "latitude": {"identity": 0.0, "latitude": True},
        "both": {"latitude": True},
    }
    for arm, changed in script.ARMS.items():
        assert script.chosen(steps=script.ARM_STEPS, **changed).as_dict() == full | changes[arm]


def test_every_anchor_keeps_the_sea_and_without_one_it_is_lost(record):
    seas = {}
    for run in record["runs"]:
        seas.setdefault(run["arm"], []).append(run["pictures"]["by_surface"]["sea"])
    assert min(seas["neither"]) < 0.5
    assert min(min(seas[arm]) for arm in ("identity", "latitude", "both")) > 0.98


def test_pictures_of_five_places_on_the_way_and_by_each_arm(script):
    side, columns = earth_judge.SIZE, len(earth_judge.PLACES)
    rows = {
        "08_earth_steps": 3 * len(script.SHOWN),
        "08_earth_arms": len(script.SEEDS) * len(script.ARMS),
        "08_earth_latitude": 1,
    }
    for name, count in rows.items():
        with Image.open(ROOT / "results" / f"{name}.webp") as sheet:
            assert sheet.size == (columns * side, count * side)


def test_the_two_heaps_show_other_places_and_nobody_the_americas():
    maps = earth_as_relief(16, 32, 2.0, seed=0)
    pictures = earth_from_space(16, 32, 2.0, seed=1)
    assert not set(maps.longitude.tolist()) & set(pictures.longitude.tolist())
    assert min(maps.longitude.min(), pictures.longitude.min()) > -26
    recipe = build("08", "smoke", data="earth")
    there = data.earth.pairs(8, recipe.settings.image_size, recipe.settings.scale, recipe.settings.seed, "test")
    assert (there.targets.longitude < -30).all()
    torch.testing.assert_close(recipe.held_out_a, data.to_float(there.inputs.images))
    assert recipe.preview().shape[:2] == (4 * recipe.columns, 3)


def test_the_latitude_goes_along_untouched():
    recipe = build("08", "smoke", data="earth", latitude=True)
    given = recipe.held_out_a
    assert given.shape[1] == 4
    translated = recipe.game.sample(given)
    torch.testing.assert_close(translated[:, 3], given[:, 3])
    assert not torch.equal(translated[:, :3], given[:, :3])


def test_what_two_colours_hide_is_lost_by_rounding(script):
    hidden = script.hidden_pictures
    written = json.loads((ROOT / "results" / "08_hidden_maps.json").read_text(encoding="utf-8"))
    path = ROOT / "checkpoints" / "08_hidden_maps.pt"
    assert hashlib.sha256(path.read_bytes()).hexdigest() == written["sha256"]
    spies = nn.ModuleDict({way: models.ResNetGenerator(**hidden.SHAPE) for way in script.WAYS})
    spies.load_state_dict(models.load_weights("08_hidden_maps")[1])
    found = hidden.errors(spies.eval(), n=60)
    assert found["rounded to two colours"] > 2 * found["nothing"]
    assert found["nothing"] == pytest.approx(written["errors"]["nothing"], rel=0.2)
    assert hidden.rounded(torch.rand(1, 3, 8, 8)).flatten(2).unique(dim=2).shape[2] <= 2


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
