"""A class's hand-ins looked through before autograde: each with what nbgrader would stumble over."""

from dataclasses import dataclass, field
from pathlib import Path

from course_gan.errors import CourseError
from course_gan.grading.handed_in import graded
from course_gan.grading.handed_in.compare import best_match, compare, is_as_released
from course_gan.grading.handed_in.findings import Effect, Finding, sentence, shown, some
from course_gan.grading.handed_in.mending import mended
from course_gan.grading.handed_in.reading import TooLarge, read
from course_gan.grading.handed_in.release import Release
from course_gan.grading.handed_in.uploads import StudentsFolder, Upload, loose_files, students_folders
from course_gan.marker import quoted


@dataclass
class HandIn:
    """What a student handed in for an assignment.

    assignment: "" for what belongs to none. upload, notebook: the one that counts, where it can be told and read.
    graded: what autograde executed is this hand-in as it is ("raw"), put right ("mended"), either, or none of them.
    """

    student: str
    assignment: str
    findings: list[Finding] = field(default_factory=list)
    release: Release | None = None
    upload: Upload | None = None
    notebook: dict | None = None
    graded: frozenset[str] = frozenset()

    @property
    def needs_a_look(self) -> bool:
        """Whether there is anything that a person should see."""
        return bool(self.findings)

    @property
    def mended(self) -> dict | None:
        """The notebook put right; None where there is nothing to put right, or where it takes judgement."""
        is_hopeless = any(finding.is_costly and not finding.mendable for finding in self.findings)
        if self.notebook is None or is_hopeless or not any(finding.mendable for finding in self.findings):
            return None
        return mended(self.notebook, self.release)

    @property
    def line(self) -> str:
        """Who it is and what is to be looked at."""
        who = f"{self.student}, {self.assignment}" if self.assignment else self.student
        return shown(f"{who}: {sentence(self.findings)}")


def absent(hand_ins: list[HandIn]) -> dict[str, list[str]]:
    """The students who handed nothing in, by assignment; not those of whom something lies where it cannot be placed."""
    there = {(hand_in.student, hand_in.assignment) for hand_in in hand_ins}
    students = {student for student, assignment in there if (student, "") not in there}
    found = {}
    for name in sorted({assignment for _, assignment in there} - {""}):
        if without := sorted(student for student in students if (student, name) not in there):
            found[name] = without
    return found


def autograded_beside(folder: Path) -> Path:
    """Where autograde writes what it executed of a folder of hand-ins: grading/autograded."""
    return folder.parent / "autograded"


@dataclass(frozen=True)
class _Read:
    """An upload with what came of reading it: a notebook and findings, or the words for why not."""

    upload: Upload
    notebook: dict | None
    findings: list[Finding]
    trouble: str = ""
    effect: Effect = Effect.FAILS  # of the trouble

    @property
    def texts(self) -> list[str]:
        return graded.written(self.notebook) if self.notebook else []


def look(folder: Path, releases: dict[str, Release]) -> list[HandIn]:
    """Look through STUDENT/NN_name/NN_name.ipynb below a folder: every hand-in, in order, with its findings.

    releases: what they are held to, by name. What autograde left is looked for in autograded/ beside the folder.
    Nothing is written, executed or followed out of the folder. Raises CourseError where it cannot be one of hand-ins.
    """
    found = []
    students = students_folders(folder)
    if students.keys() <= releases.keys():
        raise CourseError(
            f"{folder}: holds assignments ({some(list(students))}), not students; give the folder above it"
        )
    for student, place in students.items():
        found += _of_student(student, place, releases, autograded_beside(folder))
    for name in loose_files(folder):
        text = "lies beside the students' folders; wanted STUDENT/NN_name/NN_name.ipynb"
        found.append(HandIn(name, "", [Finding(text, Effect.FAILS, mendable=False)]))
    return found


def _of_student(student: str, place: StudentsFolder, releases: dict[str, Release], autograded: Path) -> list[HandIn]:
    by_assignment: dict[str, list[_Read]] = {name: [] for name in place.folders + place.links if name in releases}
    for upload in place.uploads:
        one = _read(upload)
        name = _assignment_of(one, releases)
        if name or not upload.called.lower().endswith(".json"):
            by_assignment.setdefault(name, []).append(one)
    found = []
    for name in sorted(by_assignment.keys() - {""}):
        hand_in = HandIn(student, name, release=releases[name])
        _choose(hand_in, by_assignment[name], place, releases)
        _hold_against_grade(hand_in, place, autograded)
        found.append(hand_in)
    rest = HandIn(student, "", _of_no_assignment(student, by_assignment.get("", []), place, releases, bool(found)))
    return [*found, rest] if rest.needs_a_look else found


def _read(upload: Upload) -> _Read:
    try:
        notebook, findings = read(upload.data())
    except CourseError as error:
        effect = Effect.ASKS if isinstance(error, TooLarge) else Effect.FAILS
        return _Read(upload, None, [], str(error), effect)
    return _Read(upload, notebook, findings)


