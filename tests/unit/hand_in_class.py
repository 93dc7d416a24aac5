"""A class that handed in, laid out as nbgrader wants it, and what is said of it."""

import copy
import csv
from pathlib import Path

from click.testing import CliRunner

from course_gan.cli import main
from course_gan.files import ROOT
from course_gan.grading.handed_in.findings import Effect
from course_gan.grading.handed_in.hand_ins import look
from course_gan.grading.handed_in.release import releases_for
from tests.unit.broken_hand_ins import CHECK, NAME, as_bytes

RELEASES = releases_for(ROOT / "grading" / "submitted")
RELEASE = RELEASES[NAME]
WORDS = {effect: f" ({effect.value})" if effect.value else "" for effect in Effect}
GIVES_0 = WORDS[Effect.FAILS]
HEADER = "assignment,duedate,timestamp,student_id,last_name,first_name,email,raw_score,late_submission_penalty,score"


def class_of(folder: Path) -> Path:
    """The place for what a class hands in."""
    submitted = folder / "grading" / "submitted"
    submitted.mkdir(parents=True)
    return submitted


def put(submitted, notebook, place=f"{NAME}/{NAME}.ipynb", student="ada"):
    path = submitted / student / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(as_bytes(notebook))
    return path


def lines(submitted):
    return [one.line for one in look(submitted, RELEASES) if one.needs_a_look]


def command(*words):
    done = CliRunner().invoke(main, ["handed-in", *map(str, words)])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


def autograde(submitted, notebook, student="ada", outputs=()):
    """What nbgrader leaves of a hand-in that it executed: hidden tests in the checks, outputs."""
    graded = copy.deepcopy(notebook)
    for one in graded["cells"]:
        if one["metadata"].get("nbgrader", {}).get("grade"):
            one["source"] = RELEASE.parts[one["metadata"]["nbgrader"]["grade_id"]].source + "\n# hidden"
        if one["id"] == CHECK:
            one["outputs"] = list(outputs)
    put(submitted.parent / "autograded", graded, student=student)


def grades(tmp_path, **scores):
    path = tmp_path / "grades.csv"
    rows = [f"{NAME},,,{student},,,,{score},0.0,{score},16.0\n" for student, score in scores.items()]
    path.write_text(f"{HEADER},max_score\n{''.join(rows)}")
    return path


def looks(path):
    with path.open(encoding="utf-8") as file:
        return {row["student_id"]: (row["score"], row["look"]) for row in csv.DictReader(file)}
