"""The settings of a training are in its checkpoints: a lost, a damaged or a wrong settings.json changes nothing."""

import json
import shutil

import pytest

from course_gan.recipes import settings
from course_gan.runner import training as train_module
from course_gan.runner.resuming import plain
from course_gan.training import checkpoint
from tests.unit.tiny_games import differing, whole_state
from tests.unit.tiny_trainings import (
    as_an_earlier_version,
    contents,
    refusal,
    resumed,
    rewrite,
)

# settings are in the checkpoints


def test_copied_checkpoints_bring_their_settings(trained_once, tmp_path, uninterrupted):
    for path in trained_once.glob("*.pt"):
        shutil.copy(path, tmp_path)
    recipe = resumed(tmp_path, steps=14)
    assert (recipe.settings.loss, recipe.settings.gradient_penalty) == ("wasserstein", 1.0)
    assert not differing(whole_state(recipe.game, recipe.batches), uninterrupted)
    assert json.loads((tmp_path / "settings.json").read_text()) == plain(recipe.settings)
    assert checkpoint.read(tmp_path / "step-00000014.pt")["settings"] == plain(recipe.settings)


def _of_another_run(kept):
    return json.dumps(plain(settings("01", "cpu", r1=5.0)))


WRONG = {
    "edited": (
        lambda kept: json.dumps(kept | {"r1": 5.0}),
        "contradicts the checkpoint (r1 is 5.0 in it and 0.0 there)",
    ),
    "more steps": (
        lambda kept: json.dumps(kept | {"steps": 99}),
        "contradicts the checkpoint (steps is 99 in it and 12 there)",
    ),
    "of another lesson": (
        lambda kept: json.dumps(kept | {"lesson": "02"}),
        "contradicts the checkpoint (lesson is '02' in it and '01' there)",
    ),
    "of another run": (
        _of_another_run,
        "contradicts the checkpoint (profile is 'cpu' in it and 'smoke' there, steps is 3000 in it and 12 there, ",
    ),
    "one less": (
        lambda kept: json.dumps({k: v for k, v in kept.items() if k != "loss"}),
        "contradicts the checkpoint (loss is missing in it and 'wasserstein' there)",
    ),
    "one more": (
        lambda kept: json.dumps(kept | {"more": 1}),
        "contradicts the checkpoint (more is 1 in it and missing there)",
    ),
    "cut off": (lambda kept: json.dumps(kept)[:40], "cannot be read ("),
    "empty": (lambda kept: "", "cannot be read (Expecting value: line 1 column 1 (char 0))"),
    "a list": (lambda kept: "[]", "cannot be read (no names and values)"),
    "no profile": (lambda kept: '{"lesson": "01"}', "cannot be read (it does not say the profile)"),
    "deep": (lambda kept: "[" * 100_000, "cannot be read ("),
    "no text": (lambda kept: b"\xff\xfe\x00", "cannot be read ("),
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_settings_file_that_is_not_right_is_told_kept_and_not_used(kind, trained, uninterrupted, capsys):
    text, found = WRONG[kind]
    path = trained / "settings.json"
    wrong = text(json.loads(path.read_text()))
    wrong = wrong if isinstance(wrong, bytes) else wrong.encode()
    path.write_bytes(wrong)
    recipe = resumed(trained, steps=14)
    assert not differing(whole_state(recipe.game, recipe.batches), uninterrupted)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"{path} {found}")
    assert line.endswith(": the checkpoint's settings are taken, and the file is kept as settings.json.1")
    assert (trained / "settings.json.1").read_bytes() == wrong
    assert json.loads(path.read_text()) == plain(recipe.settings)


def test_a_settings_file_that_is_not_right_is_told_at_the_end_of_a_run_too(trained, capsys):
    path = trained / "settings.json"
    path.write_text(path.read_text().replace('"steps": 12', '"steps": 30'))
    before = contents(trained)
    resumed(trained)
    assert capsys.readouterr().err.splitlines() == [
        f"{path} contradicts the checkpoint (steps is 30 in it and 12 there): the checkpoint's settings are taken",
        "all 12 steps are made: give more with -p steps M",
    ]
    assert contents(trained) == before


