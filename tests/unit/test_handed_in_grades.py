"""nbgrader's export says which 0 is no grade, and which grade is of an earlier hand-in."""

import pytest

from course_gan.grading.handed_in.findings import Effect
from course_gan.grading.handed_in.mending import mended
from course_gan.grading.handed_in.reading import read
from tests.unit.broken_hand_ins import CHECK, NAME, WAYS, cell, released, right
from tests.unit.hand_in_class import (
    GIVES_0,
    HEADER,
    RELEASE,
    WORDS,
    autograde,
    class_of,
    command,
    grades,
    lines,
    looks,
    put,
)


@pytest.fixture
def submitted(tmp_path):
    return class_of(tmp_path)


def test_a_zero_that_is_no_grade_is_empty_in_the_export_and_an_honest_one_stays(submitted, tmp_path):
    put(submitted, WAYS["a check copied"].broken(), student="ada")
    put(submitted, released(), student="bob")
    autograde(submitted, released(), student="bob")
    put(submitted, right(), f"{NAME}/{NAME} (1).ipynb", student="cyd")
    put(submitted, right(), student="dan")
    autograde(submitted, right(), student="dan")
    put(submitted, right(), student="eve")
    path = grades(tmp_path, ada=0.0, bob=0.0, dan=16.0, eve=0.0, fay=0.0)
    status, said = command(submitted, "--grades", path)
    assert status == 1
    assert said.splitlines()[-1] == f"{path}: 3 grades need a look, and its column look says why"
    assert looks(path) == {
        "ada": ("", f"needs a look: cells there more than once ({CHECK}){GIVES_0}"),
        "bob": ("0.0", ""),
        "cyd": (
            "",
            f"needs a look: {NAME}/{NAME} (1).ipynb is not where nbgrader looks ({NAME}/{NAME}.ipynb){GIVES_0}",
        ),
        "dan": ("16.0", ""),
        "eve": ("", f"needs a look: autograde did not get through it{GIVES_0}"),
        "fay": ("0.0", "nothing handed in"),
    }


def test_a_second_look_after_a_new_grade_takes_the_first_back(submitted, tmp_path):
    put(submitted, released())
    path = grades(tmp_path, ada=0.0)
    command(submitted, "--grades", path)
    assert looks(path)["ada"][0] == ""
    autograde(submitted, released())
    assert command(submitted, "--grades", path)[0] == 0
    assert looks(path)["ada"] == ("0.0", "")
    assert path.read_text().count("look") == 1


def test_a_second_hand_in_is_told_from_the_one_that_was_graded(submitted, tmp_path):
    put(submitted, released())
    autograde(submitted, released())
    assert lines(submitted) == []
    put(submitted, right())
    again = f"nbgrader autograde {NAME} --student=ada --force"
    said = f"is not what was graded: the old grade stays until `{again}`"
    assert lines(submitted) == [f"ada, {NAME}: {said}"]
    path = grades(tmp_path, ada=0.0)
    assert command(submitted, "--grades", path)[0] == 1
    assert looks(path)["ada"] == ("0.0", f"needs a look: {said}")


def test_a_helper_file_handed_in_anew_is_a_second_hand_in(submitted):
    put(submitted, right())
    put(submitted, b"x = 1", f"{NAME}/helper.py")
    autograde(submitted, right())
    put(submitted.parent / "autograded", b"x = 1", f"{NAME}/helper.py")
    assert lines(submitted) == []
    put(submitted, b"x = 2", f"{NAME}/helper.py")
    assert "is not what was graded" in lines(submitted)[0]


def test_a_grade_left_over_from_an_earlier_hand_in_is_named(submitted, tmp_path):
    put(submitted, right())
    path = grades(tmp_path, ada=7.0)
    command(submitted, "--grades", path)
    said = "needs a look: autograde did not get through it, the score is of an earlier hand-in"
    assert looks(path)["ada"] == ("7.0", said)


@pytest.mark.parametrize(
    "way", ["a check copied", "all names lost", "the setup added to", "a check before its solution"]
)
def test_what_was_mended_and_then_graded_is_a_grade(submitted, tmp_path, way):
    put(submitted, WAYS[way].broken())
    autograde(submitted, mended(read(WAYS[way].broken())[0], RELEASE))
    path = grades(tmp_path, ada=16.0)
    assert command(submitted, "--grades", path)[0] == 0
    assert looks(path)["ada"] == ("16.0", "")


@pytest.mark.parametrize("way", ["the setup added to", "a check before its solution", "the setup deleted"])
def test_points_lost_by_the_form_are_named_beside_the_grade(submitted, tmp_path, way):
    notebook, _ = read(WAYS[way].broken())
    put(submitted, notebook)
    if way == "the setup added to":
        cell(notebook, "setup")["source"] = RELEASE.parts["setup"].source  # as nbgrader puts it back
    autograde(submitted, notebook)
    path = grades(tmp_path, ada=3.0)
    command(submitted, "--grades", path)
    assert looks(path)["ada"] == ("3.0", f"needs a look: {WAYS[way].says}{WORDS[Effect.COSTS]}")


def test_a_line_on_stderr_and_a_cell_out_of_time_are_named(submitted, tmp_path):
    late = {"output_type": "error", "ename": "CellTimeoutError", "evalue": "", "traceback": []}
    noise = {"output_type": "stream", "name": "stderr", "text": "a warning"}
    for student, output in (("ada", noise), ("bob", late)):
        put(submitted, right(), student=student)
        autograde(submitted, right(), student, [output])
    path = grades(tmp_path, ada=0.0, bob=3.0)
    command(submitted, "--grades", path)
    assert looks(path) == {
        "ada": ("", f"needs a look: checks passed, but for a line on stderr ({CHECK}){WORDS[Effect.COSTS]}"),
        "bob": ("3.0", f"needs a look: cells out of time ({CHECK})"),
    }


def test_a_comma_in_a_students_name_is_put_together_again(submitted, tmp_path):
    put(submitted, released(), student="Doe, Jane")
    autograde(submitted, released(), student="Doe, Jane")
    path = grades(tmp_path, **{"Doe, Jane": 0.0})
    assert command(submitted, "--grades", path)[0] == 0
    assert looks(path) == {"Doe, Jane": ("0.0", "")}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "cannot be read (No such file or directory); make it with `nbgrader export`"),
        ("name,grade\nada,1\n", "is no export of nbgrader (it lacks assignment, "),
        (f"{HEADER},max_score\n{NAME},,,x,y,z,,,,0.0,0.0,0.0,16.0\n", "line 2 has 13 fields, wanted 11"),
    ],
)
def test_a_file_that_is_no_export_is_one_line_and_untouched(submitted, tmp_path, text, says):
    put(submitted, right())
    path = tmp_path / "grades.csv"
    if text is not None:
        path.write_text(text)
    status, said = command(submitted, "--grades", path)
    assert (status, said.count("\n")) == (1, 1)
    assert says in said
    assert text is None or path.read_text() == text
