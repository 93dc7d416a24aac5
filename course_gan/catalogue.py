"""What the course consists of, and one rule for the names of it: lessons, exercises, checks, scripts, profiles."""

import importlib.util
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from course_gan.errors import CourseError
from course_gan.files import ROOT

PROFILES = ("smoke", "cpu", "gpu")  # how much a lesson may cost
_LESSON = re.compile(r"\d\d_\w+|clinic")


@dataclass(frozen=True)
class Lesson:
    """A lesson of the course: its name (03_dcgan), the source a person edits and the notebook built from it."""

    name: str
    source: Path
    notebook: Path

    @property
    def number(self) -> str:
        """The two digits by which the syllabus calls it; the clinic has its name alone."""
        return self.name.split("_")[0]


@dataclass(frozen=True)
class Exercise:
    """A lesson's exercise: the source a person edits, the instructor's notebook and the learner's."""

    name: str
    source: Path
    solution: Path
    release: Path


def lessons() -> list[Lesson]:
    """Return the course's lessons in their order."""
    names = _folders_with("lesson.py")
    return [Lesson(n, ROOT / "source" / n / "lesson.py", ROOT / "notebooks" / f"{n}.ipynb") for n in names]


def exercises() -> list[Exercise]:
    """Return the course's exercises in the order of their lessons."""
    places = {n: Path(n) / f"{n}.ipynb" for n in _folders_with("exercise.py")}
    source = ROOT / "source"
    return [
        Exercise(n, source / n / "exercise.py", ROOT / "solutions" / p, ROOT / "exercises" / p)
        for n, p in places.items()
    ]


def _folders_with(file: str) -> list[str]:
    return sorted(p.parent.name for p in (ROOT / "source").glob(f"*/{file}") if _LESSON.fullmatch(p.parent.name))


def choose(wanted: tuple[str, ...]) -> list[Lesson]:
    """Return the lessons meant by numbers ("03"), names ("03_dcgan", "dcgan") or paths of notebooks; all if none.

    Raises CourseError naming the lessons there are.
    """
    known = lessons()
    return [_one(word, known) for word in wanted] if wanted else known


def _one(word: str, known: list[Lesson]) -> Lesson:
    if word.endswith(".ipynb"):
        path = Path(word)
        if not path.is_file():
            raise CourseError(f"no notebook at {word}: give a lesson's number, its name, or the path of a notebook")
        return Lesson(path.stem, path, path)
    for lesson in known:
        if word in (lesson.name, lesson.number, lesson.name.split("_", 1)[-1]):
            return lesson
    raise CourseError(f"unknown lesson {word!r}: there are {', '.join(k.name for k in known) or 'none'}")


def copy_for_learner(folder: Path) -> list[Path]:
    """Copy notebooks/ and exercises/ into a learner's folder where absent; a file that is there is never touched.

    Returns the new files. Raises CourseError where the folder cannot be written.
    """
    new = []
    for room in ("notebooks", "exercises"):
        for path in sorted((ROOT / room).rglob("*")):
            target = folder / path.relative_to(ROOT)
            if path.is_dir() or ".ipynb_checkpoints" in path.parts or target.exists():
                continue
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(path.read_bytes())
            except OSError as error:
                reason = f"cannot write {target} ({error.strerror})"
                raise CourseError(f"{reason}: choose another folder with --dir") from None
            new.append(target)
    return new


def script(lesson: str) -> ModuleType:
    """The module source/LESSON/script.py: code that a page and its exercise share, and that nobody else needs."""
    name = f"course_gan_script_{lesson}"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, ROOT / "source" / lesson / "script.py")
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


def check_profile(name: str) -> str:
    """Return the name if it is a profile, else raise CourseError naming those there are."""
    if name not in PROFILES:
        raise CourseError(f"unknown profile {name!r}: choose one of {', '.join(PROFILES)}")
    return name
