"""What a run survives: interrupts, kills, exceptions, bad files, full disks, second runs; each failure is one line."""

import errno
import hashlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import torch

from course_gan.errors import CourseError
from course_gan.files import ROOT
from course_gan.marker import NAME
from course_gan.training import RunDirectory, checkpoint, train
from course_gan.training import lock as lock_module
from tests.stress.sigkill import kill_at_random
from tests.unit.tiny_games import differing, make, whole_state
from tests.unit.tiny_runs import one_line, restored, trained

# saving


def test_the_newest_three_checkpoints_are_kept_each_with_its_hash(tmp_path):
    trained(tmp_path, steps=10)
    assert sorted(os.listdir(tmp_path)) == [NAME, "lock", *(f"step-{n:08d}.pt" for n in (6, 8, 10))]
    data = (tmp_path / "step-00000010.pt").read_bytes()
    archive, seal = data[: data.rindex(b"course_gan")], data[data.rindex(b"course_gan") :]
    digest = hashlib.sha256(archive).hexdigest()
    assert seal.decode() == f"course_gan checkpoint, version 2, sha256 {digest}, {len(archive)} bytes\n"


def test_a_save_is_written_aside_synchronised_and_then_renamed(tmp_path, monkeypatch):
    done = []
    for name in ("fsync", "replace"):
        real = getattr(os, name)
        monkeypatch.setattr(os, name, lambda *args, name=name, real=real: (done.append((name, args)), real(*args))[1])
    checkpoint.write(tmp_path / "a.pt", {"x": torch.ones(2)})
    assert [name for name, _ in done] == ["fsync", "replace", "fsync"]  # the file, its name, the folder
    written, name = done[1][1]
    assert re.fullmatch(r"\.a\.pt\.[0-9a-f]{8}\.partial", written.name)
    assert (written.parent, name) == (tmp_path, tmp_path / "a.pt")
    assert os.listdir(tmp_path) == ["a.pt"]
    assert torch.equal(checkpoint.read(tmp_path / "a.pt")["x"], torch.ones(2))


def test_leftovers_of_a_killed_save_are_swept_away_at_the_next_start_and_nothing_else_is(tmp_path):
    trained(tmp_path)
    mine, others = ".step-00000099.pt.0a1b2c3d.partial", ["notes.tmp", "step-00000099.pt.tmp", ".log.partial"]
    for name in [mine, *others]:
        (tmp_path / name).write_bytes(b"half")
    restored(tmp_path)
    left = os.listdir(tmp_path)
    assert mine not in left
    assert set(others) <= set(left)


