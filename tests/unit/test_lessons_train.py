"""`course-gan train` and the recipes behind it: same settings as the lesson, and a way back in after any stop."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest
import torch

from course_gan.errors import CourseError
from course_gan.files import ROOT
from course_gan.recipes import build, recipes, settings
from course_gan.runner.training import run
from tests.unit.tiny_games import differing, whole_state

LESSONS = tuple(recipes())
TINY = {"steps": 12, "width": 8, "batch_size": 16, "samples": 200}


@pytest.mark.parametrize("lesson", LESSONS)
def test_every_lessons_game_trains_in_seconds_under_smoke(lesson, tmp_path):
    recipe = run(lesson, "smoke", tmp_path, overrides={"steps": 2}, progress=False)
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [1, 2]
    assert json.loads((tmp_path / "settings.json").read_text()) == json.loads(json.dumps(recipe.settings.as_dict()))
    assert (tmp_path / "samples" / "step-00000002.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "step-00000002.pt").exists()


def test_a_recipe_depends_on_its_settings_alone():
    states = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        recipe = build("03", "smoke", seed=5)
        recipe.game.step(recipe.batches)
        states.append(whole_state(recipe.game, recipe.batches))
    assert not differing(*states)
    other = build("03", "smoke", seed=6)
    assert any("players" in path for path in differing(whole_state(other.game, other.batches), states[0]))


def test_settings_are_the_profiles_unless_given():
    assert settings("3", "cpu") == settings("03_dcgan", "cpu") == settings("03", "cpu", steps=None, WIDTH=None)
    assert settings("03", "cpu").width == 32
    assert settings("03", "cpu", STEPS=7, lr=1).steps == 7
    assert settings("03", "cpu", lr=1).lr == 1.0
    assert settings("04", "cpu", loss="wasserstein").gradient_penalty == 10.0
    assert settings("04", "cpu", loss="wasserstein", gradient_penalty=1.0).gradient_penalty == 1.0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("05", "cpu"), f"lesson '05' has no game to train: choose one of {', '.join(LESSONS)}"),
        (("01", "tpu"), "unknown profile 'tpu': choose one of smoke, cpu, gpu"),
        (("01", "smoke", {"steps": "many"}), "steps is 'many', but has to be a whole number from 1 to 10,000,000"),
        (("01", "smoke", {"seed": 1.5}), "seed is 1.5, but has to be a whole number from 0 to 2,147,483,648"),
        (("01", "smoke", {"data": "glyphs"}), "data is 'glyphs', but has to be one of ring, grid"),
        (("01", "smoke", {"width": 0}), "width is 0, but has to be a whole number from 1 to 512"),
    ],
)
def test_wrong_settings_are_one_line(arguments, message, tmp_path):
    lesson, profile, *overrides = arguments
    with pytest.raises(CourseError) as error:
        run(lesson, profile, tmp_path / "run", overrides=overrides[0] if overrides else None)
    assert str(error.value) == message
    assert not list(tmp_path.glob("run/*.*"))
    with pytest.raises(CourseError, match="lesson 01 has no setting 'wdith': did you mean width."):
        run("01", "smoke", tmp_path / "run", overrides={"wdith": 3})


@pytest.mark.skipif(torch.cuda.is_available() or torch.backends.mps.is_available(), reason="there is a GPU here")
def test_the_gpu_profile_without_a_gpu_is_one_line():
    with pytest.raises(CourseError, match="profile gpu wants a CUDA or MPS device and found none"):
        build("01", "gpu")


def test_an_existing_run_is_resumed_only_when_asked_and_only_with_its_settings(tmp_path):
    run("01", "smoke", tmp_path, overrides=TINY, progress=False)
    with pytest.raises(CourseError) as error:
        run("01", "smoke", tmp_path, overrides=TINY)
    assert str(error.value) == f"{tmp_path} already holds a run: add --resume to go on, or choose another folder"
    with pytest.raises(CourseError) as error:
        run("01", None, tmp_path, True, {"width": 9})
    assert str(error.value) == f"width was 8 when {tmp_path} was started: it cannot become 9 on resuming"
    assert run("01", None, tmp_path, True, {"steps": 14}, progress=False).settings.width == 8  # it is remembered


def test_a_log_that_ran_ahead_of_the_checkpoint_is_cut_back(tmp_path):
    run("01", "smoke", tmp_path / "a", overrides=TINY, progress=False)
    run("01", "smoke", tmp_path / "b", overrides=TINY | {"steps": 10}, progress=False)
    with (tmp_path / "b" / "log.jsonl").open("a") as log:
        log.write('{"step": 11, "seconds": 1}\n{"step": 12, "sec')
    run("01", "smoke", tmp_path / "b", True, {"steps": 12}, progress=False)
    logs = [[json.loads(line) for line in (tmp_path / n / "log.jsonl").read_text().splitlines()] for n in "ab"]
    assert [line | {"seconds": 0} for line in logs[0]] == [line | {"seconds": 0} for line in logs[1]]
    for name in ("step-00000010.png", "step-00000012.png"):
        assert (tmp_path / "a" / "samples" / name).read_bytes() == (tmp_path / "b" / "samples" / name).read_bytes()


def test_a_really_full_disk_is_one_line_and_what_was_saved_stays(mounted):
    out = mounted("size=1m")
    run("01", "smoke", out, overrides=TINY, progress=False)
    kept = (out / "step-00000012.pt").read_bytes()
    (out / "filler").write_bytes(b"0" * shutil.disk_usage(out).free)
    with pytest.raises(CourseError) as error:
        run("01", "smoke", out, True, {"steps": 30}, progress=False)
    assert "No space left on device" in str(error.value)
    assert "\n" not in str(error.value)
    assert (out / "step-00000012.pt").read_bytes() == kept
    (out / "filler").unlink()
    assert run("01", "smoke", out, True, {"steps": 30}, progress=False).game.steps == 30


def test_a_read_only_folder_is_one_line(mounted):
    out = mounted("ro")
    with pytest.raises(CourseError) as error:
        run("01", "smoke", out, overrides=TINY)
    assert str(error.value) == f"cannot write in {out}: Read-only file system; choose another folder"


def test_ctrl_c_and_then_resume_gives_what_an_uninterrupted_run_gives(tmp_path):
    command = [sys.executable, "-c", "from course_gan.cli import main; main()", "train", "01", "--out", tmp_path / "a"]
    tiny = [text for name, value in (TINY | {"steps": 1_000_000}).items() for text in ("-p", name, str(value))]
    child = subprocess.Popen(
        [*command, *tiny],
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        stderr=subprocess.PIPE,
        text=True,
    )
    while child.poll() is None and not (tmp_path / "a" / "settings.json").exists():
        time.sleep(0.05)
    time.sleep(0.5)
    child.send_signal(signal.SIGINT)
    _, said = child.communicate(timeout=60)
    assert child.returncode == 130, said
    (newest,) = sorted((tmp_path / "a").glob("*.pt"))[-1:]
    step = int(newest.stem.removeprefix("step-"))
    hint = f"stopped; step {step} is saved; go on with: course-gan train 01 --out {tmp_path / 'a'} --resume"
    assert said.splitlines()[-1] == hint
    resumed = run("01", "smoke", tmp_path / "a", True, {"steps": step + 3}, progress=False)
    whole = run("01", "smoke", tmp_path / "b", overrides=TINY | {"steps": step + 3}, progress=False)
    assert resumed.game.steps == step + 3
    assert not differing(whole_state(resumed.game, resumed.batches), whole_state(whole.game, whole.batches))
