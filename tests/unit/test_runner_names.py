"""What results are called, one run at a time in a folder, and how the command takes a folder's name."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import nbformat
import pytest

from course_gan.catalogue import Lesson
from course_gan.files import ROOT
from course_gan.marker import LESSONS, NAME, is_ours
from course_gan.runner import run as runner
from course_gan.runner.execute import Outcome
from course_gan.training.lock import lock
from tests.unit.tiny_lesson_runs import notebook, refused, run, without_processes


@pytest.fixture
def executed(monkeypatch):
    return without_processes(monkeypatch)


# names


@pytest.mark.parametrize(
    ("one", "other"), [("x", "x"), ("X", "x"), ("caf\u00e9", "cafe\u0301"), ("index", "index_page")]
)
def test_two_results_of_one_name_are_one_line_before_anything_runs(tmp_path, executed, one, other):
    lessons = notebook(tmp_path / "a" / f"{one}.ipynb"), notebook(tmp_path / "b" / f"{other}.ipynb")
    line = refused(*lessons, out=tmp_path / "out", watched=tmp_path)
    assert line.startswith(f"{lessons[0].notebook} and {lessons[1].notebook} would both become ")
    assert line.endswith(": rename one, or run them into two folders")
    assert executed == []


def test_one_notebook_by_two_paths_is_run_once(tmp_path, executed, monkeypatch):
    monkeypatch.chdir(tmp_path)
    notebook(tmp_path / "a.ipynb")
    (tmp_path / "link").symlink_to(tmp_path)
    paths = (Path("a.ipynb"), tmp_path / "a.ipynb", tmp_path / "link" / "a.ipynb")
    outcomes = run(*[Lesson("a", path, path) for path in paths], out=tmp_path / "out")
    assert len(outcomes) == len(executed) == 1


def test_a_notebook_called_index_keeps_its_page_beside_the_overview(tmp_path, executed):
    lessons = [notebook(tmp_path / f"{name}.ipynb") for name in ("index", "b")]
    run(*lessons, out=tmp_path / "out")
    assert "page of" in (tmp_path / "out" / "index_page.html").read_text()
    overview = (tmp_path / "out" / "index.html").read_text()
    assert "<a href='index_page.html'>index</a>" in overview
    assert "<a href='b.html'>b</a>" in overview


@pytest.mark.parametrize("name", ["..", "...", "a b", "100% #1?", "it's", "漢字", ".running", "lock", "run.json", NAME])
def test_a_notebook_may_have_any_name(tmp_path, executed, name):
    out = tmp_path / "out"
    run(notebook(tmp_path / "plain.ipynb"), out=out)
    (out / "mine.txt").write_text("mine")
    path = tmp_path / f"{name}.ipynb"
    notebook(path)
    (outcome,) = run(Lesson(path.stem, path, path), out=out)
    assert outcome.status == "ok"
    assert f"result of {path}" in (out / f"{path.stem}.ipynb").read_text().replace("\\\\", "\\")
    assert (out / "mine.txt").read_text() == "mine"
    assert (out / "plain.ipynb").exists()
    assert is_ours(out, LESSONS)


# one run at a time


def test_a_second_run_is_told_that_the_folder_is_in_use_and_leaves_the_first_alone(tmp_path, monkeypatch):
    inside, ended = threading.Event(), threading.Event()

    def execute(name, source, target, **_):
        inside.set()
        ended.wait(30)
        nbformat.write(nbformat.v4.new_notebook(), target)
        return Outcome(name, "ok", 1.0)

    monkeypatch.setattr(runner, "execute", execute)
    lesson, out, outcomes = notebook(tmp_path / "a.ipynb"), tmp_path / "out", []
    thread = threading.Thread(target=lambda: outcomes.extend(run(lesson, out=out)))
    thread.start()
    assert inside.wait(30)
    line = refused(lesson, out=out, watched=tmp_path)
    assert line == f"{out} is in use by another run: stop it or choose another folder"
    ended.set()
    thread.join()
    assert [outcome.status for outcome in outcomes] == ["ok"]
    assert [record["lesson"] for record in json.loads((out / "run.json").read_text())["lessons"]] == ["a"]
    lock(out / "lock").close()  # and it is free again


def test_a_run_killed_while_it_starts_leaves_a_folder_that_the_next_can_use(tmp_path, executed):
    out = tmp_path / "out"
    out.mkdir()
    (out / "lock").write_text("")
    (out / f".{NAME}.0123abcd.partial").write_text("{")
    run(notebook(tmp_path / "a.ipynb"), out=out)
    assert not list(out.glob("*.partial")) + list(out.glob(".*.partial"))


# the command


def course_gan(*words, **options) -> subprocess.CompletedProcess:
    code = "from course_gan.cli import main; main(prog_name='course-gan')"
    return subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, timeout=120, **options)


@pytest.mark.parametrize("blank", ["", "   "])
@pytest.mark.parametrize(
    "words", [("run", "00", "--out"), ("train", "01", "--out"), ("lab", "--no-open", "--dir"), ("progress", "--dir")]
)
def test_a_folder_whose_name_is_blank_is_one_line(tmp_path, words, blank, monkeypatch):
    run = course_gan(*words, blank, cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)})
    assert run.returncode == 1
    assert run.stderr == (
        "course-gan: the folder's name is empty (a variable that is not set?): give a name, or . for this folder\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_of_two_folders_the_last_is_written_and_the_first_not_touched(tmp_path):
    first = tmp_path / "first"
    first.mkdir()
    run = course_gan("run", "00", "--out", str(first), "--out", str(ROOT), env=os.environ | {"PYTHONPATH": str(ROOT)})
    assert run.returncode == 1
    assert f"cannot use {ROOT}" in run.stderr or "where the results go" in run.stderr
    assert list(first.iterdir()) == []
