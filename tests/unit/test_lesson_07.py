"""Lesson 07: what it writes in the open is the library's, its results are whole, its painter is as good as it says."""

import ast
import json

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn

from course_gan import data, models
from course_gan.catalogue import choose
from course_gan.errors import CourseError
from course_gan.files import ROOT
from course_gan.models.layers import receptive_field
from course_gan.recipes import settings
from tests.unit import loaded
from workshop import digests
from workshop import study as studies

WANTED = {
    "Dropout",
    "down",
    "up",
    "UNet",
    "PatchGAN",
    "by_formula",
    "by_gradient",
    "windows",
    "cut",
    "read_map",
    "paint",
}


@pytest.fixture(scope="module")
def lesson():
    """The functions and classes that the lesson defines, by name, without the lesson having been run."""
    (found,) = choose(("07",))
    tree = ast.parse(digests.code_of(found.source))
    parts = [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name in WANTED]
    assert {node.name for node in parts} == WANTED
    names = {"torch": torch, "F": F, "nn": nn, "np": np, "data": data, "Image": Image, "CourseError": CourseError}
    exec(compile(ast.Module(parts, []), str(found.source), "exec"), names)  # the course's own text
    return names


@pytest.fixture(scope="module")
def script():
    return loaded.script("07_pix2pix")


