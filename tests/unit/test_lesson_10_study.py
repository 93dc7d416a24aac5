"""Lesson 10's study: what ships is what was trained, the arms, and what each part of the study records."""

import hashlib
import json
import shutil
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from course_gan import models
from course_gan.files import ROOT
from course_gan.models import load_adain
from course_gan.recipes import settings
from tests.unit import loaded
from workshop import study as studies


@pytest.fixture(scope="module")
def study():
    return json.loads((ROOT / "results" / "10_adain.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def script():
    return loaded.script("10_adain")


def test_what_ships_is_small_and_is_what_was_trained(study):
    path = ROOT / "checkpoints" / "10_adain.pt"
    assert path.stat().st_size <= 4_000_000
    assert study["train"]["sha256"] == path.with_suffix(".pt.sha256").read_text().split()[0]
    assert study["train"]["command"] == "python scripts/10_adain.py train"
    now = studies.as_json(settings("10", "cpu").as_dict())
    assert study["train"]["settings"] == {name: now[name] for name in study["train"]["settings"]}
    encoder, decoder = load_adain()
    assert sum(p.numel() for p in (*encoder.parameters(), *decoder.parameters())) == study["train"]["parameters"]
    assert not any(p.requires_grad for p in encoder.parameters())


def test_every_arm_was_trained_from_the_same_three_seeds(study, script):
    compare = study["compare"]
    assert {(run["arm"], run["seed"]) for run in compare["runs"]} == {(a, s) for a in script.ARMS for s in (0, 1, 2)}
    assert len(compare["runs"]) == 3 * len(script.ARMS)
    assert compare["command"] == "python scripts/10_adain.py compare"
    assert compare["settings"] == studies.as_json(script.SMALL)
    assert compare["arms"] == studies.as_json(script.ARMS)
    assert all(set(part["machine"]) == {"cpu", "bf16", "threads", "torch"} for part in study.values())
    assert all(run["cpu_seconds"] > 0 for run in compare["runs"])


def test_the_untouched_photos_score_as_recorded(study, script):
    assert script.scores(torch.cat([content for content, _ in script.pairs()])) == study["compare"]["untouched"]


def test_the_sheet_has_a_row_an_arm_below_what_was_asked(script):
    with Image.open(ROOT / "results" / "10_arms.png") as sheet:
        assert sheet.size == (6 * script.SIZE // 2, (1 + len(script.ARMS)) * script.SIZE // 2)


@pytest.fixture
def tiny(script, monkeypatch, tmp_path):
    """The script with networks, data and steps so small that a training takes a second, and folders of its own."""
    small = {"widths": (4, 8), "repeats": (1,), "image_size": 32, "patches": 48, "pretrain": 1, "steps": 3}
    monkeypatch.setattr(script, "SMALL", small | {"scales": 2, "dtype": "fp32"})
    monkeypatch.setattr(script, "ARMS", {"base": {}, "the paper's loss": {"normalise": False, "scales": 1}})
    monkeypatch.setattr(script, "SIZE", 64)
    monkeypatch.setattr(script, "PAIRS", 4)  # the last of them in grey
    monkeypatch.setattr(script, "SHOWN", (0, 1))
    monkeypatch.setattr(script, "KEPT", tmp_path / "kept")
    monkeypatch.setattr(studies, "RESULTS", tmp_path)
    return script


def test_a_seed_gives_the_same_pictures_again_and_another_seed_others(tiny):
    first, again, other = (tiny.trained("base", seed, tiny.SMALL)["images"] for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_the_comparison_writes_what_the_committed_record_holds_and_leaves_the_other_parts(tiny, study, tmp_path):
    shutil.copy(ROOT / "results" / "10_adain.json", tmp_path)
    tiny.compare()
    found = studies.read("10_adain")
    assert set(found) == set(study)
    assert {part: found[part] for part in ("train", "long")} == {part: study[part] for part in ("train", "long")}
    assert set(found["compare"]) == set(study["compare"])
    assert set(found["compare"]["runs"][0]) == set(study["compare"]["runs"][0])
    assert [(run["arm"], run["seed"]) for run in found["compare"]["runs"]] == [
        (arm, seed) for arm in tiny.ARMS for seed in (0, 1, 2)
    ]
    with Image.open(tmp_path / "10_arms.png") as sheet:
        assert sheet.size == (6 * 32, 3 * 32)


def test_the_long_training_writes_what_the_committed_record_holds(tiny, study, monkeypatch, tmp_path):
    """With the shipped networks in the place of the training."""
    pair = nn.ModuleDict(dict(zip(("encoder", "decoder"), load_adain())))
    images = tiny.styled_pairs(pair["encoder"], pair["decoder"])
    made = {"arm": "the paper's loss", "seed": 0, "cpu_seconds": 1.0, "players": pair.state_dict(), "images": images}
    monkeypatch.setattr(tiny, "trained", lambda arm, seed, base: made)
    tiny.long()
    found = studies.read("10_adain")["long"]
    assert set(found) == set(study["long"])
    assert set(found["runs"]) == set(study["long"]["runs"])
    assert found["runs"]["as shipped"] == found["runs"]["the paper's loss"]
    with Image.open(tmp_path / "10_long.png") as sheet:
        assert sheet.size == (4 * 128, 2 * 128)
        pixels = np.asarray(sheet.convert("RGB").reduce(8), int)  # coarse enough not to see the dither
    assert np.abs(pixels[:16] - pixels[16:]).max() <= 4


def test_an_interrupted_training_goes_on_and_its_seconds_add_up(tiny, study, monkeypatch, tmp_path):
    encoder, decoder = load_adain()
    pieces = [KeyboardInterrupt(), None]

    def run(lesson, profile, out, resume):
        assert (lesson, profile, out) == ("10", "cpu", tiny.KEPT / "train")
        assert resume == (len(pieces) == 1)  # where there is something to go on with
        failure = pieces.pop(0)
        if failure:
            out.mkdir(parents=True)
            (out / "step-00000100.pt").touch()
            raise failure
        return SimpleNamespace(game=SimpleNamespace(encoder=encoder, decoder=decoder))

    monkeypatch.setattr(tiny, "run", run)
    monkeypatch.setattr(tiny.study, "Clock", lambda: SimpleNamespace(seconds=30.0))
    monkeypatch.setattr(models.shipped, "CHECKPOINTS", tmp_path)
    with pytest.raises(KeyboardInterrupt):
        tiny.train()
    assert studies.read("10_adain") == {}
    tiny.train()
    found = studies.read("10_adain")["train"]
    assert set(found) == set(study["train"])
    assert found["cpu_seconds"] == 60
    assert found["parameters"] == study["train"]["parameters"]
    assert found["sha256"] == hashlib.sha256((tmp_path / "10_adain.pt").read_bytes()).hexdigest()
