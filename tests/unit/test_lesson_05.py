"""Lesson 05: what it writes in the open is what the library computes on other inputs; how its networks are shipped."""

import ast
import itertools
import json
import shutil

import pytest
import torch
import torch.nn.functional as F

from course_gan import metrics
from course_gan.catalogue import choose
from course_gan.data import glyphs, textures, to_float
from course_gan.files import ROOT
from course_gan.models import features, shipped
from tests.unit import loaded
from workshop import digests
from workshop import study as studies

WANTED = {"root", "frechet_distance", "kernel_distance", "region_radius", "share_inside", "precision_recall"}
WANTED |= {"nearest_neighbour", "blurred"}


@pytest.fixture(scope="module")
def lesson():
    """The functions that the lesson defines, by name, without the lesson having been run."""
    (found,) = choose(("05",))
    tree = ast.parse(digests.code_of(found.source))
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name in WANTED]
    assert {node.name for node in functions} == WANTED
    names = {"torch": torch, "F": F}
    exec(compile(ast.Module(functions, []), str(found.source), "exec"), names)  # the course's own text
    return names


@pytest.fixture(params=[3, 40])
def clouds(request):
    """Two clouds of the given number of features, of unequal sizes, the second moved and stretched."""
    generator = torch.Generator().manual_seed(request.param)
    d = request.param
    real, fake = torch.randn(150, d, generator=generator), torch.randn(120, d, generator=generator)
    return real, 0.4 + fake @ torch.randn(d, d, generator=generator) / d**0.5


@pytest.mark.parametrize("name", ["frechet_distance", "kernel_distance"])
def test_the_lessons_distance_is_the_librarys(lesson, clouds, name):
    theirs = getattr(metrics, name)(*clouds)
    value = theirs if isinstance(theirs, float) else theirs.value
    assert lesson[name](*clouds) == pytest.approx(value, rel=1e-9)


def test_the_lessons_precision_and_recall_are_the_librarys(lesson, clouds):
    for k in (1, 3, 5):
        assert lesson["precision_recall"](*clouds, k) == tuple(metrics.precision_recall(*clouds, k))


def test_the_lessons_neighbours_are_the_librarys(lesson, clouds):
    theirs, ours = metrics.nearest_neighbours(*clouds), lesson["nearest_neighbour"](*clouds)
    assert torch.equal(ours.indices, theirs.indices[:, 0])
    assert torch.allclose(ours.values, theirs.distances[:, 0])


def test_precision_and_recall_of_points_counted_by_hand(lesson):
    """Balls of radius 1 around 0, 1 and 2, against fakes at 0.5 and 9, whose balls have radius 8.5."""
    real, fake = torch.tensor([[0.0], [1.0], [2.0]]), torch.tensor([[0.5], [9.0]])
    assert lesson["precision_recall"](real, fake, k=1) == (0.5, 1.0)


def test_the_estimate_without_self_pairs_is_right_on_average_and_the_other_is_not(lesson):
    """All samples of three out of two worlds of three points each."""
    worlds = torch.tensor([[[0.3], [-1.0], [1.5]], [[0.0], [2.0], [-0.5]]])
    truth = lesson["kernel_distance"](*worlds, keep_self_pairs=True)
    samples = [[world[list(index)] for index in itertools.product(range(3), repeat=3)] for world in worlds]
    pairs = list(itertools.product(*samples))
    means = [sum(lesson["kernel_distance"](*pair, keep) for pair in pairs) / len(pairs) for keep in (False, True)]
    assert means[0] == pytest.approx(truth, abs=1e-9)
    assert means[1] > truth + 0.1


def test_a_blur_keeps_the_ink_and_lowers_its_peak(lesson):
    dot = -torch.ones(1, 1, 32, 32)
    dot[..., 16, 16] = 1
    soft = lesson["blurred"](dot, 1.0)
    assert (soft + 1).sum() == pytest.approx(2, abs=1e-4)
    assert soft.max() < -0.5


@pytest.fixture
def script(monkeypatch, tmp_path):
    """The script that trains the feature networks, by two steps of small batches, into folders of its own."""
    module = loaded.script("05_features")
    monkeypatch.setattr(module, "STEPS", dict.fromkeys(module.STEPS, 2))
    monkeypatch.setattr(module, "BATCH", dict.fromkeys(module.BATCH, 8))
    monkeypatch.setattr(shipped, "CHECKPOINTS", tmp_path)
    monkeypatch.setattr(studies, "RESULTS", tmp_path)
    return module


@pytest.mark.parametrize("name", ["glyphs", "letters", "textures"])
def test_a_feature_network_is_shipped_and_recorded_beside_the_others_as_in_the_committed_record(script, name, tmp_path):
    committed = json.loads((ROOT / "results" / "05_features.json").read_text(encoding="utf-8"))
    shutil.copy(ROOT / "results" / "05_features.json", tmp_path)
    script.shipped(name)
    found = studies.read("05_features")
    assert {other: found[other] for other in found if other != name} == {
        other: committed[other] for other in committed if other != name
    }
    assert set(found[name]) == set(committed[name])
    assert set(found[name]["test_accuracy"]) == set(committed[name]["test_accuracy"])
    assert found[name]["command"] == committed[name]["command"]
    assert found[name]["parameters"] == committed[name]["parameters"]
    settings, weights = shipped.load_weights(f"features_{name}")
    features.FeatureNetwork(**settings).load_state_dict(weights)


@pytest.mark.parametrize("damage", ["blur", "noise", "shuffle_blocks", "smear"])
def test_a_damage_keeps_shape_and_range_and_can_be_seen(script, damage):
    images = to_float(textures().patches(64, 12, 0, "test").images)
    damaged = getattr(script, damage)(images, torch.Generator().manual_seed(0))
    assert damaged.shape == images.shape
    assert damaged.abs().max() <= 1
    assert (damaged - images).abs().mean(dim=(1, 2, 3)).min() > 0.005


def test_each_letter_is_softened_by_its_own_width(script):
    """Hardly at all by 0.3 pixels, clearly by 1; ink is neither made nor lost."""
    images = to_float(glyphs(split="test").images[:2])
    soft = script.softened(images, torch.tensor([0.3, 1.0]).view(2, 1, 1, 1))
    change = (soft - images).abs().mean(dim=(1, 2, 3))
    assert change[0] < 0.02
    assert change[1] > 0.05
    assert torch.allclose((soft + 1).sum(dim=(1, 2, 3)), (images + 1).sum(dim=(1, 2, 3)), rtol=0.02)
