"""What the course consists of, and one rule for the names of it: lessons, exercises, checks, scripts, profiles.

Nothing is listed here: the folders are read, so that a new lesson needs no edit. A checkout has source/; the installed
package has what was built from it, and the names come from there.
"""

import difflib
import importlib.util
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from course_gan.errors import CourseError
from course_gan.files import ROOT

PROFILES = ("smoke", "cpu", "gpu")  # how much a lesson may cost
_NAME = re.compile(r"(?:(\d\d)_)?([a-z0-9_]+)")  # 03_dcgan, clinic


@dataclass(frozen=True)
class Lesson:
    """A lesson of the course: its name (03_dcgan), the source a person edits and the notebook built from it."""

    name: str
    source: Path
    notebook: Path

    @property
    def number(self) -> str:
        """The two digits by which the syllabus calls it; the clinic has its name alone."""
        return _number(self.name)


@dataclass(frozen=True)
class Exercise:
    """A lesson's exercise: the source a person edits, the instructor's notebook and the learner's."""

    name: str
    source: Path
    solution: Path
    release: Path

    @property
    def number(self) -> str:
        """Its lesson's number."""
        return _number(self.name)


def lessons() -> list[Lesson]:
    """Return the course's lessons in their order."""
    names = _folders_with("lesson.py") or _named(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))
    return [Lesson(n, ROOT / "source" / n / "lesson.py", ROOT / "notebooks" / f"{n}.ipynb") for n in names]


def exercises() -> list[Exercise]:
    """Return the course's exercises in the order of their lessons."""
    names = _folders_with("exercise.py") or _named(path.stem for path in (ROOT / "exercises").glob("*/*.ipynb"))
    found = []
    for name in names:
        place = Path(name) / f"{name}.ipynb"
        source = ROOT / "source" / name / "exercise.py"
        found.append(Exercise(name, source, ROOT / "solutions" / place, ROOT / "exercises" / place))
    return found


def checks() -> dict[str, Path]:
    """Return the files of the lessons' checks, by the lessons' numbers ("03", "clinic") and in their order."""
    return {_number(name): ROOT / "source" / name / "checks.py" for name in _folders_with("checks.py")}


def questions() -> dict[str, Path]:
    """Return the files of the lessons' questions, by the lessons' numbers ("03", "clinic") and in their order."""
    names = _folders_with("questions.toml")
    return {_number(name): ROOT / "source" / name / "questions.toml" for name in names}


def name_of(word: str) -> str:
    """Return the name ("03_dcgan") of the lesson that a person calls "3", "03", "03_dcgan" or "dcgan".

    Raises CourseError naming the lessons there are, and the nearest of them.
    """
    names = {lesson.name for lesson in lessons()} | {exercise.name for exercise in exercises()}
    return _resolve(word, sorted(names.union(_folders_with("checks.py"))))


def number_of(word: str) -> str:
    """Return the number ("03", "clinic") of the lesson that a person calls "3", "03", "03_dcgan" or "dcgan".

    Raises CourseError naming the lessons there are, and the nearest of them.
    """
    return _number(name_of(word))


def choose(wanted: Iterable[str]) -> list[Lesson]:
    """Return the lessons meant, each once: by words as `name_of` takes them, or by paths of notebooks; all if none.

    Raises CourseError naming the lessons there are.
    """
    known = {lesson.name: lesson for lesson in lessons()}
    chosen = []
    for word in wanted:
        lesson = _at(word) if word.endswith(".ipynb") else known[_resolve(word, list(known))]
        if lesson not in chosen:
            chosen.append(lesson)
    return chosen or list(known.values())


def script(lesson: str) -> ModuleType:
    """The module source/NN_name/script.py: code that a page and its exercise share, and that nobody else needs.

    lesson: as `name_of` takes it. Raises CourseError where the lesson has none.
    """
    name = name_of(lesson)
    module_name = f"course_gan_script_{name}"
    if module_name in sys.modules:
        return sys.modules[module_name]
    with_script = _folders_with("script.py")
    if name not in with_script:
        raise CourseError(f"lesson {name} has no script: there is one for {', '.join(with_script) or 'none'}")
    spec = importlib.util.spec_from_file_location(module_name, ROOT / "source" / name / "script.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module  # before it runs: its dataclasses look themselves up
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[module_name]
        raise
    return module


def check_profile(name: str) -> str:
    """Return the name if it is a profile, else raise CourseError naming those there are."""
    if name not in PROFILES:
        raise CourseError(f"unknown profile {name!r}: choose one of {', '.join(PROFILES)}")
    return name


def _named(names: Iterable[str]) -> list[str]:
    return sorted(name for name in names if _NAME.fullmatch(name))


def _folders_with(file: str) -> list[str]:
    return _named(path.parent.name for path in (ROOT / "source").glob(f"*/{file}"))


def _number(name: str) -> str:
    found = _NAME.fullmatch(name)  # none for a notebook of a person's own
    return (found and found[1]) or name


def _at(path: str) -> Lesson:
    if not Path(path).is_file():
        raise CourseError(f"no notebook at {path}: give a lesson's number, its name, or the path of a notebook")
    return Lesson(Path(path).stem, Path(path), Path(path))


def _resolve(word: str, names: list[str]) -> str:
    """Which of the lessons' names a word means: the one rule."""
    plain = word.zfill(2) if word.isdigit() else word.lower()
    titles = {}  # what a name says without its number
    for name in names:
        _, title = _NAME.fullmatch(name).groups()
        titles[title] = name
        if plain in (name, _number(name), title):
            return name
    near = difflib.get_close_matches(plain, [*names, *titles], n=1)
    hint = f" (did you mean {titles.get(near[0], near[0])}?)" if near else ""
    raise CourseError(f"unknown lesson {word!r}{hint}: there are {', '.join(names) or 'none'}")
