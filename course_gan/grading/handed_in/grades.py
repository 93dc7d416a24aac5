"""nbgrader's grades.csv with a column `look`: which 0 is no grade, and which grade is of an earlier hand-in."""

import csv
import io
import locale
from dataclasses import dataclass
from pathlib import Path

from course_gan.errors import CourseError
from course_gan.files import write_whole
from course_gan.grading.handed_in import graded
from course_gan.grading.handed_in.findings import Effect, Finding, sentence, shown
from course_gan.grading.handed_in.hand_ins import HandIn

_WANTED = {"assignment", "student_id", "raw_score", "late_submission_penalty", "score", "max_score"}
_NOT_THROUGH = Finding("autograde did not get through it", Effect.FAILS, mendable=False)
_OLD_SCORE = Finding(
    "autograde did not get through it, the score is of an earlier hand-in", Effect.ASKS, mendable=False
)


@dataclass
class _Table:
    header: list[str]
    rows: list[dict[str, str]]


def annotate(path: Path, hand_ins: list[HandIn], autograded: Path, with_missing: bool = True) -> list[str]:
    """Add the column `look` to an export of nbgrader and return a line for each student who needs a look.

    autograded: the folder of what autograde executed. with_missing: add a row for what was handed in and has none,
    because autograde did not get as far as to note it. A score of 0 that is owed to the form of what was handed in
    becomes empty; raw_score keeps it.
    Raises CourseError where the file is no export of nbgrader's, OSError where it cannot be written.
    """
    table = _read(path, {hand_in.student for hand_in in hand_ins})
    found = {(hand_in.student, hand_in.assignment): hand_in for hand_in in hand_ins}
    assignments = {row["assignment"]: row for row in table.rows}
    if with_missing:
        there = {(row["student_id"], row["assignment"]) for row in table.rows}
        for student, assignment in found.keys() - there:
            if assignment in assignments:
                table.rows.append(_new_row(table, student, assignments[assignment]))
        table.rows.sort(key=lambda row: (row["assignment"], row["student_id"]))
    lines = []
    for row in table.rows:
        if line := _look_at(row, found, autograded):
            lines.append(line)
    _write(path, table)
    return lines


def _look_at(row: dict[str, str], found: dict[tuple[str, str], HandIn], autograded: Path) -> str | None:
    """Fill in a row's look; the line on it where a person should look."""
    student, assignment = row["student_id"], row["assignment"]
    if row["score"] == "":  # emptied by an earlier look
        row["score"] = str(max(0.0, _number(row["raw_score"]) - _number(row["late_submission_penalty"])))
    hand_in = found.get((student, assignment))
    rest = found.get((student, ""))
    if hand_in is None and rest is None:
        is_ours = any(name == assignment for _, name in found)
        row["look"] = "nothing handed in" if is_ours else ""
        return None
    findings = _findings(hand_in, rest, autograded, _number(row["score"]))
    if hand_in is None and all(finding.effect is Effect.ASKS for finding in findings):
        row["look"] = "nothing handed in"
        return None
    if not findings:
        row["look"] = ""
        return None
    row["look"] = shown(f"needs a look: {sentence(findings)}")
    if any(finding.is_costly for finding in findings) and _number(row["score"]) == 0:
        row["score"] = ""
    return shown(f"{student}, {assignment}: {sentence(findings)}")


def _findings(hand_in: HandIn | None, rest: HandIn | None, autograded: Path, score: float) -> list[Finding]:
    """What is to be said of a grade: of what was handed in, that which the grade suffered from."""
    if hand_in is None:
        return list(rest.findings)
    found = list(hand_in.findings)
    copy = graded.graded_copy(autograded, hand_in.student, hand_in.assignment)
    if copy is None and score:
        return [*found, _OLD_SCORE]
    if copy is None:
        return found if any(finding.effect is Effect.FAILS for finding in found) else [*found, _NOT_THROUGH]
    if hand_in.graded == {"raw"}:  # autograde came through after all
        found = [finding for finding in found if finding.effect not in (Effect.STOPS, Effect.FAILS)]
    elif hand_in.graded:
        found = [finding for finding in found if not finding.mendable] + graded.flaws(copy, hand_in.release)
    return found + graded.no_grades(copy)


def _new_row(table: _Table, student: str, like: dict[str, str]) -> dict[str, str]:
    row = dict.fromkeys(table.header, "")
    for name in ("assignment", "duedate", "max_score"):
        row[name] = like.get(name, "")
    row["student_id"] = student
    row["raw_score"] = row["late_submission_penalty"] = "0.0"
    return row


def _read(path: Path, students: set[str]) -> _Table:
    try:
        data = path.read_bytes()
    except OSError as error:
        why = f"cannot be read ({error.strerror}); make it with `nbgrader export`"
        raise CourseError(f"{path}: {why}") from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode(locale.getpreferredencoding(False), errors="replace")
    lines = [line for line in csv.reader(io.StringIO(text, newline="")) if line]
    header = lines[0] if lines else []
    if missing := _WANTED - set(header):
        lacks = ", ".join(sorted(missing))
        raise CourseError(f"{path}: is no export of nbgrader (it lacks {lacks}); make it with `nbgrader export`")
    rows = []
    for number, values in enumerate(lines[1:], 2):
        values = _whole(values, header, students)
        if len(values) != len(header):
            wrong = f"line {number} has {len(values)} fields, wanted {len(header)} (a comma in a name?)"
            raise CourseError(f"{path}: {wrong}; mend it, as nbgrader does not quote")
        rows.append(dict(zip(header, values)))
    return _Table(header if "look" in header else [*header, "look"], rows)


def _whole(values: list[str], header: list[str], students: set[str]) -> list[str]:
    """A row whose student's name has commas, which nbgrader does not quote, with the name in one piece."""
    place = header.index("student_id")
    more = len(values) - len(header)
    name = ",".join(values[place : place + more + 1])
    return [*values[:place], name, *values[place + more + 1 :]] if more > 0 and name in students else values


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _write(path: Path, table: _Table) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, table.header, lineterminator="\n")
    writer.writeheader()
    writer.writerows(table.rows)
    write_whole(path, text.getvalue())
