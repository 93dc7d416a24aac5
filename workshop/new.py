"""Lay every file of a new lesson, with its headings, from the templates beside this file."""

import re
from pathlib import Path

from course_gan.catalogue import exercises, lessons
from course_gan.errors import CourseError
from course_gan.files import ROOT, write_whole

TEMPLATES = Path(__file__).with_name("templates")


def files_of(name: str, game: bool = False) -> dict[str, str]:
    """The files that a lesson of this name is made of: path in the checkout -> template.

    game: whether `course-gan train` is to know a game of it.
    """
    short = name.split("_", 1)[-1]
    laid = {
        f"source/{name}/lesson.py": "lesson",
        f"source/{name}/exercise.py": "exercise",
        f"source/{name}/checks.py": "checks",
        f"source/{name}/mutants.py": "mutants",
        f"scripts/{name}.py": "study",
    }
    if game:
        laid[f"course_gan/recipes/{short}.py"] = "recipe"
    return laid


def lay(name: str, title: str, game: bool = False, root: Path = ROOT) -> list[Path]:
    """Write the files of a new lesson below `root` and return them; an existing file is never touched.

    name: 06_conditional, two digits and a word. title: the heading of its page.
    Raises CourseError, before anything is written, for a name that is none, is taken, or whose files are there.
    """
    if not re.fullmatch(r"\d\d_[a-z][a-z0-9_]*", name):
        raise CourseError(f"{name!r} is no name of a lesson: give two digits and a word, such as 06_conditional")
    number = name[:2]
    taken = {one.number: one.name for one in [*lessons(), *exercises()]}
    if number in taken:
        raise CourseError(f"lesson {number} is there already: {taken[number]}; choose another number")
    wanted = files_of(name, game)
    there = [path for path in wanted if (root / path).exists()]
    if there:
        raise CourseError(f"{', '.join(there)}: there already; move it away or choose another name")
    words = {"NUMBER": number, "NAME": name, "TITLE": title, "CLASS": title_case(name)}
    made = []
    for path, template in wanted.items():
        text = (TEMPLATES / f"{template}.py.txt").read_text(encoding="utf-8")
        for word, value in words.items():
            text = re.sub(rf"\b{word}\b", lambda _, value=value: value, text)
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        write_whole(target, text)
        made.append(target)
    return made


def title_case(name: str) -> str:
    """06_conditional_gan as ConditionalGan, the name of its recipe's class."""
    return "".join(word.capitalize() for word in name.split("_")[1:])
