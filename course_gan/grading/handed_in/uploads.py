"""Every notebook that a student handed in, wherever it lies: in its place, elsewhere, or in a zip archive.

No link is followed, nothing is unpacked to the disk, and only regular files are read.
"""

import os
import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from course_gan.errors import CourseError
from course_gan.grading.handed_in.reading import LIMIT

_IGNORED = {".ipynb_checkpoints", "__MACOSX", "__pycache__", "node_modules"}
_ARCHIVES = (".tar", ".gz", ".tgz", ".bz2", ".xz", ".rar", ".7z")
_DEEPEST = 8  # folders below a student's
_MOST = 2000  # files, and members of an archive
_NOTEBOOKS = 100  # of a student
_IN_ARCHIVE = 20  # notebooks in one archive
_BAD_ZIP = (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, RuntimeError, NotImplementedError)


@dataclass(frozen=True)
class Upload:
    """A file that looks like a notebook.

    place: where it lies below the student's folder, "01_x/01_x.ipynb"; for one in an archive, the archive's place.
    member: its name in the archive, else None.
    """

    path: Path
    place: str
    member: str | None = None

    @property
    def called(self) -> str:
        """Its name for a person."""
        return self.place if self.member is None else f"{self.place}: {self.member}"

    @property
    def folder(self) -> str:
        """The outermost folder it lies in, which should be the assignment's; "" for none."""
        return self.place.split("/")[0] if "/" in self.place else ""

    def data(self) -> bytes:
        """The file's bytes, one more than LIMIT at the most. Raises CourseError, a few words."""
        try:
            if self.member is None:
                with open(self.path, "rb") as file:
                    return file.read(LIMIT + 1)
            with zipfile.ZipFile(self.path) as archive, archive.open(self.member) as file:
                return file.read(LIMIT + 1)
        except OSError as error:
            raise CourseError(f"cannot be read ({error.strerror or error})") from None
        except _BAD_ZIP as error:
            raise CourseError(f"cannot be unpacked ({str(error)[:60]})") from None


@dataclass
class StudentsFolder:
    """What lies in a student's folder; all places are below it.

    links, archives: places of what is not followed, and of archives that are not read. files: of the other regular
    files. is_whole: False where there was too much to look at.
    """

    path: Path
    uploads: list[Upload] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    archives: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    is_whole: bool = True


def students_folders(folder: Path) -> dict[str, StudentsFolder]:
    """What every student handed in, by the name of the student's folder. Raises CourseError where there is none."""
    try:
        names = sorted(entry.name for entry in os.scandir(folder) if entry.is_dir(follow_symlinks=False))
    except OSError as error:
        raise CourseError(
            f"{folder}: cannot be read ({error.strerror}); give the folder of what was handed in"
        ) from None
    names = [name for name in names if not name.startswith(".") and name not in _IGNORED]
    if "submitted" in names and "autograded" in names:
        raise CourseError(f"{folder}: is the folder of the class; give {folder / 'submitted'}")
    if not names:
        raise CourseError(f"{folder}: holds no student's folder; wanted STUDENT/NN_name/NN_name.ipynb")
    return {name: _looked_through(folder / name) for name in names}


def loose_files(folder: Path) -> list[str]:
    """The names of what looks handed in and lies beside the students' folders."""
    files = [entry.name for entry in os.scandir(folder) if not entry.is_dir(follow_symlinks=False)]
    return sorted(name for name in files if _is_notebook(name) or name.lower().endswith((".zip", *_ARCHIVES)))


def _looked_through(path: Path) -> StudentsFolder:
    found = StudentsFolder(path)
    for number, (place, entry) in enumerate(_entries(path, "", 0)):
        if number >= _MOST:
            found.is_whole = False
            break
        try:
            mode = entry.stat(follow_symlinks=False).st_mode
        except OSError:  # it went away meanwhile
            continue
        if stat.S_ISLNK(mode) or not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            found.links.append(place)
        elif stat.S_ISDIR(mode):
            found.folders.append(place)
        elif _is_notebook(entry.name) and len(found.uploads) < _NOTEBOOKS:
            found.uploads.append(Upload(path / place, place))
        else:
            found.files.append(place)
            found.is_whole = found.is_whole and not _is_notebook(entry.name)
            if entry.name.lower().endswith(".zip"):
                _unzip(found, place)
            elif entry.name.lower().endswith(_ARCHIVES):
                found.archives.append(place)
    return found


def _entries(folder: Path, above: str, depth: int) -> Iterator[tuple[str, os.DirEntry]]:
    """Everything below a folder and its place, no link followed; nothing of what editors and systems leave."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        if entry.name in _IGNORED or entry.name.startswith("."):
            continue
        place = f"{above}{entry.name}"
        yield place, entry
        if entry.is_dir(follow_symlinks=False) and depth < _DEEPEST:
            yield from _entries(folder / entry.name, f"{place}/", depth + 1)


def _unzip(found: StudentsFolder, place: str) -> None:
    """Note the notebooks in a zip archive; one that cannot be read, or holds none or too many, is not read."""
    path = found.path / place
    try:
        with zipfile.ZipFile(path) as archive:
            names = [member.filename for member in archive.infolist()[:_MOST] if not member.flag_bits & 1]
    except _BAD_ZIP:
        names = []
    inside = [name for name in names if _is_notebook(name) and not _hidden(name)]
    if 0 < len(inside) <= _IN_ARCHIVE and len(found.uploads) < _NOTEBOOKS:
        found.uploads += [Upload(path, place, name) for name in inside]
    else:
        found.archives.append(place)


def _hidden(member: str) -> bool:
    parts = PurePosixPath(member).parts
    return any(part in _IGNORED or part.startswith("._") for part in parts)


def _is_notebook(name: str) -> bool:
    lower = name.lower()
    return ".ipynb" in lower or lower.endswith((".json", ".jpynb"))
