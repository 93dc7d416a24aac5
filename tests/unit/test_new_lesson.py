"""A new lesson: one command lays its files, and every part of the course finds them by themselves."""

import importlib.util
import re

import pytest
import torch
from click.testing import CliRunner

from course_gan.catalogue import Exercise
from course_gan.errors import CourseError
from course_gan.files import ROOT
from course_gan.grading.verdict import assess
from course_gan.runner import notebooks as notebook_files
from workshop import convert, exercises, new, syllabus
from workshop.__main__ import lay

NAME = "97_trial"


@pytest.fixture
def laid(tmp_path):
    new.lay(NAME, "A trial", game=True, root=tmp_path)
    return tmp_path


def module(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def test_every_file_of_a_lesson_is_laid_and_no_other_is_touched(laid):
    files = {path.relative_to(laid).as_posix() for path in laid.rglob("*") if path.is_file()}
    assert files == set(new.files_of(NAME, game=True))
    texts = [path.read_text(encoding="utf-8") for path in laid.rglob("*.py")]
    assert not [word for text in texts for word in re.findall(r"\b(NUMBER|NAME|TITLE|CLASS)\b", text)]


def test_contributing_names_every_file_that_a_lesson_touches():
    told = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    for file in new.files_of("NN_name", game=True):
        assert f"`{file}`" in told, file


def test_the_laid_page_converts_and_is_a_draft(laid):
    notebook = convert.to_notebook(laid / "source" / NAME / "lesson.py")
    assert syllabus.is_draft(notebook)
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    compile(code, "lesson.py", "exec")


def test_the_laid_exercise_is_released_and_its_check_checked(laid):
    place = f"{NAME}/{NAME}.ipynb"
    exercise = Exercise(
        NAME, laid / "source" / NAME / "exercise.py", ROOT / "solutions" / place, ROOT / "exercises" / place
    )
    exercises.make([exercise], laid)
    released = notebook_files.read(laid / "exercises" / place)
    assert sum("raise NotImplementedError" in cell.source for cell in released.cells) >= 1
    (check,) = module(laid / "source" / NAME / "checks.py").CHECKS
    mutants = module(laid / "source" / NAME / "mutants.py")
    for answer in mutants.RIGHT[check.name].values():
        assert assess(check, answer, torch.Generator()).status == "ok"
    for answer in mutants.WRONG[check.name].values():
        assert assess(check, answer, torch.Generator()).status == "failed"


def test_the_laid_recipe_is_one(laid):
    recipe = module(laid / "course_gan" / "recipes" / "trial.py").Trial
    assert recipe.lesson == "97"
    assert recipe.Settings(lesson="97", profile="smoke", **recipe.standard, **recipe.profiles["smoke"]).steps == 20


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("6_x", "'6_x' is no name of a lesson: give two digits and a word, such as 06_conditional"),
        ("conditional", "'conditional' is no name of a lesson: give two digits and a word, such as 06_conditional"),
        ("03_another", "lesson 03 is there already: 03_dcgan; choose another number"),
    ],
)
def test_a_name_that_cannot_be_is_one_line(name, line, tmp_path):
    with pytest.raises(CourseError) as refused:
        new.lay(name, "x", root=tmp_path)
    assert str(refused.value) == line
    assert list(tmp_path.iterdir()) == []


def test_nothing_that_is_there_is_overwritten(laid):
    mine = laid / "source" / NAME / "lesson.py"
    mine.write_text("mine")
    with pytest.raises(CourseError, match=f"^source/{NAME}/lesson.py, .*: there already; move it away"):
        new.lay(NAME, "A trial", game=True, root=laid)
    assert mine.read_text() == "mine"


def test_the_command_says_what_is_wrong_in_a_line():
    done = CliRunner().invoke(lay, ["03_more"], standalone_mode=False)
    assert done.output == "course-gan: lesson 03 is there already: 03_dcgan; choose another number\n"