def test_a_disk_that_is_full_is_one_line_and_costs_nothing_that_was_saved(tmp_path, monkeypatch):
    trained(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    game, batches = make("GAN")
    with pytest.raises(CourseError) as error, RunDirectory(tmp_path) as run:
        list(train(game, batches, 9, run))
    assert one_line(error) == (
        f"cannot save {tmp_path}/step-00000009.pt: No space left on device; "
        "earlier checkpoints are untouched, make room or choose another folder"
    )
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    with pytest.raises(CourseError) as error, RunDirectory(tmp_path / "file" / "run"):
        pass
    assert one_line(error) == f"cannot write in {tmp_path}/file/run: Not a directory; choose another folder"

    def read_only(*_):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr("builtins.open", read_only)  # root, who may run the tests, can write anywhere
    with pytest.raises(CourseError) as error, RunDirectory(tmp_path / "run"):
        pass
    assert one_line(error) == f"cannot write in {tmp_path}/run: Permission denied; choose another folder"


# one run at a time


def test_a_second_run_in_the_same_directory_is_refused_while_the_first_lives(tmp_path):
    with RunDirectory(tmp_path):
        with pytest.raises(CourseError) as error, RunDirectory(tmp_path):
            pass
        assert one_line(error) == f"{tmp_path} is in use by another run: stop it or choose another folder"
        code = (
            f"from course_gan.training.lock import lock; import pathlib; lock(pathlib.Path({str(tmp_path)!r}, 'lock'))"
        )
        other = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
        assert "is in use by another run" in other.stderr
    with RunDirectory(tmp_path), RunDirectory(tmp_path, writer=False):  # readers need no lock
        pass


def test_a_file_system_without_locks_is_warned_about(tmp_path, monkeypatch):
    def unsupported(_):
        raise OSError(errno.ENOTSUP, os.strerror(errno.ENOTSUP))

    monkeypatch.setattr(lock_module, "_acquire", unsupported)
    with pytest.warns(UserWarning, match="cannot be locked .*: start no second run there"), RunDirectory(tmp_path):
        pass


# leaving early


def _left_after(step, how, folder):
    game, batches = make("GAN")
    with RunDirectory(folder) as run:
        for record in train(game, batches, 9, run):
            if record.step == step:
                how()


def _raise():
    raise RuntimeError("the lesson's own mistake")


@pytest.mark.parametrize(
    ("how", "error"),
    [
        (lambda: os.kill(os.getpid(), signal.SIGINT), KeyboardInterrupt),
        (lambda: os.kill(os.getpid(), signal.SIGTERM), SystemExit),
        (_raise, RuntimeError),
    ],
    ids=["Ctrl-C", "SIGTERM", "exception"],
)
def test_interrupt_sigterm_and_exception_save_first_and_resuming_gives_the_uninterrupted_run(how, error, tmp_path):
    handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with pytest.raises(error) as raised:
        _left_after(4, how, tmp_path)
    if error is SystemExit:
        assert raised.value.code == 143
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == handlers
    game, batches, _ = restored(tmp_path)
    assert game.steps == 4
    list(train(game, batches, 2))
    assert not differing(whole_state(game, batches), whole_state(*trained(tmp_path / "whole")))


def test_an_interrupt_in_the_middle_of_a_step_waits_for_its_end(tmp_path):
    game, batches = make("GAN")
    step = game.generator_step

    def interrupted(real):
        if game.steps == 2:
            os.kill(os.getpid(), signal.SIGINT)
        return step(real)

    game.generator_step = interrupted
    with pytest.raises(KeyboardInterrupt), RunDirectory(tmp_path) as run:
        list(train(game, batches, 9, run))
    game, batches, _ = restored(tmp_path)
    assert game.steps == 3
    assert not differing(whole_state(game, batches), whole_state(*trained(tmp_path / "whole", steps=3)))


def test_a_second_interrupt_acts_at_once():
    before = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs start with SIGINT ignored
    game, batches = make("GAN")

    sent = []

    def step(real):
        for count in (1, 2):  # two that come at once are one: another thread may take them before this one looks
            sent.append(count)
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(1)
        raise AssertionError("went on after two interrupts")

    game.generator_step = step
    try:
        with pytest.raises(KeyboardInterrupt):
            list(train(game, batches, 1))
    finally:
        signal.signal(signal.SIGINT, before)
    assert sent == [1, 2]  # the first one waited


def test_breaking_off_saves_and_needs_no_signal_so_that_threads_can_train(tmp_path):
    def work():
        game, batches = make("GAN")
        with RunDirectory(tmp_path) as run:
            for record in train(game, batches, 9, run):
                if record.step == 3:
                    break

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert restored(tmp_path)[0].steps == 3


def test_an_empty_folder_has_nothing_to_restore(tmp_path):
    game, _, seen = restored(tmp_path)
    assert game.steps == 0
    assert not seen


def test_records_count_on_and_their_values_become_numbers_when_asked(tmp_path):
    game, batches = make("GAN")
    assert [record.step for record in train(game, batches, 2)] == [1, 2]
    (record,) = train(game, batches, 1)
    assert record.step == 3
    assert record.seconds >= 0
    assert isinstance(record["generator_loss"], float)
    assert not any(value.requires_grad for value in record.values.values())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills a forked process")
def test_five_random_sigkills(tmp_path):
    report = kill_at_random(tmp_path, kills=5, seed=0)
    assert report.failures == []
    assert Path(tmp_path, "lock").exists()
