"""Whose a folder is: new, empty or marked by us; a marker from elsewhere, or a damaged one, proves nothing."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from course_gan.errors import CourseError
from course_gan.files import ROOT
from course_gan.marker import LEARNER, LESSONS, NAME, TRAINING, is_ours, named, quoted, read, set_aside
from course_gan.own_folder import OwnFolder
from tests.unit.tiny_folders import contents, owned, refused

# whose it is


@pytest.mark.parametrize("name", ["new", "new/below/new", "mit Leerzeichen", "Übung ünï 漢字", "it's", "-x"])
def test_a_new_folder_becomes_ours_whatever_it_is_called(tmp_path, name):
    folder = tmp_path / name
    own = OwnFolder(folder, LESSONS)
    assert not folder.exists()  # building one only looks
    assert own.mark() is True
    assert is_ours(folder, LESSONS)
    assert own.mark() is False


@pytest.mark.parametrize("name", [".DS_Store", "Thumbs.db", "desktop.ini", ".gitkeep", ".gitignore", "lost+found"])
def test_what_systems_leave_behind_does_not_make_a_folder_anybodys(tmp_path, name):
    (tmp_path / name).write_text("x")
    owned(tmp_path)
    assert (tmp_path / name).read_text() == "x"


@pytest.mark.parametrize(
    "foreign",
    [
        "notes.txt",
        "a.tmp",
        ".bashrc",
        "run.json",
        "settings.json",
        "log.jsonl",
        "index.html",
        "lock",
        "step-00000001.pt",
    ],
)
def test_a_folder_that_holds_anything_else_is_refused_in_a_line_that_names_it(tmp_path, foreign):
    (tmp_path / foreign).write_text("mine")
    assert refused(tmp_path) == (
        f"cannot use {tmp_path}: it holds something else than a run of lessons ({foreign}); "
        "nothing was touched, choose a new or an empty folder"
    )


def test_three_names_are_enough_to_recognise_a_folder_and_the_option_is_named(tmp_path):
    for name in "abcde":
        (tmp_path / name).mkdir()
    line = refused(tmp_path, with_option=" with --out")
    assert "(a, b, c and 2 more)" in line
    assert line.endswith("choose a new or an empty folder with --out")


def test_home_and_the_checkout_are_refused(tmp_path):
    (tmp_path / ".profile").write_text("")
    for folder in (tmp_path, ROOT, ROOT / "notebooks", ROOT / "course_gan"):
        with pytest.raises(CourseError, match="nothing was touched"):
            OwnFolder(folder, LESSONS)
    assert not (ROOT / NAME).exists()


def test_a_file_and_a_link_that_leads_nowhere_are_no_folders(tmp_path):
    (tmp_path / "file").write_text("mine")
    (tmp_path / "nowhere").symlink_to(tmp_path / "gone")
    for name in ("file", "nowhere"):
        assert refused(tmp_path / name) == f"cannot write in {tmp_path / name}: Not a directory; choose another folder"
    assert (tmp_path / "file").read_text() == "mine"


def test_a_link_is_the_folder_that_it_leads_to(tmp_path):
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "thesis.tex").write_text("mine")
    (tmp_path / "empty").mkdir()
    for name in ("foreign", "empty"):
        (tmp_path / f"to {name}").symlink_to(tmp_path / name)
    assert "(thesis.tex)" in refused(tmp_path / "to foreign")
    owned(tmp_path / "to empty")
    assert is_ours(tmp_path / "empty", LESSONS)


def test_another_kind_of_ours_is_refused(tmp_path):
    owned(tmp_path, TRAINING)
    assert refused(tmp_path) == (
        f"cannot use {tmp_path}: it holds a training; nothing was touched, choose a new or an empty folder"
    )
    assert not is_ours(tmp_path, LESSONS)


# the marker


def test_a_folder_stays_ours_when_it_is_moved_and_when_it_comes_back_from_a_backup(tmp_path):
    owned(tmp_path / "a").put("x.txt", "ours")
    (tmp_path / "a").rename(tmp_path / "b")
    assert is_ours(tmp_path / "b", LESSONS)
    (tmp_path / "b").rename(tmp_path / "a")
    shutil.copytree(tmp_path / "a", tmp_path / "backup")
    shutil.rmtree(tmp_path / "a")
    shutil.move(tmp_path / "backup", tmp_path / "a")  # another number on the disk, the old path
    assert is_ours(tmp_path / "a", LESSONS)


def test_a_copied_folder_is_ours_as_long_as_nothing_foreign_is_in_it(tmp_path):
    owned(tmp_path / "a").put("x.txt", "ours")
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    assert owned(tmp_path / "b").written() == ["x.txt"]
    shutil.copytree(tmp_path / "a", tmp_path / "c")
    (tmp_path / "c" / "mine.txt").write_text("mine")
    assert "(mine.txt)" in refused(tmp_path / "c")
    shutil.copytree(tmp_path / "a", tmp_path / "d")
    (tmp_path / "d" / "x.txt").write_text("mine")
    assert "(x.txt)" in refused(tmp_path / "d")


def test_folders_in_a_copied_folder_are_looked_into(tmp_path):
    own = owned(tmp_path / "a")
    own.put("thumbnails/x.png", b"1")
    (own.path / "by name").mkdir()
    own.note("by name")
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    assert "(by name)" in refused(tmp_path / "b")  # a name proves nothing elsewhere
    (tmp_path / "b" / "by name").rmdir()
    assert OwnFolder(tmp_path / "b", LESSONS).written() == ["thumbnails/x.png"]
    (tmp_path / "b" / "thumbnails" / "mine.png").write_text("mine")
    assert "(thumbnails)" in refused(tmp_path / "b")


def test_a_marker_that_somebody_copied_into_a_foreign_folder_does_not_make_it_ours(tmp_path):
    owned(tmp_path / "a").put("x.txt", "ours")
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "thesis.tex").write_text("mine")
    shutil.copy(tmp_path / "a" / NAME, foreign)
    assert not is_ours(foreign, LESSONS)
    assert "(thesis.tex)" in refused(foreign)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"kind": "a run of lessons"}',
        '{"kind": 3, "place": {}, "files": {}}',
        "\x00" * 20,
        "[" * 99999,
    ],
    ids=range(8),
)
def test_a_damaged_marker_proves_nothing(tmp_path, text):
    (tmp_path / NAME).write_text(text)
    (tmp_path / "x").write_text("")
    assert read(tmp_path) is None
    assert f"({NAME}, x)" in refused(tmp_path)


def test_a_marker_that_is_a_folder_or_a_link_proves_nothing(tmp_path):
    owned(tmp_path / "ours")
    (tmp_path / "a" / NAME).mkdir(parents=True)
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / NAME).symlink_to(tmp_path / "ours" / NAME)
    for name in "ab":
        assert f"({NAME})" in refused(tmp_path / name)
        assert not is_ours(tmp_path / name, LESSONS)


def test_a_damaged_marker_of_a_folder_that_is_recognised_is_set_aside_and_written_anew(tmp_path):
    (tmp_path / NAME).write_text("{")
    said = []
    owned(tmp_path, recognised=lambda folder: True, say=said.append)
    assert said == [f"{tmp_path / NAME} is damaged: kept as {NAME}.1"]
    assert (tmp_path / f"{NAME}.1").read_text() == "{"
    assert is_ours(tmp_path, LESSONS)


def test_a_folder_that_becomes_anothers_while_we_wait_for_its_lock_is_refused(tmp_path):
    own = OwnFolder(tmp_path, LESSONS)
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(CourseError, match=r"\(mine.txt\); nothing was touched"):
        own.mark()
    assert contents(tmp_path) == {"mine.txt": b"mine"}


# names


@pytest.mark.parametrize("text", ["", " ", "\t\n", "  \u00a0"])
def test_a_blank_name_is_refused(text):
    with pytest.raises(CourseError) as error:
        named(text)
    assert str(error.value) == (
        "the folder's name is empty (a variable that is not set?): give a name, or . for this folder"
    )


def test_an_option_is_no_name():
    with pytest.raises(CourseError) as error:
        named("--resume")
    assert str(error.value) == (
        "the folder's name '--resume' begins like an option (a variable that is not set?): give a name, or ./--resume"
    )
    assert named("./--resume") == Path("--resume")


@pytest.mark.skipif(os.name != "posix", reason="another shell")
@pytest.mark.parametrize("name", ["plain", "two words", "it's", "$HOME", "a;b", "ü*"])
def test_a_quoted_path_is_what_the_shell_takes_it_for(name):
    said = subprocess.run(f"printf %s {quoted(Path(name))}", shell=True, capture_output=True, text=True)
    assert said.stdout == name


def test_setting_aside_never_overwrites(tmp_path):
    for number in range(3):
        (tmp_path / "a.json").write_text(str(number))
        assert set_aside(tmp_path / "a.json") == tmp_path / f"a.json.{number + 1}"
    assert {path.read_text() for path in tmp_path.iterdir()} == {"0", "1", "2"}


def test_the_marker_says_what_it_is_and_nothing_about_the_machine(tmp_path):
    owned(tmp_path, LEARNER)
    content = json.loads((tmp_path / NAME).read_text())
    assert content["kind"] == "a learner's copy"
    assert str(tmp_path) not in json.dumps(content)
