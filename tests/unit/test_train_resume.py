"""`course-gan train --resume`: every word is used, or answered in one line before anything is written."""

import shutil
from types import SimpleNamespace

import pytest

from course_gan.catalogue import PROFILES
from course_gan.errors import CourseError
from course_gan.recipes import recipe_of, recipes, settings
from course_gan.runner.resuming import MAY_CHANGE, asked, plain, taken_up
from tests.unit.test_recipes import right_values
from tests.unit.tiny_games import differing, whole_state
from tests.unit.tiny_trainings import contents, refusal, resumed

# nothing to resume


@pytest.mark.parametrize("kind", ["missing", "empty", "file", "foreign", "only the rest of a run"])
def test_where_there_is_no_run_nothing_is_begun_and_the_runs_beside_are_named(kind, trained):
    other = trained.with_name("minw")
    if kind == "file":
        other.write_text("mine")
    elif kind == "only the rest of a run":
        shutil.copytree(trained, other, ignore=shutil.ignore_patterns("*.pt"))
    elif kind != "missing":
        other.mkdir()
    if kind == "foreign":
        (other / "thesis.txt").write_text("mine")
    (trained.parent / "another folder").mkdir()
    before = contents(trained.parent)
    assert refusal(other) == f"nothing to resume in {other}; runs beside it: {trained}"
    assert contents(trained.parent) == before
    assert other.exists() == (kind != "missing")


def test_a_folder_of_runs_is_no_run_and_the_runs_in_it_are_named(trained):
    shutil.copytree(trained, trained.with_name("other"))
    assert (
        refusal(trained.parent)
        == f"nothing to resume in {trained.parent}; runs in it: {trained}, {trained.with_name('other')}"
    )


def test_where_no_run_is_near_it_is_said_how_to_start_one(tmp_path):
    (tmp_path / "01").mkdir()
    line = "and no run is beside it: leave out --resume to start one"
    assert refusal(tmp_path / "01") == f"nothing to resume in {tmp_path / '01'}, {line}"
    assert refusal(tmp_path / "no" / "such" / "01") == f"nothing to resume in {tmp_path / 'no' / 'such' / '01'}, {line}"
    assert sorted(tmp_path.rglob("*")) == [tmp_path / "01"]


# words that are not used


@pytest.mark.parametrize(
    ("profile", "given", "line"),
    [
        ("cpu", {}, "profile was 'smoke' when {} was started: it cannot become 'cpu' on resuming"),
        ("SMOKE", {}, "unknown profile 'SMOKE': choose one of smoke, cpu, gpu"),
        (None, {"width": 9}, "width was 8 when {} was started: it cannot become 9 on resuming"),
        (None, {"WIDTH": 9, "steps": 20}, "width was 8 when {} was started: it cannot become 9 on resuming"),
        (
            None,
            {"betas": [0.5, 0.9]},
            "betas was (0.0, 0.9) when {} was started: it cannot become (0.5, 0.9) on resuming",
        ),
        (None, {"ema": 0.9}, "ema was None when {} was started: it cannot become 0.9 on resuming"),
        (
            None,
            {"lr_discriminator": None},
            "lr_discriminator was 0.002 when {} was started: it cannot become None on resuming",
        ),
        (
            "cpu",
            {"lr": 1, "seed": 3},
            "profile was 'smoke' and lr was 0.0005 and seed was 0 when {} was started: "
            "they cannot become 'cpu' and 1.0 and 3 on resuming",
        ),
        (None, {"steps": 5}, "steps is 5, but 12 are made in {}: give more with -p steps M"),
        (None, {"steps": 11}, "steps is 11, but 12 are made in {}: give more with -p steps M"),
        (None, {"steps": 0}, "steps is 0, but has to be a whole number from 1 to 10,000,000"),
        (None, {"steps": 1e3}, "steps is 1000.0, but has to be a whole number from 1 to 10,000,000"),
        (None, {"steps": None}, "steps is None, but has to be a whole number from 1 to 10,000,000"),
        (None, {"wdith": 8}, "lesson 01 has no setting 'wdith': did you mean width? it has batch_size, "),
        (None, {"lambda": 8}, "lesson 01 has no setting 'lambda': it has batch_size, "),
        (None, {"profile": "smoke"}, "lesson 01 has no setting 'profile': --profile says it"),
        (None, {"name": "02"}, "lesson 01 has no setting 'name': it has batch_size, "),
    ],
)
def test_what_would_make_it_another_run_is_one_line_and_nothing_is_written(profile, given, line, trained):
    assert refusal(trained, profile, **given).startswith(line.format(trained))


