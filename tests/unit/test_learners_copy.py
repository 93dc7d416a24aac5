"""`course-gan lab`: a copy in a folder that is new, empty or the learner's own, and what is there stays."""

import os
import shutil

import pytest

from course_gan.catalogue import exercises, lessons
from course_gan.errors import CourseError
from course_gan.files import ROOT
from course_gan.marker import LEARNER, NAME, TRAINING, is_ours
from course_gan.own_folder import OwnFolder
from course_gan.runner.learners_copy import copy_for_learner
from tests.unit.tiny_folders import contents


def refused(folder) -> str:
    before = sorted(os.listdir(folder))
    with pytest.raises(CourseError) as error:
        copy_for_learner(folder)
    assert "\n" not in str(error.value)
    assert sorted(os.listdir(folder)) == before
    return str(error.value)


def test_a_new_folder_gets_everything_and_the_marker(tmp_path):
    folder = tmp_path / "Übungen meiner Klasse"
    new = copy_for_learner(folder, say=pytest.fail)
    names = {str(path.relative_to(folder)) for path in new}
    assert {f"notebooks/{lesson.name}.ipynb" for lesson in lessons()} <= names
    assert {f"exercises/{one.name}/{one.name}.ipynb" for one in exercises()} <= names
    assert all(name.count("/") == (1 if name.startswith("notebooks") else 2) for name in names)
    assert is_ours(folder, LEARNER)
    assert copy_for_learner(folder, say=pytest.fail) == []


def test_what_is_there_stays_links_that_lead_nowhere_too(tmp_path):
    mine, other, third, *_ = copy_for_learner(tmp_path)
    mine.write_text("my work")
    other.unlink()
    third.unlink()
    third.symlink_to(tmp_path / "elsewhere.ipynb")
    assert copy_for_learner(tmp_path) == [other]
    assert mine.read_text() == "my work"
    assert not (tmp_path / "elsewhere.ipynb").exists()


def test_a_foreign_folder_is_refused_and_not_touched(tmp_path):
    (tmp_path / "thesis.tex").write_text("mine")
    assert refused(tmp_path) == (
        f"cannot use {tmp_path}: it holds something else than a learner's copy (thesis.tex); "
        "nothing was touched, choose a new or an empty folder with --dir"
    )


@pytest.mark.parametrize("room", ["exercises", "notebooks"])
def test_so_is_one_with_rooms_of_the_same_names(tmp_path, room):
    (tmp_path / room / "fitness").mkdir(parents=True)
    assert f"({room})" in refused(tmp_path)


def test_so_are_the_course_itself_a_class_and_a_training(tmp_path, monkeypatch):
    for folder in (ROOT, ROOT / "notebooks", ROOT / "exercises"):
        assert "nothing was touched" in refused(folder)
    monkeypatch.chdir(ROOT)
    with pytest.raises(CourseError, match="it is the course itself"):
        copy_for_learner(type(tmp_path)("."))
    assert not (ROOT / NAME).exists()
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    for name in ("notebooks", "exercises"):
        shutil.copytree(ROOT / name, tmp_path / name)
    assert "it is the course itself" in refused(tmp_path)
    OwnFolder(tmp_path / "run", TRAINING).mark()
    assert "it holds a training" in refused(tmp_path / "run")


def test_a_copy_of_an_earlier_version_is_marked_and_that_is_said(tmp_path):
    copy_for_learner(tmp_path)
    (tmp_path / NAME).unlink()
    (tmp_path / "progress.json").write_text("{}")
    (tmp_path / "my own notes.txt").write_text("mine")
    before, said = contents(tmp_path), []
    assert copy_for_learner(tmp_path, said.append) == []
    assert said == [f"{tmp_path}: a copy that an earlier version made; it is marked as yours now, by the file {NAME}"]
    assert is_ours(tmp_path, LEARNER)
    assert contents(tmp_path) == before | {NAME: (tmp_path / NAME).read_bytes()}


def test_a_copy_that_was_killed_in_the_middle_is_completed(tmp_path):
    _, *rest = copy_for_learner(tmp_path)
    for path in rest:
        path.unlink()
    half = rest[0].with_name(f".{rest[0].name}.0123abcd.partial")
    half.write_text("half")
    assert copy_for_learner(tmp_path) == rest
    assert not half.exists()


def test_a_file_in_the_way_and_a_read_only_disk_are_one_line(tmp_path, mounted):
    copy_for_learner(tmp_path / "my")
    shutil.rmtree(tmp_path / "my" / "notebooks")
    (tmp_path / "my" / "notebooks").write_text("mine")
    with pytest.raises(CourseError, match=r"cannot write .*/notebooks/.*\(.*\): choose another folder with --dir"):
        copy_for_learner(tmp_path / "my")
    assert (tmp_path / "my" / "notebooks").read_text() == "mine"
    with pytest.raises(CourseError, match=r"cannot write .* \(Read-only file system\): choose another folder"):
        copy_for_learner(mounted("ro"))


def test_a_disk_that_fills_up_leaves_whole_notebooks_alone(tmp_path, mounted):
    disk = mounted("size=1m")
    with pytest.raises(CourseError, match=r"\(No space left on device\): choose another folder with --dir"):
        copy_for_learner(disk)
    for path in disk.rglob("*.ipynb"):
        assert path.read_bytes() == (ROOT / path.relative_to(disk)).read_bytes()
    assert not [path for path in disk.rglob("*") if path.name.endswith(".partial")]
