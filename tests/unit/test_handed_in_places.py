"""Notebooks that lie elsewhere, in archives, behind links, or twice: told by their cells, and never followed."""

import json
import os
import zipfile

import pytest

from course_gan.files import ROOT
from course_gan.grading.handed_in.findings import Effect
from course_gan.grading.handed_in.reading import read
from course_gan.grading.handed_in.release import releases_for
from tests.unit.broken_hand_ins import NAME, WAYS, as_bytes, released, right
from tests.unit.hand_in_class import GIVES_0, WORDS, class_of, command, lines, put


@pytest.fixture
def submitted(tmp_path):
    return class_of(tmp_path)


ELSEWHERE = [
    f"{NAME}/{NAME} (1).ipynb",
    f"{NAME}/{NAME}-Copy1.ipynb",
    f"{NAME}/Copy of {NAME}.ipynb",
    f"{NAME}/01_Minimax_Game.ipynb",
    f"{NAME}/{NAME}.ipynb.txt",
    f"{NAME}/{NAME}.IPYNB",
    f"{NAME}/{NAME}.json",
    f"{NAME}/homework.ipynb",
    f"{NAME}/{NAME}/{NAME}.ipynb",
    f"01_Minimax_Game/{NAME}.ipynb",
    "submission 3/Untitled.ipynb",
    f"{NAME}.ipynb",
]


@pytest.mark.parametrize("place", ELSEWHERE)
def test_a_notebook_elsewhere_is_told_by_its_cells_and_copied_to_its_place(submitted, tmp_path, place):
    path = put(submitted, right(), place)
    before = path.read_bytes()
    assert lines(submitted) == [f"ada, {NAME}: {place} is not where nbgrader looks ({NAME}/{NAME}.ipynb){GIVES_0}"]
    status, said = command(submitted, "--mend", tmp_path / "mended")
    assert status == 0, said
    assert read((tmp_path / "mended" / "ada" / NAME / f"{NAME}.ipynb").read_bytes())
    assert lines(tmp_path / "mended") == []
    assert path.read_bytes() == before


def test_a_notebook_in_a_zip_is_copied_to_its_place(submitted, tmp_path):
    archive = submitted / "ada" / NAME / "all.zip"
    archive.parent.mkdir(parents=True)
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("../../../work/game.ipynb", as_bytes(right()))
        file.writestr("__MACOSX/._game.ipynb", b"\0\0")
    called = f"{NAME}/all.zip: ../../../work/game.ipynb"
    assert lines(submitted) == [f"ada, {NAME}: {called} is not where nbgrader looks ({NAME}/{NAME}.ipynb){GIVES_0}"]
    assert command(submitted, "--mend", tmp_path / "mended")[0] == 0
    assert lines(tmp_path / "mended") == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["grading", "mended"], "nothing is unpacked beside"


@pytest.mark.parametrize("content", [b"PK\3\4 cut", b""])
def test_an_archive_that_cannot_be_read_is_named(submitted, content):
    put(submitted, content, "all.zip")
    assert lines(submitted) == [f"ada: all.zip is an archive without a readable notebook; unpack it{GIVES_0}"]


def test_two_notebooks_that_differ_are_a_persons_to_choose(submitted, tmp_path):
    put(submitted, right(), f"{NAME}/a.ipynb")
    put(submitted, released(), f"{NAME}/b.ipynb")
    said = f"no notebook in its place ({NAME}/{NAME}.ipynb), but {NAME}/a.ipynb, {NAME}/b.ipynb"
    assert lines(submitted) == [f"ada, {NAME}: {said}{GIVES_0}"]
    assert command(submitted, "--mend", tmp_path / "mended")[0] == 1
    assert not (tmp_path / "mended" / "ada" / NAME / f"{NAME}.ipynb").exists()


def test_a_second_notebook_beside_an_empty_one_is_named_and_an_equal_one_is_not(submitted):
    put(submitted, right(), student="bob")
    put(submitted, right(), f"{NAME}/{NAME} (1).ipynb", student="bob")
    put(submitted, released())
    put(submitted, right(), f"{NAME}/{NAME} (1).ipynb")
    also = f"there is also {NAME}/{NAME} (1).ipynb, and nothing is written into the one that is graded"
    assert lines(submitted) == [f"ada, {NAME}: {also}{WORDS[Effect.COSTS]}"]


def test_another_exercise_under_this_name_is_named(submitted):
    put(submitted, (ROOT / "exercises" / "03_dcgan" / "03_dcgan.ipynb").read_bytes())
    said = "none of the assignment's cells is in it; they are those of 03_dcgan"
    assert lines(submitted) == [f"ada, {NAME}: {said}{GIVES_0}"]


