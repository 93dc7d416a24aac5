"""A training that ends early, of whatever: one line with the step, the reason, what is saved and how to go on."""

import errno
import os
import shlex
import signal
import subprocess
import sys
import time

import pytest
import torch
from click.testing import CliRunner

from course_gan.cli import main
from course_gan.data import Batches
from course_gan.errors import CourseError
from course_gan.files import ROOT
from course_gan.recipes import Recipe
from course_gan.runner import training as train_module
from course_gan.runner.training import run
from course_gan.training import GAN, NonFiniteError, checkpoint
from tests.unit.tiny_games import differing, whole_state
from tests.unit.tiny_trainings import TINY, resumed

SHOWN = "(COURSE_GAN_DEBUG=1 shows where)"


def failing(owner, name, error, at):
    """A method that raises in the place of the call in step `at`."""
    method, calls = getattr(owner, name), []

    def called(*arguments, **more):
        calls.append(1)
        if len(calls) == at:
            raise error
        return method(*arguments, **more)

    return called


def trained(out, steps=6):
    return run("01", "smoke", out, overrides=TINY | {"steps": steps}, progress=False)


def line_of(out, **changes) -> str:
    with pytest.raises(CourseError) as error:
        trained(out, **changes)
    assert "\n" not in str(error.value)
    return str(error.value)


def way_on(out) -> str:
    return f"go on with: course-gan train 01 --out {shlex.quote(str(out))} --resume"


ERRORS = [
    (
        RuntimeError("mat1 and mat2 shapes cannot be multiplied\n  and a second line"),
        ": mat1 and mat2 shapes cannot be multiplied",
    ),
    (ValueError("a value"), ": a value"),
    (
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"),
        ": CUDA out of memory. Tried to allocate 2 GiB",
    ),
    (MemoryError(), ""),
    (KeyError("latent"), ": 'latent'"),
    (OSError(errno.EIO, "Input/output error"), ": [Errno 5] Input/output error"),
    (RuntimeError("x" * 1000), f": {'x' * 200}"),
    (RuntimeError("\n \n"), ""),
]


@pytest.mark.parametrize(("error", "text"), ERRORS, ids=lambda value: type(value).__name__)
def test_an_error_in_the_middle_of_a_step_is_one_line_and_what_was_made_is_saved(error, text, tmp_path, monkeypatch):
    out = tmp_path / "a b"
    with monkeypatch.context() as patch:
        patch.setattr(GAN, "generator_step", failing(GAN, "generator_step", error, at=5))
        line = line_of(out)
    found = f"stopped in step 5: {type(error).__name__}{text} {SHOWN}"
    assert line == f"{found}; step 4 is saved, with a part of step 5 in it; {way_on(out)}"
    assert resumed(out).game.steps == 6


def test_an_error_between_two_moves_loses_nothing_and_the_run_ends_as_it_would_have(tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(Batches, "__next__", failing(Batches, "__next__", ValueError("no more data"), at=5))
        line = line_of(tmp_path / "a")
    assert line == f"stopped in step 5: ValueError: no more data {SHOWN}; step 4 is saved; {way_on(tmp_path / 'a')}"
    found = resumed(tmp_path / "a")
    whole = trained(tmp_path / "b")
    assert not differing(whole_state(found.game, found.batches), whole_state(whole.game, whole.batches))


def test_an_error_in_the_first_step_leaves_nothing_to_go_on_with(tmp_path, monkeypatch):
    monkeypatch.setattr(GAN, "discriminator_step", failing(GAN, "discriminator_step", ValueError("bad"), at=1))
    assert line_of(tmp_path) == f"stopped in step 1: ValueError: bad {SHOWN}; nothing is saved yet"


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (
            OSError(errno.ENOSPC, "No space left on device"),
            "cannot write in {}: No space left on device; make room or choose another folder",
        ),
        (RuntimeError("no font"), f"RuntimeError: no font {SHOWN}"),
        (MemoryError(), f"MemoryError {SHOWN}"),
    ],
)
def test_a_picture_that_cannot_be_made_ends_a_run_whose_step_is_whole(error, text, tmp_path, monkeypatch):
    def fails(*_):
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(train_module, "_picture", fails)
        line = line_of(tmp_path, steps=12)
    assert line == f"stopped after step 10: {text.format(tmp_path)}; step 10 is saved; {way_on(tmp_path)}"
    assert resumed(tmp_path).game.steps == 12


