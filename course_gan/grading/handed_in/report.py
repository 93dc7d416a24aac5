"""What an instructor is told: a line for each hand-in that needs a look, then how many there are and what to do."""

from collections.abc import Callable
from pathlib import Path

from course_gan.grading.handed_in.copying import mend
from course_gan.grading.handed_in.findings import shown
from course_gan.grading.handed_in.grades import annotate
from course_gan.grading.handed_in.hand_ins import HandIn, absent, autograded_beside, look
from course_gan.grading.handed_in.release import releases_for
from course_gan.marker import quoted

Say = Callable[[str], None]


def before(folder: Path, say: Say) -> bool:
    """Tell who needs a look before autograde runs, and return whether anybody does. Raises CourseError."""
    found = look(folder, releases_for(folder))
    needing = [one for one in found if one.needs_a_look]
    for one in needing:
        say(one.line)
    _name_the_absent(found, say)
    mendable = sum(one.mended is not None for one in needing)
    hint = f"; --mend FOLDER puts {mendable} of them right, in a copy" if mendable else ""
    say(f"{len(needing)} of {len(found)} hand-ins need a look{hint}")
    return bool(needing)


def copied(folder: Path, target: Path, say: Say) -> bool:
    """Copy the hand-ins, put right where that takes no judgement, and tell who needs a look all the same.

    Returns whether anybody does. Raises CourseError, OSError.
    """
    releases = releases_for(folder)
    found = look(folder, releases)
    left = {(one.student, one.assignment): one for one in mend(folder, releases, target, say)}
    for one in found:
        if one.needs_a_look and (one.student, one.assignment) not in left:
            say(f"mended: {one.line}")
    for one in left.values():
        say(f"needs a look: {one.line}")
    _name_the_absent(found, say)
    say(f"{target} holds a copy of {len(found)} hand-ins, of which {len(left)} need a look; to grade it:")
    say(f"    nbgrader autograde NN_name --CourseDirectory.submitted_directory={quoted(target)}")
    return bool(left)


def after(folder: Path, grades: Path, say: Say) -> bool:
    """Add the column `look` to nbgrader's export, tell who needs one, and return whether anybody does.

    Raises CourseError, OSError.
    """
    found = look(folder, releases_for(folder))
    lines = annotate(grades, found, autograded_beside(folder))
    for line in lines:
        say(line)
    say(f"{grades}: {len(lines)} grades need a look, and its column look says why")
    return bool(lines)


def _name_the_absent(found: list[HandIn], say: Say) -> None:
    for assignment, students in absent(found).items():
        say(shown(f"{assignment}: nothing handed in by {', '.join(students)}"))
