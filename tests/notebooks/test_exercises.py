"""Exercises end to end: built to the byte, released without answers, and graded by nbgrader as an instructor would."""

import copy
import csv
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from course_gan.catalogue import Exercise, exercises
from course_gan.errors import CourseError
from course_gan.files import ROOT
from course_gan.grading.record import lessons_with_checks
from course_gan.runner import notebooks as notebook_files
from course_gan.runner.execute import execute
from course_gan.runner.learners_copy import copy_for_learner
from workshop import exercises as builder

EXERCISES = exercises()
each_exercise = pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
GRADED = "01_minimax_game"  # the assignment that goes through nbgrader
BIN = Path(sys.executable).parent


def cells(path: Path, kind: str) -> dict:
    """The notebook's solution or grade cells, by grade_id."""
    marked = [c for c in notebook_files.read(path).cells if c.metadata.get("nbgrader", {}).get(kind)]
    return {c.metadata["nbgrader"]["grade_id"]: c for c in marked}


def output(notebook) -> str:
    return "".join(o.get("text", "") for c in notebook.cells if c.cell_type == "code" for o in c.outputs)


# ── what is committed ───────────────────────────────────────────────────────────────────────────────────────────────


def test_every_exercise_is_rebuilt_to_the_byte():
    assert builder.build(EXERCISES, check=True) == {exercise.name: "current" for exercise in EXERCISES}, "`make build`"


@each_exercise
def test_every_item_has_a_check_points_and_a_stub_and_no_answer_is_released(exercise):
    lesson = exercise.name.split("_")[0]
    graded, solved = cells(exercise.solution, "grade"), cells(exercise.solution, "solution")
    names = [c.source.split('"')[1] for c in graded.values()]
    assert lesson in lessons_with_checks()
    assert sorted(names) == sorted(builder_checks(lesson)), "every check of checks.py has a grade cell, and no other"
    assert all(c.metadata["nbgrader"]["points"] >= 1 for c in graded.values())
    assert all("BEGIN HIDDEN TESTS" in c.source for c in graded.values())
    assert len(solved) >= len(graded)
    released = exercise.release.read_text(encoding="utf-8")
    for word in ("BEGIN SOLUTION", "HIDDEN TESTS", "require("):
        assert word not in released
    for cell in cells(exercise.release, "solution").values():
        line = next(line for line in cell.source.splitlines() if "raise NotImplementedError" in line)
        assert line.startswith("    "), "a stub outside a function would stop the notebook"


def builder_checks(lesson: str) -> list[str]:
    from course_gan.grading import load

    return list(load(lesson))


@each_exercise
def test_an_exercise_has_its_header_and_two_hints_an_item(exercise):
    prose = "\n".join(c.source for c in notebook_files.read(exercise.release).cells if c.cell_type == "markdown")
    items = len(cells(exercise.release, "grade"))
    assert prose.count("<details><summary>Hint</summary>") >= items
    assert prose.count("<details><summary>Stronger hint</summary>") >= items
    assert prose.count("<details>") == prose.count("</details>")
    assert prose.count("minutes") > items
    assert "unprotected" in prose, "it has to say that nbgrader's autograde runs strangers' code unprotected"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('# %%\ncheck("01.ring", f)\n', "found no points above check"),
        ("# %% points=2\nx = 1\n", "found points above 'x = 1'"),
        ('# %% points=1\ncheck("01.a", f)\n\n# %% points=1\ncheck("01.a", g)\n', "01.a is graded twice"),
        ("# %%\ndef f():\n    ### BEGIN SOLUTION\n    return 1\n", "no end solution statement found"),
    ],
)
def test_a_source_with_a_mistake_is_refused_in_a_line(tmp_path, text, message):
    source = tmp_path / "exercise.py"
    source.write_text(text)
    place = Path("99_x") / "99_x.ipynb"
    with pytest.raises(CourseError, match=message) as refused:
        builder.make([Exercise("99_x", source, ROOT / "solutions" / place, ROOT / "exercises" / place)], tmp_path)
    assert "\n" not in str(refused.value)


