"""Lesson 03's coasts: what is shipped is what was recorded, and its test of copying finds those who copy."""

import hashlib
import json

import pytest
import torch
from PIL import Image

from course_gan import data, models
from course_gan.files import ROOT
from course_gan.recipes import settings
from tests.unit import loaded
from workshop import study as studies


@pytest.fixture(scope="module")
def script():
    return loaded.script("03_earth")


@pytest.fixture(scope="module")
def record():
    return json.loads((ROOT / "results" / "03_earth.json").read_text(encoding="utf-8"))


def test_the_shipped_players_are_the_recorded_ones_and_small(record):
    for name, key in (("03_earth", "sha256"), ("03_earth_discriminator", "sha256_discriminator")):
        path = ROOT / "checkpoints" / f"{name}.pt"
        assert hashlib.sha256(path.read_bytes()).hexdigest() == record[key]
        assert path.stat().st_size <= 4_000_000


def test_the_shipped_generator_is_what_the_command_line_trains(record, script):
    chosen = settings("03", "cpu", data="earth")
    now = studies.as_json(chosen.as_dict())
    came_later = {"folder": "", "channels": 3, "mirror": True}  # which belong to pictures of one's own
    assert now == record["settings"] | came_later
    shape, weights = models.load_weights("03_earth")
    assert shape == script.shape_of(chosen)
    models.DCGANGenerator(**shape).load_state_dict(weights)
    judged, weights = models.load_weights("03_earth_discriminator")
    models.DCGANDiscriminator(**judged).load_state_dict(weights)


def test_samples_are_as_clear_as_real_crops_and_no_copies(record):
    scores, accused = record["scores"], record["accused"]
    assert abs(scores["samples"]["clear"] - scores["real, the same half"]["clear"]) <= 0.15
    assert scores["real, the same half"]["frechet"] < scores["samples"]["frechet"] < scores["real, blurred"]["frechet"]
    assert scores["untrained G"]["recall"] == 0
    assert accused["samples"] <= 0.05


def test_the_controls_of_the_test_of_copying_come_out_as_the_lesson_says(record):
    accused = record["accused"]
    assert accused["real, the Americas"] == pytest.approx(0.02, abs=0.005)
    assert all(accused[name] > 0.9 for name in ("copies", "copies, mirrored", "copies with noise of 0.1"))


def test_a_moved_and_mirrored_copy_is_found_among_others(script):
    random = data.derived_generator(1)
    known = torch.randint(256, (20, 3, 16, 16), generator=random).to(torch.uint8)
    known = known.repeat_interleave(4, 2).repeat_interleave(4, 3)  # (20, 3, 64, 64), in blocks
    copies = torch.stack([known[3], known[5].flip(2), known[7].flip(2, 1).flip(1), known[9].roll((4, 2), (1, 2))])
    distances, places = script.nearest_known(copies, known)
    assert places.tolist() == [3, 5, 7, 9]
    assert distances.max() < 0.02
    strangers = torch.randint(256, (3, 3, 64, 64), generator=random).to(torch.uint8)
    assert script.nearest_known(strangers, known)[0].min() > 0.2


def test_disguises_are_of_the_crops_that_they_copy(script):
    copies = data.earth.satellite(4, 64, 2.0).images
    for name, images in script.disguises(copies).items():
        assert (images.shape, images.dtype) == (copies.shape, torch.uint8), name
        assert torch.equal(images, copies) is (name == "copies")


def test_sheets_hold_eight_pictures_a_row(script, record):
    for name, rows in (("03_earth", len(record["shown"])), ("03_earth_nearest", 2)):
        with Image.open(ROOT / "results" / f"{name}.webp") as sheet:
            assert sheet.size == (script.COLUMNS * 64, rows * 64)
