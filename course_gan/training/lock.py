"""One run at a time in a directory, by a lock that the operating system drops when the process dies."""

import os
import warnings
from pathlib import Path
from typing import IO

from course_gan.errors import CourseError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None


def lock(path: Path) -> IO[str]:
    """Hold the lock file `path` until the returned file is closed or the process ends.

    Raises CourseError when another run holds it or it cannot be written. Where the file system knows no locks, it warns.
    """
    try:
        file = open(path, "a+")
    except OSError as error:
        raise CourseError(f"cannot write in {path.parent}: {error.strerror}; choose another folder") from error
    try:
        _acquire(file)
    except (BlockingIOError, PermissionError) as error:
        file.seek(0)
        owner = file.read().strip() if fcntl else ""
        file.close()
        held = f"{path.parent} is in use by another run{f' (process {owner})' if owner else ''}"
        raise CourseError(f"{held}: wait until it ends or choose another folder") from error
    except OSError as error:
        warnings.warn(f"{path.parent} cannot be locked ({error.strerror}): start no second run there", stacklevel=3)
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file


def _acquire(file: IO[str]) -> None:
    if fcntl:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    else:
        import msvcrt

        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