def results(name):
    return json.loads((ROOT / "results" / f"{name}.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def study():
    return results("07_comparisons")


@pytest.fixture(scope="module")
def judge(script):
    return script.Judge(maps=300)


def of(study, variant, score):
    """A variant's scores by seed."""
    return {run["seed"]: run[score] for run in study["runs"] if run["variant"] == variant}


def test_every_variant_was_played_from_the_same_three_seeds(study, script):
    variants = script.LOSSES | script.ARCHITECTURES
    assert study["variants"] == variants
    assert sorted((run["variant"], run["seed"]) for run in study["runs"]) == sorted(
        (name, seed) for name in variants for seed in (0, 1, 2)
    )


def test_the_record_says_how_it_was_made(study, script):
    assert study["command"] == "python scripts/07_pix2pix.py compare"
    now = studies.as_json(settings("07", "cpu", data="textures", **script.SETTINGS).as_dict())
    assert study["settings"] == {name: now[name] for name in study["settings"]}
    assert set(script.SETTINGS) <= set(study["settings"])
    assert not set(script.VARIED) & set(study["settings"])
    assert set(study["machine"]) == {"cpu", "threads", "torch", "bf16"}
    assert all(run["cpu_seconds"] > 0 for run in study["runs"])
    assert study["judged"]["windows"] > 250


def test_variants_differ_from_the_common_settings_in_what_their_names_say(script):
    base = settings("07", "cpu", data="textures", **script.LOSSES["adversarial + L1"])
    for name, changed in (script.LOSSES | script.ARCHITECTURES).items():
        chosen = settings("07", "cpu", data="textures", **changed)
        assert ("adversarial" in name or name == "all three" or name in script.ARCHITECTURES) == bool(
            chosen.adversarial
        )
        assert {key for key in base.as_dict() if getattr(chosen, key) != getattr(base, key)} <= set(changed)


def test_real_paintings_are_nearer_to_real_ones_than_any_variant_and_worse_in_l1_than_the_flat_ones(study):
    real = study["real"]["test"]
    assert all(real["frechet"] < run["frechet"] for run in study["runs"])
    assert real["accuracy"] > 0.9
    assert real["edge"] > 0.9
    for seed, flat in of(study, "L1", "l1").items():
        assert flat < real["l1"], seed


@pytest.mark.parametrize("file", ["07_losses", "07_architectures"])
def test_a_sheet_holds_six_pictures_a_row(file, script):
    rows = 2 + (len(script.LOSSES) if file == "07_losses" else len(script.ARCHITECTURES) + 1)
    with Image.open(ROOT / "results" / f"{file}.png") as sheet:
        assert sheet.size == (6 * 64, rows * 64)


@pytest.fixture
def tiny(script, monkeypatch, tmp_path):
    """The script with players, data and steps so small that a training takes a second, and folders of its own."""
    small = {"width": 2, "depth": 2, "steps": 2, "maps": 16, "lr": 1e-3, "dtype": "fp32"}
    monkeypatch.setattr(script, "SETTINGS", small)
    monkeypatch.setattr(script, "LOSSES", {"adversarial + L1": {"adversarial": 1.0, "l1": 10.0}})
    monkeypatch.setattr(script, "ARCHITECTURES", {"U-Net, depth 3": {"depth": 3}})
    monkeypatch.setattr(script, "MAPS", 60)
    monkeypatch.setattr(script, "KEPT", tmp_path / "kept")
    monkeypatch.setattr(studies, "RESULTS", tmp_path)
    return script


def test_a_seed_gives_the_same_picture_again_and_another_seed_another(tiny, judge):
    variant = "adversarial + L1"
    first, again, other = (tiny.trained(tiny.settings_of(variant, seed), judge.inputs)["painted"] for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_the_comparison_writes_what_the_committed_record_holds(tiny, study, tmp_path):
    tiny.compare()
    found = studies.read("07_comparisons")
    assert set(found) == set(study)
    assert set(found["settings"]) >= set(study["settings"])
    assert set(found["runs"][0]) == set(study["runs"][0])
    assert set(found["real"]["test"]) == set(study["real"]["test"])
    for name, rows in (("07_losses", 3), ("07_architectures", 4)):
        with Image.open(tmp_path / f"{name}.png") as sheet:
            assert (sheet.size, sheet.mode) == ((6 * 64, rows * 64), "P")


def test_the_judge_asks_about_windows_of_one_class_and_knows_real_ones(judge):
    for i, k, top, left in judge.found:
        assert (judge.labels[i, top : top + 32, left : left + 32] == k).all()
    scores = judge.scores(judge.targets)
    assert scores["accuracy"] > 0.9
    assert scores["frechet"] < 1e-3
    assert (scores["l1"], scores["contrast"]) == (0, 1)


def test_the_judge_tells_a_flat_painting_from_a_real_one(judge):
    flat = torch.stack([judge.targets.float().mean(dim=(2, 3))] * 4096, dim=2).view(-1, 3, 64, 64).to(torch.uint8)
    scores = judge.scores(flat)
    assert scores["accuracy"] < 0.6
    assert scores["contrast"] == 0
    assert scores["edge"] < 0.8


def test_the_lessons_windows_are_the_scripts(lesson, script):
    inputs, targets = data.texture_maps(60, 64, seed=3, split="test")
    labels = data.colour_decode(inputs.images)
    assert len(lesson["windows"](labels)) > 8
    assert lesson["windows"](labels) == script.windows(labels)
    found = script.windows(labels)
    assert torch.equal(lesson["cut"](targets.images, found), script.cut(targets.images, found))


@pytest.mark.parametrize(("depth", "multiplier", "skips"), [(2, 8, True), (4, 2, False), (6, 4, True)])
def test_the_lessons_unet_is_the_librarys(lesson, depth, multiplier, skips):
    mine = lesson["UNet"](3, depth, multiplier, skips)
    theirs = models.UNetGenerator(width=3, depth=depth, max_multiplier=multiplier, skips=skips)
    theirs.load_state_dict(mine.state_dict())
    x, answers = torch.randn(2, 3, 64, 128), []
    for network in (mine.eval(), theirs.eval()):
        torch.manual_seed(0)
        answers.append(network(x))
    assert torch.equal(*answers)


@pytest.mark.parametrize("layers", [1, 2, 4])
def test_the_lessons_patchgan_is_the_librarys(lesson, layers):
    mine, theirs = lesson["PatchGAN"](6, 3, layers), models.PatchDiscriminator(6, 3, layers, norm="batch")
    theirs.load_state_dict(mine.state_dict())
    x = torch.randn(2, 6, 96, 64)
    assert torch.equal(mine(x), theirs(x))
    assert lesson["by_formula"](mine) == receptive_field(theirs) == lesson["by_gradient"](mine, 350)


def test_a_map_of_ones_own_is_read_as_the_nearest_heights_in_sides_that_divide(lesson, tmp_path):
    labels = torch.randint(6, (1, 50, 75))
    noisy = data.earth.HEIGHT_COLOURS[labels[0]].int() + torch.randint(-9, 10, (50, 75, 3))
    Image.fromarray(noisy.clamp(0, 255).to(torch.uint8).numpy()).save(tmp_path / "mine.png")
    own = lesson["read_map"](tmp_path / "mine.png")
    assert own.shape == (1, 160, 256)
    assert set(own.unique().tolist()) == set(range(6))
    exact = torch.from_numpy(np.array(Image.fromarray(labels[0].byte().numpy()).resize((256, 160), 0)))
    assert torch.equal(own[0], exact.long())


@pytest.mark.parametrize(
    ("name", "reason"), [("none.png", "No such file or directory"), ("text.png", "it is no picture")]
)
def test_a_map_that_cannot_be_read_is_one_line(lesson, tmp_path, name, reason):
    (tmp_path / "text.png").write_text("hello")
    with pytest.raises(CourseError) as error:
        lesson["read_map"](tmp_path / name)
    assert str(error.value) == f"OWN_MAP is {tmp_path / name}: {reason}; give the path of a PNG or JPEG file"
