"""The command, however it is started: the same words, the same lines, the same status."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from course_gan.cli import _value, main
from course_gan.errors import CourseError
from course_gan.files import ROOT
from course_gan.recipes import recipe_of, recipes
from course_gan.runner.resuming import asked

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
    assert CliRunner().invoke(main, ["train", "3", "--resume", "-p", "LR", "1e-3"]).exit_code == 0
    assert seen == [
        ("dcgan", "smoke", Path("runs/03"), False, {}),
        ("3", "cpu", Path("mine"), True, {}),
        ("3", None, Path("runs/03"), True, {"lr": 1e-3}),  # a profile that is not given is the run's own
    ]


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


# every word is used or answered


@pytest.mark.parametrize(
    ("words", "status", "line"),
    [
        (["train", "1", "-p", "steps", "3", "-p", "steps", "5"], 2, "-p steps is given twice: give it once (see "),
        (["train", "1", "-p", "steps", "3", "-p", "STEPS", "3"], 2, "-p STEPS is given twice: give it once (see "),
        (["run", "00", "-p", "SEED", "3", "-p", "SEED", "4"], 2, "-p SEED is given twice: give it once (see "),
        (["train", "1", "-p", "steps"], 2, "Option '-p' requires 2 arguments. (see "),
        (
            ["train", "1", "--settings", "-p", "steps", "3"],
            2,
            "--settings only shows: leave out -p, --data, --size, ",
        ),
        (["train", "1", "--settings", "--resume"], 2, "--settings only shows: leave out -p, --data, --size, "),
        (["train", "1", "--settings", "--out", "x"], 2, "--settings only shows: leave out -p, --data, --size, "),
        (["train", "1", "--settings", "--profile", "tpu"], 1, "unknown profile 'tpu': choose one of smoke, cpu, gpu"),
        (["train", "1", "--profile", "SMOKE"], 1, "unknown profile 'SMOKE': choose one of smoke, cpu, gpu"),
        (["train", "1", "--profile", ""], 1, "unknown profile '': choose one of smoke, cpu, gpu"),
        (["train", "1", "-p", "lambda", "3"], 1, "lesson 01 has no setting 'lambda': it has batch_size, "),
        (
            ["train", "1", "-p", "lr-discriminator", "3"],
            1,
            "lesson 01 has no setting 'lr-discriminator': did you mean lr_d",
        ),
        (["train", "1", "-p", "profile", "cpu"], 1, "lesson 01 has no setting 'profile': --profile says it"),
        (["train", "1", "-p", "name", "02"], 1, "lesson 01 has no setting 'name': it has batch_size, "),
        (["train", "1", "-p", "steps", "1e3"], 1, "steps is 1000.0, but has to be a whole number from 1 to 10,000,000"),
        (["train", "1", "-p", "steps", "None"], 1, "steps is None, but has to be a whole number from 1 to 10,000,000"),
        (["train", "1", "-p", "steps", "-5"], 1, "steps is -5, but has to be a whole number from 1 to 10,000,000"),
        (["train", "1", "--resume", "--out", "runs/2"], 1, "nothing to resume in runs/2, and no run is beside it: "),
        (["train", "1", "--resume"], 1, "nothing to resume in runs/01, and no run is beside it: leave out --resume "),
        (["progress", "--dir", "yours"], 1, "there is no folder yours: name the one that `course-gan lab --dir` made"),
    ],
)
def test_a_word_that_cannot_be_used_is_one_line_and_nothing_is_begun(words, status, line, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    refused = CliRunner().invoke(main, words)
    assert refused.output.startswith(f"course-gan: {line}")
    assert refused.output.count("\n") == 1
    assert refused.exit_code == status
    assert list(tmp_path.iterdir()) == []


def test_a_training_knows_its_profile_when_it_goes_on(tmp_path):
    tiny = ["-p", "steps", "2", "-p", "samples", "256", "-p", "width", "4"]
    folder = ["--out", str(tmp_path / "run")]
    assert CliRunner().invoke(main, ["train", "1", "--profile", "cpu", *folder, *tiny]).exit_code == 0
    assert CliRunner().invoke(main, ["train", "1", "--resume", *folder, "-p", "steps", "3"]).exit_code == 0
    assert (tmp_path / "run" / "step-00000003.pt").exists()


TEXTS = [
    *("", " ", "None", "nan", "inf", "1e3", "1_000", "08", "0x10", "1e999", "-0", "-1", "1.5", "1,5", "9" * 5000),
    *("True", "true", "'a'", '"', "b'x'", "[]", "()", "{[]: 1}", "{}", "...", "1+1j", "lambda: 1", "١٢", "✓", "\x00"),
    *("(" * 5000, "[[1, 2], [3]]", "(0.5,)", "('coffee', 'coffee')", "-" * 5000 + "1"),
]


@pytest.mark.filterwarnings("ignore::SyntaxWarning")
@pytest.mark.parametrize("lesson", recipes())
def test_every_text_for_every_setting_is_a_value_that_it_can_have_or_one_line(lesson):
    recipe = recipe_of(lesson)
    lines = []
    for name in recipe.Settings.specs():
        for text in TEXTS:
            try:
                asked(recipe, "smoke", {name: _value(text)})
            except CourseError as error:
                lines.append((name, text, str(error)))
    assert [found for found in lines if not found[2].startswith(f"{found[0]} is ") or "\n" in found[2]] == []
    assert len(lines) > 20 * len(recipe.Settings.specs())


@pytest.mark.parametrize("text", ["3", "2e-4", "True", "None", "(0, 0.9)", "[2, 3]", "'a b'"])
def test_values_are_read_as_python_writes_them(text):
    assert repr(_value(text)) == repr(eval(text))


@pytest.mark.parametrize("text", ["glyphs", "a b", "{[]: 1}", "(" * 5000, "1 +", ""])
def test_all_else_is_the_text_it_is(text):
    assert _value(text) == text
