"""Recipes: typed settings that refuse what cannot be in one line, and games that depend on their settings alone."""

import math
from dataclasses import dataclass

import pytest

from course_gan import recipes as room
from course_gan.catalogue import PROFILES
from course_gan.data import PHOTO_NAMES
from course_gan.errors import CourseError
from course_gan.recipes import Recipe, Settings, build, recipe_of, recipes, setting, settings
from course_gan.training import train

every_recipe = pytest.mark.parametrize("lesson", recipes())
SETTINGS = [(lesson, name) for lesson, recipe in recipes().items() for name in recipe.Settings.specs()]


def outcome(lesson: str, **changes) -> str:
    """ "trains", or the one line that refused; whatever else is raised fails the test."""
    try:
        recipe = build(lesson, "smoke", **{"steps": 2} | changes)
        for _ in train(recipe.game, recipe.batches, min(2, recipe.steps)):
            pass
        recipe.preview()
    except CourseError as error:
        return str(error)
    return "trains"


def wrong_values(spec) -> list:
    """Values that the setting cannot have."""
    if spec.kind is bool:
        return [1, "yes", 0.5]
    if spec.many:
        wrong = [(), "nonsense", 3, [None], ["cofee"], (math.nan,)]
        return [*wrong, (spec.low - 1,) * (spec.length or 1)] if spec.low is not None else wrong
    if spec.kind is str:
        return [3, True, ("a",), ["gpu"], "nonsense" if spec.choices or spec.name == "device" else 0]
    wrong = ["many", True, (3,), [], math.nan, math.inf, -math.inf, spec.low - 1, spec.high * 2 + 1]
    return [*wrong, 1.5] if spec.kind is int else wrong


def right_values(spec, value) -> list:
    """Values that the setting may have, few and cheap to train with."""
    if spec.kind is bool:
        return [True, False]
    if spec.many:
        return [value[:1], value + value[-1:], list(value)] if spec.length is None else [[spec.low] * spec.length]
    if spec.kind is str:
        packaged = [choice for choice in spec.choices or () if choice not in ("mnist", "celeba")]
        return packaged if spec.choices else [value, ""]
    if spec.kind is float:
        return [spec.low, math.sqrt(max(spec.low, 1e-6) * spec.high), spec.high]
    least = [spec.low, spec.low + 1, spec.low + 2]
    return [*least, 9] if spec.name in ("scales", "patch_layers", "downsamplings") and spec.high >= 9 else least


@pytest.mark.parametrize(("lesson", "name"), SETTINGS)
def test_every_wrong_value_of_every_setting_is_one_line_before_anything_is_built(lesson, name, monkeypatch):
    monkeypatch.setattr(Recipe, "players", lambda self: pytest.fail("players were made of wrong settings"))
    for value in wrong_values(recipe_of(lesson).Settings.specs()[name]):
        with pytest.raises(CourseError) as refused:
            build(lesson, "smoke", **{name: value})
        assert str(refused.value).startswith(f"{name} is {value!r}, but has to be "), refused.value
        assert "\n" not in str(refused.value)


@pytest.mark.parametrize(("lesson", "name"), SETTINGS)
def test_every_other_value_trains_or_is_one_line(lesson, name):
    spec = recipe_of(lesson).Settings.specs()[name]
    if name == "compile":
        pytest.skip("compiling takes a minute; tests of the backend do it")
    for value in right_values(spec, getattr(settings(lesson, "smoke"), name)):
        found = outcome(lesson, **{name: value})
        assert "\n" not in found
        assert found == "trains" or " is " in found or "stopped at step" in found or " needs " in found, found


