"""`course-gan train --out FOLDER`: nothing there is overwritten or deleted, and what is damaged is named."""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from course_gan.errors import CourseError
from course_gan.files import ROOT
from course_gan.marker import LESSONS, NAME, TRAINING, is_ours
from course_gan.own_folder import OwnFolder
from course_gan.runner.training import run
from course_gan.training import checkpoint
from tests.unit.tiny_folders import contents

TINY = {"steps": 12, "width": 8, "batch_size": 16, "samples": 200}


def trained(out: Path, resume: bool = False, **changes) -> None:
    run("01", "smoke", out, resume, changes if resume else TINY | changes, progress=False)


def refused(out: Path | str, resume: bool = False, **changes) -> str:
    watched = Path(out)
    before = contents(watched)
    with pytest.raises(CourseError) as error:
        trained(out, resume, **changes)
    assert "\n" not in str(error.value)
    assert contents(watched) == before
    return str(error.value)


def before_markers(out: Path) -> None:
    """Make a run look as an earlier version left it."""
    (out / NAME).unlink()
    (out / "samples" / "animation.webp").unlink(missing_ok=True)


# foreign folders


@pytest.mark.parametrize("resume", [False, True], ids=["new", "resume"])
@pytest.mark.parametrize("name", ["settings.json", "log.jsonl", "thesis.tmp", "samples/step-00000012.png", "lock"])
def test_a_folder_with_anything_of_somebody_elses_is_refused_and_not_touched(tmp_path, name, resume):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("mine")
    line = refused(tmp_path, resume)
    assert str(tmp_path) in line
    if not resume:
        assert line == (
            f"cannot use {tmp_path}: it holds something else than a training ({name.split('/')[0]}); "
            "nothing was touched, choose a new or an empty folder"
        )


@pytest.mark.parametrize("data", [b"", b"mine", b"PK\x03\x04 somebody's weights"])
def test_a_file_that_only_is_called_like_a_checkpoint_proves_nothing(tmp_path, data):
    (tmp_path / "step-00000012.pt").write_bytes(data)
    assert "(step-00000012.pt)" in refused(tmp_path, True)
    with pytest.raises(CourseError, match="already holds a run"):
        trained(tmp_path)
    assert sorted(contents(tmp_path)) == ["step-00000012.pt"]


def test_results_of_lessons_and_the_checkout_are_no_place_for_a_training(tmp_path):
    OwnFolder(tmp_path, LESSONS).mark()
    assert "it holds a run of lessons; nothing was touched" in refused(tmp_path)
    with pytest.raises(CourseError, match="nothing was touched"):
        trained(ROOT)
    assert not (ROOT / NAME).exists()


@pytest.mark.parametrize("blank", ["", "  "])
def test_a_blank_folder_is_not_the_working_directory(tmp_path, monkeypatch, blank):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CourseError, match="the folder's name is empty"):
        trained(blank)
    assert list(tmp_path.iterdir()) == []


def test_a_link_leads_to_its_folder_which_is_judged(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "a.tmp").write_text("mine")
    (tmp_path / "empty").mkdir()
    for name in ("mine", "empty"):
        (tmp_path / f"to {name}").symlink_to(tmp_path / name)
    assert "(a.tmp)" in refused(tmp_path / "to mine")
    trained(tmp_path / "to empty")
    assert is_ours(tmp_path / "empty", TRAINING)


# our folders


def test_files_that_a_person_keeps_in_a_run_stay_whatever_they_are_called(tmp_path):
    trained(tmp_path)
    mine = (
        "notes.tmp",
        "step-best.pt",
        "step-00000001.pt",
        "step-1.pt",
        "a.pt.tmp",
        ".a.partial",
        "log.txt",
        "samples/a",
    )
    for name in mine:
        (tmp_path / name).write_text(f"my {name}")
    archived = tmp_path / "step-00000003.pt"
    shutil.copy(tmp_path / "step-00000012.pt", archived)  # a real checkpoint, from elsewhere
    trained(tmp_path, True, steps=90)
    assert {name: (tmp_path / name).read_text() for name in mine} == {name: f"my {name}" for name in mine}
    assert archived.exists()
    saved = sorted(path.name for path in tmp_path.glob("step-0*.pt"))
    assert saved == [f"step-{n:08d}.pt" for n in (1, 3, 70, 80, 90)]


