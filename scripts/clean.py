"""`make clean`: remove what can be made again, and nothing else; needs bare Python 3.11+.

Of build/: results of runs that nobody changed, screenshots, and what packaging left. Never my/, never grading/ (what a
class handed in), no training, and no file that a person put there or changed: what stays is named.
"""

import re
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from course_gan.errors import CourseError  # noqa: E402
from course_gan.marker import LESSONS, NAME, is_ours, read  # noqa: E402
from course_gan.own_folder import OwnFolder  # noqa: E402

CACHES = (".pytest_cache", ".ruff_cache")
PACKAGING = ("lib", "bdist.*")  # below build/
SCRATCH = re.compile(r"\.running-[0-9a-f]{8}")  # where the lessons of a run that was killed ran


def main() -> None:
    """Clean the checkout that this script is in."""
    build = ROOT / "build"
    for path in [*(ROOT / name for name in CACHES), *(path for pattern in PACKAGING for path in build.glob(pattern))]:
        if read(path) is None:
            shutil.rmtree(path, ignore_errors=True)
    for path in (build / "browser").glob("*.png"):
        path.unlink()
    for path in build.glob("*"):
        try:
            if is_ours(path, LESSONS):
                _clear(OwnFolder(path, LESSONS))
        except (OSError, CourseError) as error:
            print(f"{path.relative_to(ROOT)}: {error}")
    _remove_empty(build / "browser")
    for path in sorted(build.glob("*")):
        print(f"{path.relative_to(ROOT)} stays: what is in it was not made by a run, or was changed since")
    _remove_empty(build)


def _clear(run: OwnFolder) -> None:
    """Delete what a run wrote and nobody changed; then its folder, where nothing else is in it."""
    for name in run.written():
        run.drop(name)
    for name in run.noted():
        if SCRATCH.fullmatch(name):
            shutil.rmtree(run.path / name, ignore_errors=True)
    _remove_empty(run.path / "thumbnails")
    if {path.name for path in run.path.iterdir()} <= {NAME, "lock"}:
        for path in run.path.iterdir():
            path.unlink()
        run.path.rmdir()


def _remove_empty(folder: Path) -> None:
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


if __name__ == "__main__":
    main()
