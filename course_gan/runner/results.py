"""The folder of a run: proven ours and held by one run alone, what the results are called there, and their record."""

import contextlib
import json
import os
import re
import secrets
import shutil
import tempfile
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from course_gan.catalogue import Lesson
from course_gan.errors import CourseError
from course_gan.files import ROOT
from course_gan.marker import LESSONS
from course_gan.own_folder import OwnFolder
from course_gan.runner import report
from course_gan.training.lock import lock

_SCRATCH = re.compile(r"\.running(-[0-9a-f]{8})?")  # where lessons run; without a number in earlier versions


class Results:
    """A run's folder and the names of its results.

    lessons: those of the run; one that is given twice is run once. Nothing is touched before `opened` is entered.
    Raises CourseError, one line, where the folder is not ours, where a notebook to be run lies in it, or where two
    results would have one name.
    """

    def __init__(self, out: Path, lessons: list[Lesson]):
        self.path = out
        self.lessons = _each_once(lessons)
        for lesson in self.lessons:
            _check_outside(lesson.notebook, out)
        self.pages = _pages(self.lessons)
        self.folder = OwnFolder(out, LESSONS, _made_before_markers, " with --out")
        self._scratch = out / f".running-{secrets.token_hex(4)}"

    @contextlib.contextmanager
    def opened(self) -> Iterator[None]:
        """Make the folder and hold it until the end of the run; raises CourseError where that cannot be."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.path) as probe:
                probe.write(b"0" * 65536)
        except OSError as error:
            raise CourseError(cannot_write(self.path, error)) from None
        with lock(self.path / "lock"):
            try:
                if self.folder.mark():
                    self.folder.take_over(*_results_before_markers(self.path))
                self._sweep()
                self.folder.note(self._scratch.name)
                self._scratch.mkdir()
            except OSError as error:
                raise CourseError(cannot_write(self.path, error)) from None
            try:
                yield
            finally:
                shutil.rmtree(self._scratch, ignore_errors=True)

    def scratch(self, lesson: Lesson) -> Path:
        """A new folder for a lesson to run in, with `files/` in it, its working directory; raises OSError."""
        folder = self._scratch / str(self.lessons.index(lesson))
        (folder / "files").mkdir(parents=True)
        return folder

    def take(self, lesson: Lesson, scratch: Path) -> None:
        """Move what came out of a lesson into place; what it did not make this time is deleted. Raises OSError."""
        for name in (f"{lesson.name}.ipynb", self.pages[lesson.name]):
            if (scratch / name).exists():
                self.folder.put(name, scratch / name)
            else:
                self.folder.drop(name)

    def take_files(self, lesson: Lesson, scratch: Path) -> Path | None:
        """Keep what a notebook of a person's own wrote into its working directory; raises OSError.

        Returns the folder it is kept in; None where nothing was written, and for the course's own lessons, which show
        on the page what is worth keeping.
        """
        files = scratch / "files"
        written = [path for path in files.iterdir() if path.name not in ("__pycache__", ".ipynb_checkpoints")]
        if not written or lesson.notebook.resolve().is_relative_to(ROOT / "notebooks"):
            return None
        return self.folder.bring(f"{lesson.name}_files", files)

    def record(self, records: list[dict], profile: str, with_index: bool) -> None:
        """Write run.json, and with it the index; raises CourseError where that cannot be."""
        records = [record for record in records if record["status"] != "stopped"]
        text = json.dumps({"profile": profile, "lessons": records}, indent=1) + "\n"
        order = [lesson.name for lesson in self.lessons]
        try:
            self.folder.put("run.json", text)
            if with_index:
                rows = [record | {"page": self.pages[record["lesson"]]} for record in records]
                report.write_index(self.folder, sorted(rows, key=lambda row: order.index(row["lesson"])), profile)
        except OSError as error:
            raise CourseError(cannot_write(self.path, error)) from None

    def finished(self) -> dict[str, dict]:
        """What an earlier run finished, by lesson; nothing where there is no readable record."""
        found = {}
        for record in _records(self.path) or []:
            if record["status"] == "ok" and (self.path / f"{record['lesson']}.ipynb").exists():
                found[record["lesson"]] = record
        return found

    def _sweep(self) -> None:
        """Delete where lessons of a killed run ran."""
        for name in self.folder.noted():
            if _SCRATCH.fullmatch(name) and not (self.path / name).is_symlink():
                shutil.rmtree(self.path / name, ignore_errors=True)


def cannot_write(out: Path, error: OSError) -> str:
    """The line that says why nothing can be written into a folder."""
    return f"cannot write into {out} ({error.strerror or error}): free space there or choose another folder with --out"


def _each_once(lessons: list[Lesson]) -> list[Lesson]:
    found = {}
    for lesson in lessons:
        found.setdefault((lesson.name, os.path.realpath(lesson.notebook)), lesson)
    return list(found.values())


def _check_outside(notebook: Path, out: Path) -> None:
    """Refuse a notebook below the folder of its results, however the two are written."""
    if not out.exists():
        return
    for folder in Path(os.path.realpath(notebook)).parents:
        if folder.exists() and folder.samefile(out):
            where = f"{notebook} lies in {out}, where the results go"
            raise CourseError(f"{where}: nothing was touched, choose a folder elsewhere with --out")


def _pages(lessons: list[Lesson]) -> dict[str, str]:
    """The names of the lessons' HTML pages; raises CourseError where two files of the run would have one name.

    Names that differ in case or in how an accent is stored are one: they are one file on some systems.
    """
    pages = {}
    taken = {}
    for lesson in lessons:
        is_overview = _plain(lesson.name) == "index"  # whose page would be the overview
        pages[lesson.name] = f"{lesson.name}_page.html" if is_overview else f"{lesson.name}.html"
        for result in (f"{lesson.name}.ipynb", pages[lesson.name]):
            other = taken.setdefault(_plain(result), lesson)
            if other is not lesson:
                both = f"{other.notebook} and {lesson.notebook}"
                raise CourseError(f"{both} would both become {result}: rename one, or run them into two folders")
    return pages


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _records(out: Path) -> list[dict] | None:
    """The lessons of run.json; None where it is absent or not of our form."""
    try:
        records = json.loads((out / "run.json").read_text(encoding="utf-8"))["lessons"]
        whole = all(isinstance(r["lesson"], str) and {"status", "seconds", "mark"} <= r.keys() for r in records)
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None
    return records if whole else None


def _results_before_markers(out: Path) -> list[str]:
    """What an earlier version, without markers, wrote for the lessons of run.json, and nothing else."""
    names = {"run.json", "index.html"}
    for record in _records(out) or []:
        names |= {f"{record['lesson']}.ipynb", f"{record['lesson']}.html"}
        names |= {f"thumbnails/{record['lesson']}_{number}.png" for number in range(3)}
    return sorted(name for name in names if (out / name).is_file())


def _made_before_markers(out: Path) -> bool:
    """Whether a folder holds an earlier version's results alone, and none of them was changed after the run."""
    if not _records(out):
        return False
    ended = (out / "run.json").stat().st_mtime
    results = set(_results_before_markers(out))
    for path in (*out.iterdir(), *(out / "thumbnails").glob("*")):
        name = path.relative_to(out).as_posix()
        if name in ("thumbnails", "lock") or _SCRATCH.fullmatch(name):
            continue
        if name not in results or (path.suffix == ".ipynb" and path.stat().st_mtime > ended):
            return False
    return True
