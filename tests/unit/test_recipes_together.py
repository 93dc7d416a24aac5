"""Settings that meet: whatever is combined trains or is one line before training, and none is accepted and not used."""

import random
from functools import cache

import pytest

from course_gan.recipes import build, recipe_of, recipes, settings
from course_gan.training import train
from tests.unit.own_folders import two_sides
from tests.unit.test_recipes import outcome
from tests.unit.tiny_games import differing, whole_state

COMBINATIONS = 12  # a lesson; 3,000 were drawn once
FREE = ("steps", "device", "compile", "dtype")  # these say how long, where and how, not what
CHEAP = {
    "batch_size": (2, 3, 7, 300),
    "samples": (1, 2, 50, 400),
    "width": (1, 2, 3, 8),
    "layers": (1, 2, 20),
    "latent_dim": (1, 2, 200),
    "discriminator_steps": (1, 2, 3),
    "discriminator_width": (1, 2, 8),
    "image_size": (16, 17, 24, 32, 48, 64),
    "copies": (1, 2),
    "maps": (1, 3, 8, 40),
    "places": (2, 8, 40),
    "scale": (1.0, 2.0, 8.0),
    "depth": (2, 3, 4, 6, 10),
    "max_multiplier": (1, 2, 64),
    "patch_layers": (0, 1, 3, 5),
    "blocks": (0, 1, 3),
    "downsamplings": (0, 1, 2, 3, 5),
    "pool": (0, 1, 10_000),
    "crops": (14, 15, 60),
    "critic_width": (1, 2, 8),
    "directions": (1, 2, 16),
    "heads_width": (1, 2, 16),
    "patches": (2, 16, 4096),
    "photo": ("coffee", "", "no_such_file.png"),
    "style": ("mosaic", "retina", "brick.png"),
    "seed": (0, 1, 2**31),
    "channels": (1, 2, 3),
}
ALL_BUT_ONE = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz012345678"


def drawn(spec, chance: random.Random):
    """A value that the setting can have, of those that are quickly trained with."""
    if spec.name in CHEAP:
        return chance.choice(CHEAP[spec.name])
    if spec.kind is bool:
        return chance.random() < 0.5
    if spec.many and spec.choices:
        count = chance.choice([1, 2, len(spec.choices)])
        return tuple(chance.sample(spec.choices, count))
    if spec.many:
        return tuple(chance.choice([spec.low, 0.5, spec.high]) for _ in range(spec.length))
    if spec.choices:
        return chance.choice([choice for choice in spec.choices if choice not in ("mnist", "celeba")])
    if spec.kind is str:
        return chance.choice(["", "a", "AAAA", ALL_BUT_ONE, f"{ALL_BUT_ONE}9"])
    values = [spec.low, (max(spec.low, 1e-6) * spec.high) ** 0.5, spec.high]
    return chance.choice([*values, None] if spec.optional else values)


@pytest.mark.parametrize("lesson", recipes())
def test_settings_drawn_at_random_train_together_or_are_one_line(lesson):
    chance = random.Random(0)
    specs = {name: spec for name, spec in recipe_of(lesson).Settings.specs().items() if name not in FREE}
    found = []
    for _ in range(COMBINATIONS):
        names = chance.sample(list(specs), chance.choice([2, 3, 4]))
        found.append(outcome(lesson, **{name: drawn(specs[name], chance) for name in names}))
    assert "trains" in found
    assert not any("\n" in line for line in found)


OTHER = {
    "samples": 300,
    "image_size": {"03": 32, "04": 32, "07": 16, "08": 16, "09": 16, "10": 48},
    "maps": 40,
    "styles": ("mosaic", "brick"),
    "crops": 60,
    "held_out": {"08": "a", "10": ("coffee",)},
    "data": {
        "01": "grid",
        "02": "ring",
        "03": "digits",
        "04": "digits",
        "07": "textures",
        "08": "earth",
        "09": "picture",
    },
    "norm": {"07": "instance", "08": "none", "09": "instance"},
    "dropout": 0.25,
    "loss": {
        "01": "least_squares",
        "02": "least_squares",
        "03": "least_squares",
        "04": "least_squares",
        "07": "least_squares",
        "08": "hinge",
        "09": "least_squares",
    },
    "discriminator_norm": {"03": "instance", "04": "instance", "07": "instance", "08": "none", "09": "instance"},
    "typefaces_a": ("DejaVuSans",),
    "typefaces_b": ("STIXGeneralBolIta",),
    "betas": (0.3, 0.7),
    "ema": 1e-3,
    "depth": 4,
    "max_multiplier": 1,
    "patch_layers": 3,
    "clip": 1e-3,
    "pool": 0,
    "into": "relief",
    "photo": "coffee",
    "style": "mosaic",
    "folder": "other",
    "channels": 1,
}
OWN = {"data": "folder", "folder": "own", "batch_size": 2}
WITH = {  # what these belong to
    "places": {"data": "earth"},
    "scale": {"data": "earth"},
    "latitude": {"data": "earth"},
    "photo": {"data": "picture"},
    "style": {"data": "picture"},
    "folder": OWN,
    "channels": OWN,
    "mirror": OWN,
}
USED = [(lesson, name) for lesson, recipe in recipes().items() for name in recipe.Settings.specs() if name not in FREE]


def trained(lesson: str, **changes) -> dict:
    """All that four small steps leave, and the preview."""
    recipe = build(lesson, "smoke", **({"steps": 4, "dtype": "fp32"} | changes))
    for _ in train(recipe.game, recipe.batches, recipe.steps):
        pass
    return whole_state(recipe.game, recipe.batches) | {"preview": recipe.preview()}


@pytest.fixture(scope="module")
def untouched():
    """What each lesson's game is without changes but those that a setting belongs to, once."""
    return cache(lambda lesson, *given: trained(lesson, **dict(given)))


@pytest.fixture
def own_folders(tmp_path, monkeypatch):
    """Two folders in the working directory, of whose pictures every lesson can learn."""
    monkeypatch.chdir(tmp_path)
    two_sides(tmp_path / "own", 6)
    two_sides(tmp_path / "other", 6, first=20)


@pytest.mark.parametrize(("lesson", "name"), USED)
def test_every_setting_changes_what_is_trained(lesson, name, untouched, own_folders):
    spec = recipe_of(lesson).Settings.specs()[name]
    old = getattr(settings(lesson, "smoke"), name)
    other = OTHER.get(name)
    if isinstance(other, dict):
        other = other[lesson]
    if other is None:
        other = not old if spec.kind is bool else spec.kind((old or 0.01) * 2 + (spec.kind is int and not old))
    assert other != old
    company = WITH.get(name, {})
    before = untouched(lesson, *company.items())
    assert differing(trained(lesson, **(company | {name: other})), before), f"{name} = {other!r} changes nothing"