def test_another_lessons_run_is_refused(trained):
    line = f"{trained} holds a run of lesson 01, not of 02: choose another folder"
    assert refusal(trained, None, "02") == line
    (trained / "settings.json").write_text((trained / "settings.json").read_text().replace('"01"', '"02"'))
    assert refusal(trained, None, "02") == line  # by its checkpoints


@pytest.mark.parametrize("given", [{}, {"steps": 12}, {"steps": 12, "width": 8}, {"dtype": "fp32"}])
def test_a_run_that_is_at_its_end_says_so_and_nothing_is_written(given, trained, capsys):
    before = contents(trained)
    assert resumed(trained, **given).game.steps == 12
    assert capsys.readouterr().err == "all 12 steps are made: give more with -p steps M\n"
    assert contents(trained) == before


@pytest.mark.parametrize(
    ("profile", "given"),
    [
        (None, {}),
        ("smoke", {}),
        (None, {"width": 8, "lr": 5e-4, "gradient_penalty": 1, "betas": [0.0, 0.9], "WIDTH": 8, "ema": None}),
        (None, {"device": "cpu", "compile": False, "loss": "wasserstein"}),
    ],
)
def test_the_same_values_in_other_words_are_the_same_run(profile, given, trained, uninterrupted, capsys):
    recipe = resumed(trained, profile, **({"steps": 14} | given))
    assert not differing(whole_state(recipe.game, recipe.batches), uninterrupted)
    assert capsys.readouterr().err == ""


CASES = [(lesson, name) for lesson, recipe in recipes().items() for name in recipe.Settings.specs()]


@pytest.mark.parametrize(("lesson", "name"), CASES)
def test_every_other_value_of_every_setting_is_taken_or_one_line(lesson, name, tmp_path):
    """Only steps, device, dtype and compile may change; of all else, setting, old and new value are named."""
    recipe = recipe_of(lesson)
    started = settings(lesson, "smoke")
    held = {"game": {"steps": 1}, "settings": plain(started)}
    directory = SimpleNamespace(path=tmp_path, newest=lambda: held)
    old = getattr(started, name)
    for new in right_values(recipe.Settings.specs()[name], old if old is not None else 0):
        given = {name: new}
        value = getattr(asked(recipe, "smoke", given), name)
        if value == old or name in MAY_CHANGE:
            assert getattr(taken_up(directory, recipe, None, given).settings, name) == value
            continue
        with pytest.raises(CourseError) as error:
            taken_up(directory, recipe, None, given)
        line = f"{name} was {old!r} when {tmp_path} was started: it cannot become {value!r} on resuming"
        assert str(error.value) == line


@pytest.mark.parametrize("lesson", recipes())
def test_every_other_profile_is_refused_and_the_own_one_is_not(lesson, tmp_path):
    for own in PROFILES:
        held = {"game": {"steps": 1}, "settings": plain(settings(lesson, own))}
        directory = SimpleNamespace(path=tmp_path, newest=lambda held=held: held)
        for other in PROFILES:
            if other == own:
                assert taken_up(directory, recipe_of(lesson), other, {}).settings == settings(lesson, own)
            else:
                with pytest.raises(CourseError, match=rf"^profile was '{own}' when .* cannot become '{other}'"):
                    taken_up(directory, recipe_of(lesson), other, {})