def test_a_folder_in_the_place_of_the_settings_file_is_kept(trained, capsys):
    (trained / "settings.json").unlink()
    (trained / "settings.json").mkdir()
    assert resumed(trained, steps=13).game.steps == 13
    assert "settings.json cannot be read (Is a directory): the checkpoint's settings" in capsys.readouterr().err
    assert (trained / "settings.json.1").is_dir()


def test_more_steps_are_remembered_even_when_the_run_is_killed_before_its_next_checkpoint(trained, monkeypatch, capsys):
    with monkeypatch.context() as patch:
        patch.setattr(train_module, "_train", lambda *_: exit(9))
        with pytest.raises(SystemExit):
            resumed(trained, steps=14)
    assert resumed(trained).game.steps == 14
    assert "contradicts" not in capsys.readouterr().err


# checkpoints and settings of other versions


def test_checkpoints_of_an_earlier_version_take_the_settings_file_and_hold_it_from_then_on(
    trained, uninterrupted, capsys
):
    rewrite(trained, as_an_earlier_version)
    recipe = resumed(trained, steps=14)
    assert not differing(whole_state(recipe.game, recipe.batches), uninterrupted)
    assert capsys.readouterr().err == ""
    (trained / "settings.json").unlink()
    assert resumed(trained, steps=15).settings.loss == "wasserstein"


@pytest.mark.parametrize(
    ("text", "trouble"),
    [(None, "it is missing"), ("{", "Expecting property name"), ("{}", "it does not say the lesson")],
)
def test_without_any_settings_the_run_is_not_taken_for_another(text, trouble, trained):
    rewrite(trained, as_an_earlier_version)
    (trained / "settings.json").unlink()
    if text is not None:
        (trained / "settings.json").write_text(text)
    line = refusal(trained, steps=14)
    assert line.startswith(f"{trained / 'settings.json'} cannot be read ({trouble}")
    assert line.endswith("), and the checkpoints, of an earlier version, hold no settings: put it back or start anew")


def test_a_setting_that_there_was_not_yet_gets_its_default_and_that_is_said(trained, capsys):
    rewrite(trained, lambda content: [content["settings"].pop(name) for name in ("r1", "discriminator_steps")])
    (trained / "settings.json").unlink()
    recipe = resumed(trained, steps=13)
    assert (recipe.settings.r1, recipe.settings.discriminator_steps) == (0.0, 1)
    new = "discriminator_steps = 1, r1 = 0.0"
    said = f"{trained} was started before these settings came, whose defaults are taken: {new}\n"
    assert capsys.readouterr().err == said
    resumed(trained, steps=14)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (
            {"spectral": 0.5},
            "was started with spectral = 0.5, which lesson 01 no longer has: "
            "go on with the version of course_gan that started it, or start anew",
        ),
        (
            {"lr": 5.0},
            "was started with what this version of course_gan refuses: "
            "lr is 5.0, but has to be a number from 1e-07 to 1",
        ),
        (
            {"profile": "tpu"},
            "was started with what this version of course_gan refuses: "
            "unknown profile 'tpu': choose one of smoke, cpu, gpu",
        ),
    ],
)
def test_a_run_that_today_could_not_be_started_is_one_line(change, line, trained):
    rewrite(trained, lambda content: content["settings"].update(change))
    assert refusal(trained, steps=14) == f"{trained} {line}"


@pytest.mark.parametrize(("held", "why"), [([], "no names and values"), ({"lesson": 1}, "it does not say the lesson")])
def test_settings_that_are_none_are_one_line(held, why, trained):
    rewrite(trained, lambda content: content.update(settings=held))
    assert refusal(trained) == f"the settings in the checkpoints of {trained} are no settings: {why}"


def test_a_damaged_newest_checkpoint_is_passed_over_with_its_settings(trained):
    resumed(trained, steps=13)
    newest = trained / "step-00000013.pt"
    newest.write_bytes(newest.read_bytes()[:-1])
    with pytest.warns(UserWarning, match="passed over: .*step-00000013.pt"):
        assert resumed(trained, steps=14).game.steps == 14
