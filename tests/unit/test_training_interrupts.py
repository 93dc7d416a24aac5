"""Ctrl-C and SIGTERM: noted in the main thread, obeyed where nothing is half done, twice in a row too."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from course_gan.catalogue import Lesson
from course_gan.files import ROOT
from course_gan.runner import run as runner
from course_gan.runner.execute import Outcome
from course_gan.training import RunDirectory, checkpoint, interrupts, train
from tests.unit.tiny_games import make


def send(number: int) -> None:
    os.kill(os.getpid(), number)
    time.sleep(0.05)  # two of a kind that come at once are one: another thread may take them before this one looks


@pytest.fixture(autouse=True)
def acting():
    """The signals as Python sets them for a person, whatever started the tests."""
    before = {number: signal.signal(number, signal.default_int_handler) for number in interrupts.NUMBERS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_signals_are_noted_and_the_handlers_come_back():
    handlers = [signal.getsignal(number) for number in interrupts.NUMBERS]
    with interrupts.noted() as received:
        for number in (signal.SIGTERM, signal.SIGTERM, signal.SIGINT, signal.SIGTERM):
            send(number)
        assert received == [signal.SIGTERM, signal.SIGTERM, signal.SIGINT, signal.SIGTERM]
    assert [signal.getsignal(number) for number in interrupts.NUMBERS] == handlers
    with pytest.raises(KeyboardInterrupt):
        send(signal.SIGINT)


def test_the_second_of_a_kind_acts_as_it_did_outside_where_that_is_asked_for():
    with interrupts.noted(second_acts=True) as received:
        send(signal.SIGINT)
        send(signal.SIGTERM)
        with pytest.raises(KeyboardInterrupt):
            send(signal.SIGINT)
    assert received == [signal.SIGINT, signal.SIGTERM]


def test_the_handlers_come_back_after_an_exception_too():
    handlers = [signal.getsignal(number) for number in interrupts.NUMBERS]
    with pytest.raises(RuntimeError, match="inside"), interrupts.noted():
        raise RuntimeError("inside")
    assert [signal.getsignal(number) for number in interrupts.NUMBERS] == handlers


def test_another_thread_may_enter_and_changes_nothing():
    handlers, seen = [signal.getsignal(number) for number in interrupts.NUMBERS], []

    def work():
        with interrupts.noted() as received:
            seen.append([signal.getsignal(number) for number in interrupts.NUMBERS])
            seen.append(received)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [handlers, []]


@pytest.mark.parametrize("number", interrupts.NUMBERS, ids=["Ctrl-C", "SIGTERM"])
def test_a_run_that_is_told_to_stop_many_times_keeps_what_is_finished_and_ends_once(number, tmp_path, monkeypatch):
    started, stopping, told = (threading.Event() for _ in range(3))

    def execute(name, *_, stop, **__):
        if name == "first":
            return Outcome(name, "ok", 0.1)
        started.set()
        stop.wait(30)
        stopping.set()
        told.wait(30)  # the process takes a while to die
        return Outcome(name, "stopped", 0.1)

    monkeypatch.setattr(runner, "execute", execute)
    lessons = [Lesson(name, Path(name), Path(f"{name}.ipynb")) for name in ("first", "second", "third")]

    def impatient():
        started.wait(30)
        send(number)
        stopping.wait(30)
        for _ in range(20):  # while the run waits for the threads that run its lessons
            send(number)
            time.sleep(0.02)
        told.set()

    thread = threading.Thread(target=impatient)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        runner.run(lessons, profile="smoke", jobs=2, out=tmp_path, parameters={})
    thread.join()
    kept = json.loads((tmp_path / "run.json").read_text())["lessons"]
    assert [record["lesson"] for record in kept] == ["first"]
    assert not (tmp_path / ".running").exists()


@pytest.mark.parametrize(("number", "error"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, SystemExit)])
@pytest.mark.parametrize("leaving", [True, False], ids=["interrupted already", "broken off"])
def test_the_save_on_leaving_a_run_is_not_interrupted(number, error, leaving, tmp_path, monkeypatch):
    write = checkpoint.write

    def interrupted(*arguments):
        send(number)
        write(*arguments)
        send(number)

    def leave():
        with RunDirectory(tmp_path) as run:
            for record in train(game, batches, 9, run):
                if record.step == 2:
                    monkeypatch.setattr(checkpoint, "write", interrupted)
                    if not leaving:
                        break
                    send(number)

    game, batches = make("GAN")
    with pytest.raises(error) as raised:
        leave()
    assert error is KeyboardInterrupt or raised.value.code == 143
    with RunDirectory(tmp_path) as run:
        assert run.restore(*make("GAN", seed=7)) == 2


TRAINING = """
import pathlib, sys
sys.path.insert(0, {root!r})
from course_gan.training import RunDirectory, train
from tests.unit.tiny_games import make
game, batches = make("GAN")
with RunDirectory({folder!r}) as run:
    for record in train(game, batches, 10**6, run):
        print(record.step, flush=True)
"""


@pytest.mark.parametrize("number", interrupts.NUMBERS, ids=["Ctrl-C", "SIGTERM"])
def test_a_training_that_is_told_twice_at_once_ends_without_a_word_about_locks(number, tmp_path):
    code = TRAINING.format(root=str(ROOT), folder=str(tmp_path))
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "1\n"
    process.send_signal(number)
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert process.returncode in ({130, 1, -signal.SIGINT} if number == signal.SIGINT else {143, -signal.SIGTERM})
    assert "lock" not in errors
    assert not list(tmp_path.glob("*.partial*"))
