"""Where a run writes: never over a notebook, never in a folder that is not ours, never beside another run."""

import os
import shutil

import pytest

from course_gan.catalogue import Lesson, choose
from course_gan.errors import CourseError
from course_gan.files import ROOT
from course_gan.marker import LESSONS, NAME, TRAINING, is_ours
from course_gan.own_folder import OwnFolder
from tests.unit.tiny_lesson_runs import notebook, refused, run, without_processes


@pytest.fixture
def executed(monkeypatch):
    return without_processes(monkeypatch)


# the notebook that is run


@pytest.mark.parametrize("name", ["a.ipynb", "slow.ipynb"])
@pytest.mark.parametrize("out", [".", "link", "../work", "sub/.."])
def test_a_notebook_in_the_folder_of_its_results_is_never_touched(tmp_path, executed, name, out):
    work = tmp_path / "work"
    lesson = notebook(work / name)
    (work / "sub").mkdir()
    (work / "link").symlink_to(work)
    line = refused(lesson, out=work / out, watched=work)
    assert line == (
        f"{work / name} lies in {work / out}, where the results go: nothing was touched, "
        "choose a folder elsewhere with --out"
    )
    assert executed == []


def test_nor_one_that_somebody_put_into_a_folder_of_results_nor_a_result_itself(tmp_path, executed):
    run(notebook(tmp_path / "a.ipynb"), out=tmp_path / "out")
    notebook(tmp_path / "out" / "below" / "mine.ipynb")
    for path in ("a.ipynb", "below/mine.ipynb"):
        lesson = Lesson("a", *[tmp_path / "out" / path] * 2)
        assert "where the results go" in refused(lesson, out=tmp_path / "out", watched=tmp_path)


def test_nor_one_with_merge_markers_that_cannot_be_read(tmp_path):
    path = tmp_path / "work" / "a.ipynb"
    path.parent.mkdir()
    path.write_text("<<<<<<< HEAD\n{}\n")
    lesson = Lesson("a", path, path)
    assert "where the results go" in refused(lesson, out=path.parent, watched=tmp_path)
    (outcome,) = run(lesson, out=tmp_path / "out")
    assert "is not a readable notebook" in outcome.error
    assert path.read_text() == "<<<<<<< HEAD\n{}\n"


def test_results_below_the_notebooks_folder_are_fine_and_a_link_to_the_notebook_there_is_kept(
    tmp_path, executed, capsys
):
    lesson = notebook(tmp_path / "a.ipynb")
    source = (tmp_path / "a.ipynb").read_bytes()
    out = tmp_path / "out"
    run(lesson, out=out)
    (out / "a.ipynb").unlink()
    (out / "a.ipynb").symlink_to(tmp_path / "a.ipynb")
    os.unlink(out / "a.html")
    os.link(tmp_path / "a.ipynb", out / "a.html")  # another name of the same file
    run(lesson, out=out)
    assert (tmp_path / "a.ipynb").read_bytes() == source
    assert (out / "a.ipynb.1").readlink() == tmp_path / "a.ipynb"
    assert (out / "a.html.1").read_bytes() == source
    assert "result of" in (out / "a.ipynb").read_text()
    assert f"{out / 'a.ipynb'} was changed since it was written here: kept as a.ipynb.1" in capsys.readouterr().err


# the folder


def test_a_learners_notebooks_are_no_place_for_results(tmp_path, executed):
    notebook(tmp_path / "my" / "notebooks" / "00_start_here.ipynb", "my notes")
    line = refused(*choose(["00"]), out=tmp_path / "my" / "notebooks", watched=tmp_path)
    assert line == (
        f"cannot use {tmp_path}/my/notebooks: it holds something else than a run of lessons (00_start_here.ipynb); "
        "nothing was touched, choose a new or an empty folder with --out"
    )


@pytest.mark.parametrize("name", ["a.html", "index.html", "run.json", ".writable", "a.ipynb", "notes.txt"])
def test_files_of_the_names_that_a_run_writes_are_not_taken_for_ours(tmp_path, executed, name):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / name).write_text('{"lessons": []}')
    assert f"({name})" in refused(notebook(tmp_path / "a.ipynb"), out=tmp_path / "out", watched=tmp_path)


@pytest.mark.parametrize("name", [".running/a/files", "thumbnails", "a.ipynb"])
def test_nor_are_folders(tmp_path, executed, name):
    (tmp_path / "out" / name).mkdir(parents=True)
    (tmp_path / "out" / name / "mine").write_text("mine")
    refused(notebook(tmp_path / "a.ipynb"), out=tmp_path / "out", watched=tmp_path)


@pytest.mark.parametrize("out", [ROOT, ROOT / "notebooks", ROOT / "exercises"])
def test_the_checkout_and_its_rooms_are_refused(tmp_path, executed, out):
    before = sorted(os.listdir(out))
    with pytest.raises(CourseError, match="nothing was touched"):
        run(notebook(tmp_path / "a.ipynb"), out=out)
    assert sorted(os.listdir(out)) == before