def test_changed_settings_and_samples_are_set_aside(tmp_path, capsys):
    trained(tmp_path)
    sample = tmp_path / "samples" / "step-00000020.png"
    sample.write_text("my drawing")
    text = (tmp_path / "settings.json").read_text()
    (tmp_path / "settings.json").write_text(text.replace("\n", "\n\n"))
    trained(tmp_path, True, steps=20)
    assert (tmp_path / "settings.json.1").read_text() == text.replace("\n", "\n\n")
    assert sample.with_name("step-00000020.png.1").read_text() == "my drawing"
    said = capsys.readouterr().err
    for path in (tmp_path / "settings.json", sample):
        assert f"{path} was changed since it was written here: kept as {path.name}.1" in said


def test_a_run_whose_checkpoints_were_removed_keeps_its_log_samples_and_settings(tmp_path, capsys):
    trained(tmp_path)
    before = {name: (tmp_path / name).read_bytes() for name in ("log.jsonl", "settings.json")}
    picture = (tmp_path / "samples" / "step-00000012.png").read_bytes()
    for path in tmp_path.glob("*.pt"):
        path.unlink()
    (tmp_path / "log.jsonl.1").write_text("mine")
    trained(tmp_path, steps=11)
    for name, data in before.items():
        assert (tmp_path / f"{name}.2").read_bytes() == data
    assert (tmp_path / "samples.2" / "step-00000012.png").read_bytes() == picture
    assert (tmp_path / "log.jsonl.1").read_text() == "mine"
    assert len((tmp_path / "log.jsonl").read_text().splitlines()) == 11
    line = f"{tmp_path} held a run that no checkpoint is left of: the rest of it is kept as "
    assert f"{line}log.jsonl.2, samples.2, settings.json.2\n" in capsys.readouterr().err


def test_and_loses_nothing_when_it_is_to_be_resumed(tmp_path):
    trained(tmp_path)
    before = {name: (tmp_path / name).read_bytes() for name in ("log.jsonl", "settings.json")}
    for path in tmp_path.glob("*.pt"):
        path.unlink()
    with contextlib.suppress(CourseError):  # that there is nothing to resume
        trained(tmp_path, True)
    for name, data in before.items():
        assert data in [path.read_bytes() for path in tmp_path.glob(f"{name}*")]


