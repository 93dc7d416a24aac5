"""One rule for the names of lessons: whatever takes a word takes the same words, and a wrong one is answered alike."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from course_gan import catalogue
from course_gan.catalogue import choose, exercises, lessons, name_of, number_of, script
from course_gan.cli import main
from course_gan.errors import CourseError
from course_gan.grading.items import find, load
from course_gan.grading.record import lessons_with_checks
from course_gan.marker import LEARNER
from course_gan.own_folder import OwnFolder

WORDS = ("3", "03", "03_dcgan", "dcgan", "DCGAN")


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """A function that makes a course of the files named, and the catalogue read it."""

    def make(*files: str) -> Path:
        for file in files:
            path = tmp_path / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("CHECKS = []\n")
        monkeypatch.setattr(catalogue, "ROOT", tmp_path)
        return tmp_path

    return make


def message(function, *arguments) -> str:
    with pytest.raises(CourseError) as error:
        function(*arguments)
    return str(error.value)


@pytest.mark.parametrize("word", WORDS)
def test_every_word_for_a_lesson_means_the_same_everywhere(word, tmp_path):
    assert (name_of(word), number_of(word)) == ("03_dcgan", "03")
    assert [lesson.name for lesson in choose((word,))] == ["03_dcgan"]
    assert load(word) == load("03")
    assert find(f"{word}.slerp") is find("03.slerp")
    shown = CliRunner().invoke(main, ["progress", word, "--dir", str(tmp_path)])
    assert shown.exit_code == 0, shown.output
    assert shown.output.startswith("03: 0 of ")


@pytest.mark.parametrize("lesson", lessons(), ids=lambda lesson: lesson.name)
def test_every_lesson_answers_to_its_number_its_name_and_its_title(lesson):
    title = lesson.name.removeprefix(f"{lesson.number}_")
    assert {name_of(word) for word in (lesson.number, lesson.name, title)} == {lesson.name}


def test_no_two_lessons_share_a_number():
    numbers = [lesson.number for lesson in lessons()]
    assert len(set(numbers)) == len(numbers)
    assert lessons_with_checks() == [exercise.number for exercise in exercises()]


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("dcgam", " (did you mean 03_dcgan?)"),
        ("3_dcgan", " (did you mean 03_dcgan?)"),
        ("clinik", " (did you mean clinic?)"),
        ("notebooks/03_dcgan", " (did you mean 03_dcgan?)"),
        ("99", ""),
        ("", ""),
        ("③", ""),
    ],
)
def test_a_wrong_word_is_one_line_with_those_there_are_and_the_nearest(word, hint):
    there_are = f"unknown lesson {word!r}{hint}: there are {', '.join(lesson.name for lesson in lessons())}"
    for asked in (name_of, number_of, load, find, script):
        assert message(asked, word) == there_are
    assert message(choose, (word,)) == there_are
    for command in ("run", "train", "progress"):
        refused = CliRunner().invoke(main, [command, "--", word])
        assert (refused.exit_code, refused.output) == (1, f"course-gan: {there_are}\n")


def test_a_path_of_a_notebook_is_for_run_only(tmp_path):
    path = tmp_path / "My own.ipynb"
    assert message(choose, (str(path),)) == (
        f"no notebook at {path}: give a lesson's number, its name, or the path of a notebook"
    )
    path.write_text("{}")
    (mine,) = choose((str(path),))
    assert (mine.name, mine.number, mine.notebook) == ("My own", "My own", path)
    assert message(name_of, str(path)).startswith(f"unknown lesson {str(path)!r}: there are ")


def test_a_lesson_that_is_named_twice_is_meant_once():
    assert [lesson.number for lesson in choose(("3", "01", "dcgan"))] == ["03", "01"]


def test_a_new_lesson_is_a_new_folder_and_no_edit(elsewhere):
    root = elsewhere(
        "source/06_conditional/lesson.py",
        "source/06_conditional/exercise.py",
        "source/06_conditional/checks.py",
        "source/appendix/lesson.py",
        "source/03_dcgan copy/lesson.py",
        "source/__pycache__/lesson.cpython-311.pyc",
        "notebooks/scratch.ipynb",
    )
    assert [(lesson.number, lesson.name) for lesson in lessons()] == [
        ("06", "06_conditional"),
        ("appendix", "appendix"),
    ]
    assert [exercise.name for exercise in exercises()] == ["06_conditional"]
    assert catalogue.checks() == {"06": root / "source" / "06_conditional" / "checks.py"}
    assert number_of("conditional") == "06"


def test_without_sources_the_names_are_those_of_the_notebooks(elsewhere):
    elsewhere(
        "notebooks/03_dcgan.ipynb",
        "notebooks/clinic.ipynb",
        "exercises/clinic/clinic.ipynb",
        "source/clinic/checks.py",
    )
    assert [lesson.name for lesson in lessons()] == ["03_dcgan", "clinic"]
    assert [exercise.name for exercise in exercises()] == ["clinic"]
    assert list(catalogue.checks()) == ["clinic"]
    assert number_of("3") == "03"


def test_a_course_without_lessons_says_so(elsewhere):
    elsewhere()
    assert lessons() == choose(()) == []
    assert message(name_of, "3") == "unknown lesson '3': there are none"


def test_a_lesson_without_checks_names_those_that_have_some(elsewhere):
    elsewhere("source/70_seen/lesson.py", "source/71_tried/checks.py")
    assert message(load, "seen") == "lesson 70 has no checks: there are checks for 71"
    assert load("tried") == {}


def test_a_script_is_loaded_once_by_any_word_for_its_lesson():
    assert script("clinic") is script("Clinic")
    assert message(script, "3") == "lesson 03_dcgan has no script: there is one for clinic"


def test_a_script_that_fails_is_not_kept(elsewhere):
    root = elsewhere("source/72_broken/script.py", "source/72_broken/lesson.py")
    path = root / "source" / "72_broken" / "script.py"
    path.write_text("raise ValueError('not yet')\n")
    with pytest.raises(ValueError, match="not yet"):
        script("72")
    path.write_text("value = 3  # mended\n")
    assert script("72").value == 3


def test_a_check_by_another_word_is_recorded_under_its_own_name(tmp_path, monkeypatch, capsys):
    from course_gan.grading import check

    OwnFolder(tmp_path, LEARNER).mark()
    monkeypatch.chdir(tmp_path)
    check("dcgan.slerp", len)
    assert capsys.readouterr().out.startswith("✗ dcgan.slerp: ")
    assert list(json.loads((tmp_path / "progress.json").read_text(encoding="utf-8"))) == ["03.slerp"]
