"""Lesson 07's painter of the Earth: what is shipped is what was recorded, its measures have controls, and it paints."""

import hashlib
import json

import pytest
import torch
from PIL import Image

from course_gan import data, models
from course_gan.files import ROOT
from course_gan.recipes import recipe_of, settings
from tests.unit import loaded
from workshop import study as studies


@pytest.fixture(scope="module")
def script():
    return loaded.script("07_earth")


@pytest.fixture(scope="module")
def record():
    return json.loads((ROOT / "results" / "07_earth.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def painter():
    shape, weights = models.load_weights("07_earth")
    network = models.UNetGenerator(**shape)
    network.load_state_dict(weights)
    return network.eval()


def test_the_shipped_players_are_the_recorded_ones_and_small(record):
    for name, key in (("07_earth", "sha256"), ("07_earth_discriminator", "sha256_discriminator")):
        path = ROOT / "checkpoints" / f"{name}.pt"
        assert hashlib.sha256(path.read_bytes()).hexdigest() == record[key]
        assert path.stat().st_size <= 4_000_000


def test_the_shipped_painter_is_what_the_command_line_trains(record, script):
    chosen = settings("07", "cpu")
    now = studies.as_json(chosen.as_dict())
    came_later = {"folder": "", "channels": 3, "mirror": True}  # which belong to pictures of one's own
    assert now == record["settings"] | came_later
    shape, weights = models.load_weights("07_earth")
    assert shape == script.SHAPE
    players = recipe_of("07")(settings("07", "cpu", maps=8)).players()
    players["generator"].load_state_dict(weights)
    players["discriminator"].load_state_dict(models.load_weights("07_earth_discriminator")[1])


def test_it_reaches_what_the_course_asked_of_it(record):
    scores = record["scores"]
    painted, flat = scores["L1 + adversarial"], scores["L1 alone"]
    assert painted["frechet"] <= 0.5 * flat["frechet"]
    assert painted["named_rightly"] >= 0.75
    assert record["judged"]["clear"] >= 300


def test_the_judge_knows_real_pictures_blurred_ones_and_those_of_other_places(record):
    scores = record["scores"]
    assert scores["real"]["named_rightly"] >= 0.97
    assert scores["real, each other's"]["named_rightly"] < 0.55
    assert scores["real, other places"]["frechet"] < 0.3 * scores["L1 + adversarial"]["frechet"]
    assert scores["real, blurred"]["frechet"] > scores["L1 + adversarial"]["frechet"]
    assert scores["real, blurred"]["detail"] < 0.4


def test_a_fresh_draw_of_places_scores_about_what_was_recorded(script, painter, record):
    judge = script.Judge(120)
    scores = judge.scores(script.painted(painter, judge.maps))
    assert scores["named_rightly"] > record["scores"]["L1 + adversarial"]["named_rightly"] - 0.12
    assert scores["detail"] == pytest.approx(record["scores"]["L1 + adversarial"]["detail"], abs=0.25)
    assert judge.scores(judge.real)["frechet"] < 1e-6


def test_the_same_map_is_painted_the_same_and_latitude_counts(script, painter):
    maps = script.shown_maps()[:2]
    first = script.painted(painter, maps)
    assert torch.equal(first, script.painted(painter, maps))
    north = maps.clone()
    north[:, 3] = 215
    assert (script.painted(painter, north).float() - first.float()).abs().mean() > 3


def test_pictures_of_five_places_and_of_the_way_there(script):
    side, columns = script.SIZE, len(script.PLACES)
    for name, rows in (("07_earth", 4), ("07_earth_steps", len(script.SHOWN))):
        with Image.open(ROOT / "results" / f"{name}.webp") as sheet:
            assert sheet.size == (columns * side, rows * side)


def test_a_discriminator_learns_what_can_be_told_and_nothing_else(script, monkeypatch):
    monkeypatch.setattr(script, "VIEW_STEPS", 40)
    monkeypatch.setattr(script, "VIEW_EVERY", 20)
    places = data.earth.pairs(24, 32, 2.0, seed=1, latitude=True)
    maps, real = data.to_float(places.inputs.images), data.to_float(places.targets.images)
    grey = torch.zeros_like(real)
    assert script.learned(maps, real, grey, 1.0, 0.0, seed=0)[-1] > 0.9
    assert script.learned(maps, real, real, 1.0, 1.0, seed=0)[-1] == pytest.approx(0.5)


def test_how_d_is_shown_the_map_was_tried_from_three_seeds(script):
    view = json.loads((ROOT / "results" / "07_view.json").read_text(encoding="utf-8"))
    assert {(run["view"], run["seed"]) for run in view["runs"]} == {(v, s) for v in script.VIEWS for s in script.SEEDS}
    assert all(len(run["told_rightly"]) == script.VIEW_STEPS // script.VIEW_EVERY for run in view["runs"])