def _assignment_of(one: _Read, releases: dict[str, Release]) -> str:
    """Which assignment an upload is for: by its place, else by its cells, else by its folder or name; "" for none."""
    name = one.upload.folder
    if name in releases and one.upload.called == f"{name}/{name}.ipynb":
        return name
    held = best_match(one.notebook["cells"], releases) if one.notebook else None
    if held or name in releases:
        return held or name
    return next((name for name in releases if name in one.upload.called.lower()), "")


def _choose(hand_in: HandIn, found: list[_Read], place: StudentsFolder, releases: dict[str, Release]) -> None:
    """Find the notebook that counts, and what is to be said of it and of the others."""
    name = hand_in.assignment
    wanted = f"{name}/{name}.ipynb"
    findings = hand_in.findings
    in_place = [one for one in found if one.upload.called == wanted]
    others = [one for one in found if one.upload.called != wanted]
    if in_place:
        _take(hand_in, in_place[0], releases)
        _name_others(hand_in, in_place[0], others)
    elif len({tuple(one.texts) for one in others if one.notebook}) == 1 and all(one.notebook for one in others):
        findings.append(Finding(f"{others[0].upload.called} is not where nbgrader looks ({wanted})", Effect.FAILS))
        _take(hand_in, others[0], releases)
    elif others:
        called = [f"{one.upload.called} {one.trouble}".strip() for one in others]
        what = f"no notebook in its place ({wanted}), but {some(called)}"
        findings.append(Finding(what, Effect.FAILS, mendable=False))
    elif not any(link == wanted or f"{link}/" in wanted for link in place.links):
        there = [file for file in place.files if file.startswith(f"{name}/")]
        but = f", but {some(there)}" if there else ""
        findings.append(Finding(f"no notebook handed in{but}", Effect.FAILS, mendable=False))
    for link in place.links:
        if link.startswith(f"{name}/") or link == name:
            findings.append(
                Finding(f"{link} is a link, not followed here but by autograde", Effect.ASKS, mendable=False)
            )


def _take(hand_in: HandIn, one: _Read, releases: dict[str, Release]) -> None:
    hand_in.upload, hand_in.notebook = one.upload, one.notebook
    if one.notebook is None:
        hand_in.findings.append(Finding(f"{one.upload.called} {one.trouble}", one.effect, mendable=False))
        return
    hand_in.findings += one.findings
    hand_in.findings += compare(one.notebook, hand_in.release, releases)


def _name_others(hand_in: HandIn, chosen: _Read, others: list[_Read]) -> None:
    """Which of two notebooks counts is a person's to say, unless they say the same."""
    differing = []
    for one in others:
        forms = [one.notebook, mended(one.notebook, hand_in.release)] if one.notebook else []
        if chosen.texts not in [graded.written(form) for form in forms]:
            differing.append(one.upload.called)
    if not differing:
        return
    is_blank = chosen.notebook is not None and is_as_released(chosen.notebook["cells"], hand_in.release)
    text = f"there is also {some(differing)}, and nothing is written into the one that is graded" if is_blank else ""
    effect = Effect.COSTS if is_blank else Effect.ASKS
    hand_in.findings.append(Finding(text or f"there is also {some(differing)}", effect, mendable=False))


def _of_no_assignment(
    student: str, strangers: list[_Read], place: StudentsFolder, releases: dict[str, Release], has_others: bool
) -> list[Finding]:
    found = []
    for one in strangers:
        why = one.trouble or "holds no cell of an assignment"
        found.append(Finding(f"{one.upload.called} {why}", Effect.FAILS, mendable=False))
    for archive in place.archives:
        found.append(Finding(f"{archive} is an archive without a readable notebook; unpack it", Effect.FAILS, False))
    for link in place.links:
        if link.split("/")[0] not in releases:
            found.append(Finding(f"{link} is a link, not followed", Effect.ASKS, mendable=False))
    if not place.is_whole:
        found.append(Finding("too many files to look through", Effect.ASKS, mendable=False))
    if not has_others and not found:
        there = f", but {some(place.files)}" if place.files else ""
        found.append(Finding(f"no notebook handed in{there}", Effect.FAILS, mendable=False))
    return found


def _hold_against_grade(hand_in: HandIn, place: StudentsFolder, autograded: Path) -> None:
    """Find out whether what autograde executed is this hand-in; it keeps an old grade without a word."""
    name = hand_in.assignment
    copy = graded.graded_copy(autograded, hand_in.student, name)
    if copy is None or hand_in.notebook is None:
        return
    beside = [file.removeprefix(f"{name}/") for file in place.files if file.startswith(f"{name}/")]
    if graded.same_files(place.path / name, autograded / hand_in.student / name, beside):
        forms = {"raw": hand_in.notebook, "mended": mended(hand_in.notebook, hand_in.release)}
        wrote = graded.written(copy)
        hand_in.graded = frozenset(form for form, notebook in forms.items() if graded.written(notebook) == wrote)
    if not hand_in.graded:
        again = f"nbgrader autograde {name} --student={quoted(Path(hand_in.student))} --force"
        if place.path.parent.name != "submitted":
            again += f" --CourseDirectory.submitted_directory={quoted(place.path.parent)}"
        text = f"is not what was graded: the old grade stays until `{again}`"
        hand_in.findings.append(Finding(text, Effect.ASKS, mendable=False))
