"""The command, however it is started: the same words, the same lines, the same status."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from course_gan.cli import main
from course_gan.files import ROOT

STARTS = {
    "course-gan": [str(Path(sys.executable).parent / "course-gan")],
    "python -m course_gan": [sys.executable, "-m", "course_gan"],
    "python -m course_gan.cli": [sys.executable, "-m", "course_gan.cli"],
}


def started(start: str, *words: str) -> subprocess.CompletedProcess:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run([*STARTS[start], *words], capture_output=True, text=True, env=environment, timeout=120)


@pytest.mark.parametrize("start", STARTS)
def test_every_way_to_start_the_command_is_the_command(start, tmp_path):
    helped = started(start, "--help")
    assert helped.returncode == 0
    assert helped.stdout.startswith("Usage: course-gan [OPTIONS] [COMMAND]")
    trained = started(start, "train", "1", "--out", str(tmp_path / "run"), "-p", "steps", "2")
    assert trained.returncode == 0, trained.stderr
    assert (tmp_path / "run" / "step-00000002.pt").exists()
    refused = started(start, "train", "99", "--out", str(tmp_path / "other"))
    assert refused.returncode == 1
    assert refused.stderr.startswith("course-gan: unknown lesson '99': there are ")
    assert (refused.stderr.count("\n"), refused.stdout) == (1, "")
    assert not (tmp_path / "other").exists()


def test_without_words_the_command_shows_its_help():
    shown = CliRunner().invoke(main, [])
    assert (shown.exit_code, shown.output) == (0, CliRunner().invoke(main, ["--help"]).output)


@pytest.mark.parametrize("words", [["frobnicate"], ["run", "--jobs", "0"], ["train"], ["progress", "--lesson", "3"]])
def test_wrong_words_are_one_line_and_status_2(words):
    refused = CliRunner().invoke(main, words)
    assert refused.exit_code == 2
    assert refused.output.startswith("course-gan: ")
    assert refused.output.endswith("--help)\n")
    assert refused.output.count("\n") == 1


def test_a_training_goes_to_a_folder_named_by_the_lessons_number_where_none_is_given(monkeypatch):
    seen = []
    monkeypatch.setattr("course_gan.runner.training.run", lambda *arguments: seen.append(arguments))
    for words in (["train", "dcgan"], ["train", "3", "--out", "mine", "--profile", "cpu", "--resume"]):
        assert CliRunner().invoke(main, words).exit_code == 0
    assert seen == [("dcgan", "smoke", Path("runs/03"), False, {}), ("3", "cpu", Path("mine"), True, {})]


def test_a_run_without_the_runners_packages_is_one_line_before_anything_runs(tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "papermill" else name)
    refused = CliRunner().invoke(main, ["run", "00", "--out", str(tmp_path / "out")])
    assert (refused.exit_code, refused.output) == (
        1,
        "course-gan: this command needs the package 'papermill': install the notebooks extra "
        "(`pip install -e '.[notebooks]'`)\n",
    )
    assert not (tmp_path / "out").exists()


def test_the_lab_without_jupyterlab_is_one_line_and_the_copy_is_made(tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    refused = CliRunner().invoke(main, ["lab", "--dir", str(tmp_path / "my")])
    assert refused.exit_code == 1
    assert refused.output.splitlines()[1:] == [
        "course-gan: this command needs the package 'jupyterlab': install the notebooks extra "
        "(`pip install -e '.[notebooks]'`)"
    ]
    assert (tmp_path / "my" / "notebooks" / "03_dcgan.ipynb").is_file()


def test_train_shows_what_may_be_set_and_trains_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shown = CliRunner().invoke(main, ["train", "dcgan", "--settings", "--profile", "cpu"])
    assert shown.exit_code == 0
    assert "settings of lesson 03 under profile cpu, each set by -p NAME VALUE:" in shown.output
    assert "  lr                   0.0004        learning rate: a number from 1e-07 to 1\n" in shown.output
    assert list(tmp_path.iterdir()) == []
