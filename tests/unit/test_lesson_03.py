"""Lesson 03's studies: what was left out in each arm, what was swept, how both are recorded."""

import json
import shutil
from types import SimpleNamespace

import pytest
import torch
from PIL import Image
from torch import nn

from course_gan import data, models
from course_gan.errors import CourseError
from course_gan.files import ROOT
from course_gan.recipes import settings
from tests.unit import loaded
from workshop import study as studies


def recorded(name):
    return json.loads((ROOT / "results" / f"{name}.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def rules():
    return loaded.script("03_rules")


@pytest.fixture(scope="module")
def sweep():
    return loaded.script("03_sweep")


@pytest.fixture
def tiny(rules, monkeypatch, tmp_path):
    """The script with players, data and steps so small that a training takes a second, and folders of its own."""
    small = {"width": 2, "batch_size": 4, "steps": 2, "copies": 1, "dtype": "fp32"}
    monkeypatch.setattr(rules, "SETTINGS", small)
    monkeypatch.setattr(rules, "SAMPLES", 8)
    monkeypatch.setattr(rules, "KEPT", tmp_path / "kept")
    monkeypatch.setattr(studies, "RESULTS", tmp_path)
    return rules


def networks(rules, arm):
    pair = models.DCGANGenerator(100, 1, 4, 32), models.DCGANDiscriminator(1, 4, 32)
    rules.change(rules.ARMS[arm], 0, *pair)
    return pair


def kinds(network):
    return [type(layer) for layer in network.modules() if not list(layer.children())]


def test_every_arm_was_trained_from_the_same_three_seeds(rules):
    study = recorded("03_rules")
    played = sorted((run["arm"], run["seed"]) for run in study["runs"])
    assert played == sorted((arm, seed) for arm in rules.ARMS for seed in (0, 1, 2))
    assert study["command"] == "python scripts/03_rules.py"
    assert {name: study["settings"][name] for name in rules.SETTINGS} == rules.SETTINGS
    assert set(study["machine"]) == {"cpu", "bf16", "threads", "torch"}
    assert all(run["cpu_seconds"] > 0 for run in study["runs"])


def test_arms_differ_from_the_recipe_in_what_their_names_say(rules):
    plain = settings("03", "cpu", seed=1, **rules.SETTINGS)
    for arm in rules.ARMS:
        chosen = rules.settings_of(arm, 1)
        changed = {name for name in plain.as_dict() if getattr(chosen, name) != getattr(plain, name)}
        assert changed == ({"betas"} if "β₁" in arm else set())
    assert rules.settings_of("Adam's β₁ = 0.9", 0).betas == (0.9, 0.999)


def test_what_is_left_out_is_not_there(rules):
    whole = [kinds(network) for network in networks(rules, "all rules")]
    assert whole[0].count(nn.BatchNorm2d) == whole[0].count(nn.ConvTranspose2d) - 1
    for network in networks(rules, "no batch norm"):
        assert nn.BatchNorm2d not in kinds(network)
        convolutions = [layer for layer in network.layers if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d)]
        assert all(layer.bias is not None for layer in convolutions)
    generator, discriminator = networks(rules, "pooling, upsampling")
    assert [layer.stride for layer in discriminator.modules() if isinstance(layer, nn.Conv2d)].count((2, 2)) == 0
    assert kinds(generator).count(nn.ConvTranspose2d) == 1  # the first, which makes 4 × 4 of 1 × 1
    generator, _ = networks(rules, "kernel 3 in G")
    kernels = [layer.kernel_size for layer in generator.modules() if isinstance(layer, nn.ConvTranspose2d)]
    assert kernels == [(4, 4), *[(3, 3)] * (len(kernels) - 1)]
    for network, before in zip(networks(rules, "norm everywhere"), whole, strict=True):
        assert kinds(network).count(nn.BatchNorm2d) == before.count(nn.BatchNorm2d) + 1
    assert [kinds(network).count(nn.Linear) for network in networks(rules, "dense layers")] == [1, 2]
    _, discriminator = networks(rules, "ReLU in D")
    assert nn.LeakyReLU not in kinds(discriminator)


@pytest.mark.parametrize("arm", ["all rules", "default weights"])
def test_weights_are_drawn_as_the_paper_says_or_as_torch_does(rules, arm):
    generator, _ = networks(rules, arm)
    spread = generator.layers[0].weight.std().item()
    assert (spread == pytest.approx(0.02, rel=0.05)) == (arm == "all rules")


def test_every_arm_makes_pictures_and_one_image_has_one_logit(rules):
    for arm in rules.ARMS:
        generator, discriminator = networks(rules, arm)
        images = generator(torch.randn(2, 100))
        assert images.shape == (2, 1, 32, 32), arm
        assert discriminator(images).shape == (2,), arm


def test_a_seed_gives_the_same_samples_again_and_another_seed_others(tiny):
    first, again, other = (tiny.trained("dense layers", seed)["samples"] for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_real_letters_are_near_and_named_with_certainty_and_noise_is_far(rules):
    features = models.load_features("glyphs")
    letters = data.glyphs(split="test").images
    noise = torch.randint(256, letters.shape, dtype=torch.uint8)
    run = {"arm": "x", "seed": 0, "cpu_seconds": 1.0}
    real = features.extract(letters)
    own, other = (rules.scored(run | {"samples": images}, features, real) for images in (letters, noise))
    assert own["frechet"] < 1e-3 * other["frechet"]
    assert own["named"] > 0.9


def test_the_study_writes_what_the_committed_record_holds(tiny, monkeypatch, tmp_path):
    monkeypatch.setattr(tiny, "ARMS", {arm: tiny.ARMS[arm] for arm in ("all rules", "ReLU in D")})
    monkeypatch.setattr(tiny, "SEEDS", (0, 1))
    monkeypatch.setattr(tiny, "COLUMNS", 4)
    tiny.rules()
    found, study = studies.read("03_rules"), recorded("03_rules")
    assert set(found) == set(study)
    assert set(found["settings"]) >= set(study["settings"])
    assert [(run["arm"], run["seed"]) for run in found["runs"]] == [
        (arm, seed) for seed in (0, 1) for arm in ("all rules", "ReLU in D")
    ]
    assert set(found["runs"][0]) == set(study["runs"][0])
    with Image.open(tmp_path / "03_rules.png") as sheet:
        assert (sheet.size, sheet.mode) == ((4 * 32, 2 * 32), "L")
    monkeypatch.setattr(tiny, "SETTINGS", tiny.SETTINGS | {"lr": 0.1})
    with pytest.raises(CourseError, match=r"0_0\.pt was made with other settings: lr was 0\.0004, now it is 0\.1"):
        tiny.rules()


def test_the_sheet_has_a_row_of_sixteen_samples_an_arm(rules):
    with Image.open(ROOT / "results" / "03_rules.png") as sheet:
        assert (sheet.size, sheet.mode) == ((16 * 32, len(rules.ARMS) * 32), "L")


def test_every_rate_was_tried_from_the_same_three_seeds(sweep):
    study = recorded("03_sweep")
    assert [(run["lr"], run["seed"]) for run in study["runs"]] == [(r, s) for r in sweep.RATES for s in sweep.SEEDS]
    assert study["parameters"] == sweep.PARAMETERS
    assert all(run["seconds"] > 0 for run in study["runs"])


def test_an_interrupted_sweep_repeats_no_point(sweep, monkeypatch, tmp_path):
    asked = []

    def execute(source, target, parameters, **_):
        if len(asked) == 5:
            asked.append("Ctrl-C")
            raise KeyboardInterrupt
        asked.append((parameters["LR"], parameters["SEED"]))
        shutil.copy(source, target)

    stated = [SimpleNamespace(name=claim, value=0.123456) for claim in sweep.READ.values()]
    monkeypatch.setattr(sweep.papermill, "execute_notebook", execute)
    monkeypatch.setattr(sweep, "claims_in", lambda notebook: stated)
    monkeypatch.setattr(sweep, "KEPT", tmp_path / "kept")
    monkeypatch.setattr(studies, "RESULTS", tmp_path)
    with pytest.raises(KeyboardInterrupt):
        sweep.sweep()
    assert studies.read("03_sweep") == {}
    sweep.sweep()
    points = [(rate, seed) for rate in sweep.RATES for seed in sweep.SEEDS]
    assert asked == [*points[:5], "Ctrl-C", *points[5:]]
    found, study = studies.read("03_sweep"), recorded("03_sweep")
    assert set(found) == set(study)
    assert set(found["runs"][0]) == set(study["runs"][0])
    assert found["runs"][7]["named"] == 0.1235