def test_what_is_no_notebook_is_named(submitted):
    put(submitted, b"%PDF", f"{NAME}/{NAME}.pdf")
    put(submitted, b"", "notes.txt", student="bob")
    put(submitted, b'{"a": 1}', "settings.json", student="cyd")
    (submitted / "dan").mkdir()
    put(submitted, cut_short(right()), "game.ipynb", student="eve")
    assert lines(submitted) == [
        f"ada, {NAME}: no notebook handed in, but {NAME}/{NAME}.pdf{GIVES_0}",
        f"bob: no notebook handed in, but notes.txt{GIVES_0}",
        f"cyd: no notebook handed in{GIVES_0}",
        f"dan: no notebook handed in{GIVES_0}",
        f"eve: game.ipynb is cut off in line 1{GIVES_0}",
    ]


def cut_short(notebook):
    return json.dumps(notebook)[:5000]


def test_links_are_not_followed_and_not_copied(submitted, tmp_path):
    secret = tmp_path / "secret.ipynb"
    secret.write_bytes(as_bytes(right()))
    place = put(submitted, right(), student="ada")
    (place.parent / "data.txt").symlink_to(secret)
    (submitted / "bob" / NAME).mkdir(parents=True)
    (submitted / "bob" / NAME / f"{NAME}.ipynb").symlink_to(secret)
    (submitted / "cyd").mkdir()
    (submitted / "cyd" / NAME).symlink_to(place.parent)
    assert lines(submitted) == [
        f"ada, {NAME}: {NAME}/data.txt is a link, not followed here but by autograde",
        f"bob, {NAME}: {NAME}/{NAME}.ipynb is a link, not followed here but by autograde",
        f"cyd, {NAME}: {NAME} is a link, not followed here but by autograde",
    ]
    assert command(submitted, "--mend", tmp_path / "mended")[0] == 1
    assert [path.name for path in (tmp_path / "mended").rglob("*.*") if path.name != ".course_gan"] == [f"{NAME}.ipynb"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are of POSIX")
def test_a_pipe_is_not_waited_for(submitted):
    (submitted / "ada" / NAME).mkdir(parents=True)
    os.mkfifo(submitted / "ada" / NAME / f"{NAME}.ipynb")
    assert lines(submitted) == [f"ada, {NAME}: {NAME}/{NAME}.ipynb is a link, not followed here but by autograde"]


def test_a_strangers_name_stays_one_line(submitted):
    put(submitted, right(), f"{NAME}/a\n\x1b[31mb.ipynb", student="a\nb")
    (line,) = lines(submitted)
    assert line.startswith(f"a?b, {NAME}: {NAME}/a??[31mb.ipynb is not where")


def test_one_bad_hand_in_never_keeps_the_others_from_being_looked_at(submitted):
    for number, way in enumerate(WAYS.values()):
        put(submitted, way.broken(), student=f"s{number:02}")
    put(submitted, right(), student="zoe")
    assert len(lines(submitted)) == len(WAYS)


@pytest.mark.parametrize(
    ("place", "says"),
    [
        ("nowhere", "cannot be read (No such file or directory); give the folder of what was handed in"),
        ("grading/submitted", "holds no student's folder; wanted STUDENT/NN_name/NN_name.ipynb"),
        ("grading", "is the folder of the class; give"),
        ("grading/submitted/ada", f"holds assignments ({NAME}), not students; give the folder above it"),
    ],
)
def test_a_folder_that_cannot_be_meant_is_one_line(submitted, tmp_path, place, says):
    if place != "grading/submitted":
        put(submitted, right())
        (tmp_path / "grading" / "autograded").mkdir()
    status, said = command(tmp_path / place)
    assert (status, said.count("\n")) == (1, 1)
    assert says in said


def test_a_class_of_its_own_is_held_to_its_own_releases(tmp_path, submitted):
    (tmp_path / "nbgrader_config.py").touch()
    own = tmp_path / "exercises" / "my_own" / "my_own.ipynb"
    own.parent.mkdir(parents=True)
    own.write_bytes(as_bytes(released()))
    assert list(releases_for(submitted)) == ["my_own"]


@pytest.mark.parametrize("place", [f"{NAME}/{NAME}.ipynb", f"{NAME}/homework.ipynb"])
def test_a_strange_notebook_is_not_mended_into_an_empty_hand_in(submitted, tmp_path, place):
    strange = {"cells": [{"cell_type": "code", "metadata": {}, "source": "1", "outputs": []}], "metadata": {}}
    put(submitted, strange, place)
    status, said = command(submitted, "--mend", tmp_path / "mended")
    assert status == 1
    assert "none of the assignment's cells is in it" in said
    assert (tmp_path / "mended" / "ada" / place).read_bytes() == as_bytes(strange)
    assert len(lines(tmp_path / "mended")) == 1