def test_a_folder_of_a_training_and_one_that_is_a_file_are_refused(tmp_path, executed):
    OwnFolder(tmp_path / "trained", TRAINING).mark()
    (tmp_path / "file").write_text("mine")
    lesson = notebook(tmp_path / "a.ipynb")
    assert "it holds a training; nothing was touched" in refused(lesson, out=tmp_path / "trained", watched=tmp_path)
    for name in ("file", "file/below"):
        assert "Not a directory" in refused(lesson, out=tmp_path / name, watched=tmp_path)


def test_an_unknown_parameter_is_seen_before_a_folder_is_made(tmp_path):
    with pytest.raises(CourseError, match="has no parameter 'NOPE'"):
        run(*choose(["00"]), out=tmp_path / "out", parameters={"NOPE": 1})
    assert list(tmp_path.iterdir()) == []


def test_a_read_only_folder_is_one_line(tmp_path, executed, mounted):
    with pytest.raises(CourseError, match=r"cannot write into .* \(Read-only file system\): free space there or"):
        run(notebook(tmp_path / "a.ipynb"), out=mounted("ro"))


def test_results_of_an_earlier_version_without_a_marker_go_on_unless_somebody_changed_them(tmp_path, executed, capsys):
    run(notebook(tmp_path / "a.ipynb"), out=tmp_path / "out")
    for name in (NAME, "lock"):
        (tmp_path / "out" / name).unlink()
    (tmp_path / "out" / ".running" / "a").mkdir(parents=True)
    shutil.copytree(tmp_path / "out", tmp_path / "more")
    shutil.copytree(tmp_path / "out", tmp_path / "edited")
    run(notebook(tmp_path / "a.ipynb"), out=tmp_path / "out")
    assert is_ours(tmp_path / "out", LESSONS)
    assert capsys.readouterr().err == ""
    (tmp_path / "more" / "mine.ipynb").write_text("mine")
    ended = (tmp_path / "edited" / "run.json").stat().st_mtime
    os.utime(tmp_path / "edited" / "a.ipynb", (ended + 60, ended + 60))
    for name in ("more", "edited"):
        refused(notebook(tmp_path / "a.ipynb"), out=tmp_path / name, watched=tmp_path / name)


# what is there from an earlier run


def test_our_results_are_replaced_and_what_a_person_changed_or_added_stays(tmp_path, executed, capsys):
    lesson, out = notebook(tmp_path / "a.ipynb"), tmp_path / "out"
    run(lesson, out=out)
    run(lesson, out=out)
    assert capsys.readouterr().err == ""
    names = {NAME, "lock", "a.ipynb", "a.html", "index.html", "run.json"}
    assert {path.name for path in out.iterdir()} == names
    for name in ("a.ipynb", "run.json", "index.html", "notes.html", "b.ipynb"):
        (out / name).write_text(f"my {name}")
    (out / "thumbnails").mkdir()
    (out / "thumbnails" / "mine.png").write_text("mine")
    run(lesson, out=out)
    said = capsys.readouterr().err
    for name in ("a.ipynb", "run.json", "index.html"):
        assert (out / f"{name}.1").read_text() == f"my {name}"
        assert f"{out / name} was changed since it was written here: kept as {name}.1" in said
    assert (out / "notes.html").read_text() == "my notes.html"
    assert (out / "b.ipynb").read_text() == "my b.ipynb"
    assert (out / "thumbnails" / "mine.png").read_text() == "mine"


def test_a_damaged_record_is_set_aside_and_nothing_is_taken_for_finished(tmp_path, executed):
    lesson, out = notebook(tmp_path / "a.ipynb"), tmp_path / "out"
    run(lesson, out=out)
    (out / "run.json").write_text((out / "run.json").read_text()[:-20])
    run(lesson, out=out, resume=True)
    assert len(executed) == 2
    assert (out / "run.json.1").exists()
    run(lesson, out=out, resume=True)
    assert len(executed) == 2


def test_what_a_persons_notebook_writes_into_its_working_directory_is_kept_again_and_again(tmp_path, executed):
    lesson, out = notebook(tmp_path / "writes.ipynb"), tmp_path / "out"
    for _ in range(2):
        run(lesson, out=out)
    assert (out / "writes_files" / "model.pt").read_text() == "an hour of training"
    assert (out / "writes_files.1" / "model.pt").exists()
    assert not list(out.glob(".running*"))


def test_where_a_killed_run_was_at_work_is_swept_up_and_a_link_of_that_name_is_not_followed(tmp_path, executed):
    lesson, out = notebook(tmp_path / "a.ipynb"), tmp_path / "out"
    run(lesson, out=out)
    (out / ".running-00000000" / "0").mkdir(parents=True)
    (out / ".running-mine").mkdir()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("mine")
    (out / ".running-11111111").symlink_to(tmp_path / "mine")
    OwnFolder(out, LESSONS).note(".running-00000000", ".running-11111111", ".running-mine")
    run(lesson, out=out)
    assert sorted(path.name for path in out.glob(".running*")) == [".running-11111111", ".running-mine"]
    assert (tmp_path / "mine" / "thesis.tex").exists()