def test_the_learner_gets_the_exercises_and_what_is_mine_stays(tmp_path):
    mine = tmp_path / "exercises" / GRADED / f"{GRADED}.ipynb"
    assert mine in copy_for_learner(tmp_path)
    mine.write_text("my work")
    copy_for_learner(tmp_path)
    assert mine.read_text() == "my work"


# ── executed ────────────────────────────────────────────────────────────────────────────────────────────────────────


def run(notebook: Path, folder: Path):
    """Execute a notebook in a folder as papermill does for `course-gan run`; the executed one."""
    target = folder / "executed.ipynb"
    outcome = execute(
        notebook.stem, notebook, target, profile="smoke", parameters={}, cwd=folder, threads=1, timeout=300
    )
    assert outcome.status == "ok", str(outcome)
    return notebook_files.read(target)


@pytest.mark.notebook
@each_exercise
def test_a_release_runs_to_its_end_with_every_item_open(exercise, tmp_path):
    copy_for_learner(tmp_path)
    here = tmp_path / "exercises" / exercise.name
    said = output(run(exercise.release, here))
    items = len(cells(exercise.release, "grade"))
    assert said.count(": not written yet\n") == items
    assert f"{exercise.name.split('_')[0]}: 0 of {items} pass" in said, "it ends with progress()"
    kept = json.loads((tmp_path / "progress.json").read_text(encoding="utf-8"))
    assert [entry["status"] for entry in kept.values()] == ["open"] * items


@pytest.mark.notebook
@each_exercise
def test_a_solution_passes_every_item(exercise, tmp_path):
    said = output(run(exercise.solution, tmp_path))
    items = len(cells(exercise.release, "grade"))
    assert f"{exercise.name.split('_')[0]}: {items} of {items} pass" in said
    on_purpose = sum(c.source.count("# wrong on purpose") for c in notebook_files.read(exercise.solution).cells)
    assert said.count("✗") == on_purpose, "exercise 00 shows how a failing check reads"


# ── nbgrader ────────────────────────────────────────────────────────────────────────────────────────────────────────