DAMAGES = {
    "no JSON": lambda data: data[:40] + b"\n" + data[40:],
    "not UTF-8": lambda data: b"\xff\xfe\x00\n" + data,
    "another table": lambda data: b"step,loss\n1,0.5\n",
    "no step": lambda data: b'{"loss": 3}\n' + data,
    "zeros": lambda data: b"\x00" * 4096 + b"\n",
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_log_is_named_and_set_aside_and_what_can_be_read_goes_on(tmp_path, capsys, damage):
    trained(tmp_path)
    data = DAMAGES[damage]((tmp_path / "log.jsonl").read_bytes())
    (tmp_path / "log.jsonl").write_bytes(data)
    trained(tmp_path, True, steps=14)
    assert (tmp_path / "log.jsonl.1").read_bytes() == data
    steps = [json.loads(line)["step"] for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert steps[-2:] == [13, 14]
    line = f"{tmp_path / 'log.jsonl'} is damaged: kept as log.jsonl.1; what can be used of it is in the new one\n"
    assert line in capsys.readouterr().err


def test_a_log_that_is_a_folder_is_set_aside_and_one_without_its_last_line_end_is_whole(tmp_path, capsys):
    trained(tmp_path)
    (tmp_path / "log.jsonl").write_bytes((tmp_path / "log.jsonl").read_bytes().rstrip())
    trained(tmp_path, True, steps=13)
    assert [json.loads(line)["step"] for line in (tmp_path / "log.jsonl").open()] == list(range(1, 14))
    assert "kept as" not in capsys.readouterr().err
    (tmp_path / "log.jsonl").unlink()
    (tmp_path / "log.jsonl").mkdir()
    trained(tmp_path, True, steps=14)
    assert (tmp_path / "log.jsonl.1").is_dir()


def test_a_log_far_ahead_of_the_newest_checkpoint_is_kept_whole(tmp_path, capsys):
    trained(tmp_path, steps=40)
    data = (tmp_path / "log.jsonl").read_bytes()
    for path in sorted(tmp_path.glob("step-*.pt"))[1:]:
        path.unlink()
    trained(tmp_path, True)
    assert (tmp_path / "log.jsonl.1").read_bytes() == data
    line = f"{tmp_path / 'log.jsonl'} goes beyond step 20, from which the run goes on: kept as log.jsonl.1"
    assert line in capsys.readouterr().err


# runs of an earlier version


def test_a_run_without_a_marker_is_resumed_when_asked_and_else_not_touched(tmp_path, capsys):
    trained(tmp_path)
    before_markers(tmp_path)
    (tmp_path / "notes.txt").write_text("mine")
    assert refused(tmp_path) == f"{tmp_path} already holds a run: add --resume to go on, or choose another folder"
    trained(tmp_path, True, steps=60)
    assert is_ours(tmp_path, TRAINING)
    assert "kept as" not in capsys.readouterr().err  # its settings and log are ours
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert sorted(path.name for path in tmp_path.glob("*.pt")) == [f"step-{n:08d}.pt" for n in (40, 50, 60)]


def test_of_an_archive_of_checkpoints_only_the_newest_go_when_it_is_resumed(tmp_path):
    trained(tmp_path)
    for step in range(1, 8):
        shutil.copy(tmp_path / "step-00000012.pt", tmp_path / f"step-{step:08d}.pt")
    before_markers(tmp_path)
    trained(tmp_path, True, steps=90)
    assert [int(path.stem[5:]) for path in sorted(tmp_path.glob("*.pt"))] == [1, 2, 3, 4, 5, 6, 70, 80, 90]


def test_a_copied_and_a_moved_run_go_on(tmp_path, capsys):
    trained(tmp_path / "a")
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    trained(tmp_path / "b", True, steps=14)
    (tmp_path / "a").rename(tmp_path / "c")
    trained(tmp_path / "c", True, steps=14)
    logs = [(tmp_path / name / "log.jsonl").read_text().splitlines() for name in "bc"]
    assert [json.loads(line)["step"] for line in logs[0]] == [json.loads(line)["step"] for line in logs[1]]
    assert "kept as" not in capsys.readouterr().err


def test_a_damaged_checkpoint_is_not_overwritten_when_the_run_comes_by_again(tmp_path):
    trained(tmp_path, steps=20)
    newest = tmp_path / "step-00000020.pt"
    newest.write_bytes(newest.read_bytes()[:-9])
    damaged = newest.read_bytes()
    line = r"step-00000020\.pt is not what was saved here: kept as step-00000020\.pt\.1"
    with pytest.warns(UserWarning, match=line):
        trained(tmp_path, True)
    assert newest.with_name("step-00000020.pt.1").read_bytes() == damaged
    assert checkpoint.read(newest)


# kills


COMMAND = [sys.executable, "-c", "from course_gan.cli import main; main()", "train", "01"]


def test_the_hint_on_how_to_go_on_can_be_pasted_into_a_shell(tmp_path):
    out = tmp_path / "my run's $HOME"
    tiny = [text for name, value in (TINY | {"steps": 1_000_000}).items() for text in ("-p", name, str(value))]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    child = subprocess.Popen([*COMMAND, "--out", out, *tiny], env=environment, stderr=subprocess.PIPE, text=True)
    while child.poll() is None and not (out / "log.jsonl").exists():
        time.sleep(0.05)
    time.sleep(0.5)
    child.send_signal(signal.SIGINT)
    _, said = child.communicate(timeout=60)
    hint = re.search(r"go on with: course-gan (.*)$", said)[1]
    words = subprocess.run(f"printf '%s\\n' {hint}", shell=True, capture_output=True, text=True).stdout.splitlines()
    assert words == ["train", "01", "--out", str(out), "--resume"]


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
def test_a_killed_run_is_started_again_at_any_moment_without_a_word_about_foreign_files(tmp_path, capsys):
    tiny = [text for name, value in (TINY | {"steps": 1_000_000}).items() for text in ("-p", name, str(value))]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    for number, appears in enumerate((NAME, "settings.json", "log.jsonl", "log.jsonl")):
        out = tmp_path / str(number)
        child = subprocess.Popen([*COMMAND, "--out", out, *tiny], env=environment, stderr=subprocess.DEVNULL)
        while child.poll() is None and not (out / appears).exists():
            time.sleep(0.001)
        time.sleep(0.3 * (number == 3))
        child.kill()
        child.wait()
        to_resume = bool(list(out.glob("step-*.pt")))
        trained(out, to_resume, steps=2_000 if to_resume else 11)
        assert not list(out.glob(".*.partial"))
        said = capsys.readouterr().err
        assert "changed" not in said
        assert "damaged" not in said