@pytest.mark.parametrize(
    ("lesson", "changes", "line"),
    [
        ("10", {"held_out": ("cofee",)}, "held_out is ('cofee',), but has to be names out of astronaut, coffee, "),
        ("10", {"image_size": 42}, "image_size is 42, but has to divide by 4: the network halves twice"),
        ("10", {"styles": ("brick", "brick")}, "styles is ('brick', 'brick'), but each has to be named once"),
        ("10", {"styles": ("bricks",)}, "styles is ('bricks',), but has to be names out of relief, earth, brick, "),
        ("10", {"held_out": PHOTO_NAMES}, "held_out names every photo, but one at least has to be learned on"),
        ("08", {"held_out": "a!"}, "held_out is 'a!', but has to be some of A to Z, a to z and 0 to 9"),
        ("08", {"typefaces_a": ()}, "typefaces_a is (), but has to be names out of DejaVuSans, "),
        ("07", {"patch_layers": 5}, "patch_layers is 5, but images of 32 pixels allow 3 at most"),
        ("07", {"depth": 6}, "image_size is 32 and depth 6, but the size has to divide by 2**depth, 64"),
        ("07", {"maps": 2}, "2 samples, but a batch needs 4; use a smaller batch_size"),
        ("03", {"image_size": 48}, "image_size is 48, but has to be a power of two: 16, 32, 64, 128 or 256"),
        ("03", {"betas": (0.5,)}, "betas is (0.5,), but has to be 2 numbers, each from 0 to 0.999999"),
        ("03", {"compile": True, "r1": 1.0}, "compile is True, but r1, r2 and gradient_penalty need it to be False"),
        ("03", {"device": "gpu"}, "device is 'gpu', but has to be auto, cpu, cuda, cuda:0, … or mps"),
        ("03", {"step": 3}, "lesson 03 has no setting 'step': did you mean steps? it has batch_size, "),
    ],
)
def test_what_does_not_go_together_is_said(lesson, changes, line):
    assert outcome(lesson, **changes).startswith(line)


@every_recipe
def test_the_defaults_are_within_their_ranges_under_every_profile(lesson):
    for profile in PROFILES:
        chosen = settings(lesson, profile)
        again = type(chosen)(**chosen.as_dict())
        assert again == chosen
        assert (chosen.lesson, chosen.profile) == (lesson, profile)


@every_recipe
def test_every_setting_has_a_label_and_documented_family(lesson):
    recipe = recipe_of(lesson)
    labels = [spec.label for spec in recipe.Settings.specs().values()]
    assert len(set(labels)) == len(labels)
    assert recipe.Settings.__doc__.split(":")[0] != Settings.__doc__.split(":")[0]
    assert recipe.__doc__.startswith(f"Lesson {lesson}: ")


def test_the_words_for_a_lesson_all_mean_the_same():
    assert recipe_of("3") is recipe_of("03") is recipe_of("03_dcgan") is recipe_of("dcgan")


def test_a_recipe_is_found_by_its_file_alone(monkeypatch):
    """Whoever adds a lesson's game adds a class to a file of the room; nothing has a list of them."""
    assert set(recipes()) >= {"01", "02", "03", "04", "07", "08", "10"}

    class Another(room.dcgan.DCGAN):
        """Lesson 99: another."""

        lesson = "99"
        profiles = room.dcgan.Letters.profiles

    monkeypatch.setattr(room.dcgan, "Another", Another, raising=False)
    recipes.cache_clear()
    try:
        assert recipes()["99"] is Another
    finally:
        monkeypatch.undo()
        recipes.cache_clear()
    assert "99" not in recipes()


def test_a_seam_is_replaced_without_touching_the_others():
    class Narrow(recipe_of("03")):
        def players(self):
            made = super().players()
            made["generator"].marked = True
            return made

    recipe = Narrow(settings("03", "smoke"))
    assert recipe.game.generator.marked
    assert recipe.preview().shape == (64, 1, 16, 16)


def test_a_setting_of_ones_own_is_typed_and_checked():
    @dataclass(frozen=True)
    class Mine(Settings):
        """Mine."""

        depth: int = setting(2, "depth", 1, 8, on_panel=True)
        names: tuple[str, ...] = setting(("a",), "names", choices=("a", "b"))
        share: float | None = setting(None, "share", 0.0, 1.0)

    chosen = Mine("99", "cpu", depth=3, names=["b", "a"], share=1)
    assert (chosen.depth, chosen.names, chosen.share) == (3, ("b", "a"), 1.0)
    assert type(chosen.share) is float
    with pytest.raises(CourseError, match=r"^share is 1.5, but has to be a number from 0 to 1 or None$"):
        Mine("99", "cpu", share=1.5)
    with pytest.raises(CourseError, match=r"^names is \('c',\), but has to be names out of a, b$"):
        Mine("99", "cpu", names=("c",))
    with pytest.raises(CourseError, match=r"^depth is 'two', but has to be a whole number from 1 to 8$"):
        Mine.specs()["depth"].read("two")