def test_a_checkpoint_that_cannot_be_saved_says_what_is(tmp_path, monkeypatch):
    trained(tmp_path)
    refused = CourseError("cannot save X: No space left on device; make room or choose another folder")
    monkeypatch.setattr(checkpoint, "write", failing(checkpoint, "write", refused, at=2))
    with pytest.raises(CourseError) as error:
        resumed(tmp_path, steps=12)
    assert str(error.value) == f"stopped after step 10: {refused}; step 10 is saved; {way_on(tmp_path)}"


def test_numbers_that_left_all_bounds_say_what_can_be_changed(tmp_path, monkeypatch):
    """The same settings would meet them again, and on resuming the learning rate cannot be changed."""
    said = "stopped at step 5: the generator's loss is NaN; saved checkpoints are untouched, go on from them"
    monkeypatch.setattr(GAN, "generator_step", failing(GAN, "generator_step", NonFiniteError(said), at=5))
    assert line_of(tmp_path) == (
        "stopped at step 5: the generator's loss is NaN; "
        "the run cannot go on: start anew with a lower learning rate, -p lr LESS"
    )


def test_an_error_before_the_first_step_is_one_line(tmp_path, monkeypatch):
    def fails(self):
        raise RuntimeError("[enforce fail at alloc_cpu.cpp:127] can't allocate memory")

    monkeypatch.setattr(Recipe, "make_batches", lambda self, sources: fails(self))
    line = line_of(tmp_path)
    assert (
        line
        == f"the training cannot begin: RuntimeError: [enforce fail at alloc_cpu.cpp:127] can't allocate memory {SHOWN}"
    )


@pytest.mark.parametrize("debug", ["1", "0", ""])
def test_the_traceback_is_shown_only_where_it_is_asked_for(debug, tmp_path, monkeypatch):
    monkeypatch.setattr(GAN, "generator_step", failing(GAN, "generator_step", RuntimeError("boom"), at=3))
    words = ["train", "01", "--out", str(tmp_path), "-p", "steps", "6", "-p", "samples", "200"]
    ended = CliRunner().invoke(main, words, env={"COURSE_GAN_DEBUG": debug})
    assert ended.exit_code == 1
    lines = [line for line in ended.stderr.replace("\r", "\n").splitlines() if "step/s" not in line and line]
    assert lines[-1].startswith("course-gan: stopped in step 3: RuntimeError: boom (COURSE_GAN_DEBUG=1 shows where); ")
    if debug == "1":
        assert "Traceback (most recent call last):" in lines
        assert "RuntimeError: boom" in lines
    else:
        assert len(lines) == 1


def test_a_damaged_checkpoint_that_is_passed_over_is_one_line(tmp_path):
    trained(tmp_path, steps=12)
    newest = tmp_path / "step-00000012.pt"
    newest.write_bytes(newest.read_bytes()[:-1])
    ended = CliRunner().invoke(main, ["train", "01", "--out", str(tmp_path), "--resume"])
    assert ended.exit_code == 0
    reason = "is not a whole checkpoint of course_gan: nothing was loaded from it"
    assert ended.stderr.splitlines()[0] == f"course-gan: passed over: {newest} {reason}"
    assert f"course-gan: {newest} is not what was saved here: kept as {newest.name}.1\n" in ended.stderr
    assert ".py" not in ended.stderr


def test_nobody_reads_on_is_no_error(tmp_path, monkeypatch):
    """`course-gan train … 2>&1 | head`: the bar's line cannot be written; what was made is saved."""
    monkeypatch.setattr(
        GAN, "generator_step", failing(GAN, "generator_step", BrokenPipeError(errno.EPIPE, "Broken pipe"), at=3)
    )
    with pytest.raises(BrokenPipeError):
        trained(tmp_path)
    assert (tmp_path / "step-00000002.pt").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_the_command_told_twice_at_once_ends_without_a_traceback(number, tmp_path):
    words = ["train", "01", "--out", str(tmp_path / "a"), "-p", "steps", "1000000", "-p", "samples", "200"]
    child = subprocess.Popen([sys.executable, "-m", "course_gan", *words], cwd=ROOT, stderr=subprocess.PIPE, text=True)
    while (
        child.poll() is None and not list(tmp_path.glob("a/samples/*.png")) and not list(tmp_path.glob("a/log.jsonl"))
    ):
        time.sleep(0.05)
    time.sleep(0.3)
    child.send_signal(number)
    child.send_signal(number)
    _, said = child.communicate(timeout=60)
    assert child.returncode in ({130} if number == signal.SIGINT else {143, -signal.SIGTERM})
    assert "Traceback" not in said
    assert "lock" not in said
    if child.returncode > 0:
        assert "is saved" in said.splitlines()[-1] or "nothing is saved yet" in said.splitlines()[-1]
    assert os.listdir(tmp_path / "a")