def nbgrader(course: Path, *words: str, status: int = 0) -> str:
    run = subprocess.run(
        [sys.executable, "-m", "nbgrader", *words], cwd=course, capture_output=True, text=True, timeout=400
    )
    assert run.returncode == status, run.stderr[-2000:]
    return run.stderr + run.stdout


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A class of three, graded: all right, nothing written, and the first three items right, the fourth wrong."""
    folder = tmp_path_factory.mktemp("course")
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    shutil.copytree(ROOT / "solutions" / GRADED, folder / "solutions" / GRADED)
    nbgrader(folder, "generate_assignment", GRADED)
    release = folder / "exercises" / GRADED / f"{GRADED}.ipynb"
    right = cells(folder / "solutions" / GRADED / f"{GRADED}.ipynb", "solution")
    for student in ("right", "blank", "partly"):
        notebook = notebook_files.read(release)
        for cell in notebook.cells:
            name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
            is_written = student == "right" or (student == "partly" and name in list(right)[:3])
            if name in right and is_written:
                cell.source = right[name].source
            elif student == "partly" and name == list(right)[3]:
                cell.source = "def volume_knobs(logits):\n    return -logits.sigmoid(), logits"
            elif student == "partly" and name == "check-game_value":
                cell.source = "pass  # an edited check changes nothing"
        notebook_files.write(notebook, folder / "grading" / "submitted" / student / GRADED / f"{GRADED}.ipynb")
    nbgrader(folder, "autograde", GRADED)
    return folder


@pytest.mark.notebook
def test_nbgraders_own_release_is_the_committed_one(course):
    made = course / "exercises" / GRADED / f"{GRADED}.ipynb"
    assert made.read_bytes() == (ROOT / "exercises" / GRADED / f"{GRADED}.ipynb").read_bytes()


@pytest.mark.notebook
def test_full_none_and_partial_points_arrive_in_the_export(course):
    nbgrader(course, "export", "--to", "grades.csv")
    with (course / "grades.csv").open() as file:
        scores = {row["student_id"]: (float(row["score"]), float(row["max_score"])) for row in csv.DictReader(file)}
    points = [
        c.metadata["nbgrader"]["points"]
        for c in cells(ROOT / "solutions" / GRADED / f"{GRADED}.ipynb", "grade").values()
    ]
    full = float(sum(points))
    assert scores == {"right": (full, full), "blank": (0.0, full), "partly": (float(sum(points[:3])), full)}


@pytest.mark.notebook
def test_feedback_shows_one_line_for_what_failed_and_no_traceback_of_ours(course):
    nbgrader(course, "generate_feedback", GRADED)
    page = (course / "grading" / "feedback" / "partly" / GRADED / f"{GRADED}.html").read_text(encoding="utf-8")
    assert "NotPassed: 01.volume_knobs: expected" in page
    assert "course_gan/grading" not in page


@pytest.mark.notebook
def test_nothing_of_a_class_is_recorded_as_a_learners_progress(course):
    assert list(course.rglob("progress.json")) == []


@pytest.mark.notebook
def test_the_formgrader_opens_and_lists_the_assignment(course):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    extensions = "{'nbgrader.server_extensions.formgrader': True}"
    command = ["-m", "jupyter_server", "--allow-root", "--no-browser", f"--port={port}", "--IdentityProvider.token="]
    server = subprocess.Popen(
        [sys.executable, *command, f"--ServerApp.jpserver_extensions={extensions}"],
        cwd=course,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"},
    )
    try:
        assignments = json.loads(answer(f"http://127.0.0.1:{port}/formgrader/api/assignments"))
        assert [(a["name"], a["num_submissions"]) for a in assignments] == [(GRADED, 3)]
        assert "<title>nbgrader" in answer(f"http://127.0.0.1:{port}/formgrader/manage_assignments")
    finally:
        server.terminate()
        server.wait(20)


@pytest.mark.notebook
def test_a_zero_that_is_no_grade_is_told_and_a_mended_copy_gets_its_points(course):
    submitted, mended = course / "grading" / "submitted", course / "grading" / "mended"
    notebook = notebook_files.read(submitted / "partly" / GRADED / f"{GRADED}.ipynb")
    notebook_files.write(notebook, submitted / "renamed" / GRADED / f"{GRADED} (1).ipynb")
    twin = copy.deepcopy(next(cell for cell in notebook.cells if cell.id == "check-volume_knobs"))
    twin.id = "twin"
    notebook.cells.append(twin)
    notebook_files.write(notebook, submitted / "copied" / GRADED / f"{GRADED}.ipynb")
    assert handed_in(course, "--mend", str(mended)) == 0, "both can be mended"
    assert "KeyError: 'grade_id'" in nbgrader(course, "autograde", GRADED, status=1)
    before = looks(course)
    assert before["blank"] == ("0.0", ""), "an honest zero stays one"
    for student in ("copied", "renamed"):
        score, look = before[student]
        assert score == "", "an empty score is no zero"
        assert look.startswith("needs a look: ")
    shutil.copy(submitted / "right" / GRADED / f"{GRADED}.ipynb", submitted / "blank" / GRADED)
    nbgrader(course, "autograde", GRADED, f"--CourseDirectory.submitted_directory={mended}")
    after = looks(course)
    assert after["copied"] == after["renamed"] == (before["partly"][0], "")
    again = "needs a look: is not what was graded: the old grade stays until `nbgrader autograde"
    assert after["blank"] == ("0.0", f"{again} {GRADED} --student=blank --force`")


def handed_in(course: Path, *words: str) -> int:
    return subprocess.run([sys.executable, "-m", "course_gan", "handed-in", *words], cwd=course, timeout=100).returncode


def looks(course: Path) -> dict[str, tuple[str, str]]:
    """Each student's score and look, as nbgrader's export of this course says them."""
    nbgrader(course, "export")
    with (course / "grades.csv").open(encoding="utf-8") as file:
        return {row["student_id"]: (row["score"], row["look"]) for row in csv.DictReader(file)}


def answer(address: str) -> str:
    for _ in range(120):
        try:
            with urllib.request.urlopen(address, timeout=20) as page:
                return page.read().decode()
        except (ConnectionError, urllib.error.URLError) as error:
            if isinstance(error, urllib.error.HTTPError):
                raise
            time.sleep(0.5)
    raise AssertionError(f"{address} never answered")
