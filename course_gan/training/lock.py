"""One run at a time in a directory, by a lock that the operating system drops when the process dies."""

import os
import time
import warnings
from pathlib import Path
from typing import IO

from course_gan.errors import CourseError


def lock(path: Path, wait: float = 0.0) -> IO[bytes]:
    """Hold the lock file `path` until the returned file is closed or the process ends.

    wait: seconds to wait for another that holds it.
    Raises CourseError when another run holds it or its folder cannot be made or written; only warns where the file
    system knows no locks.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = open(path, "ab")  # noqa: SIM115
    except OSError as error:
        raise CourseError(f"cannot write in {path.parent}: {error.strerror}; choose another folder") from error
    deadline = time.monotonic() + wait
    while True:
        try:
            _acquire(file)
        except (BlockingIOError, PermissionError) as error:
            if time.monotonic() < deadline:
                time.sleep(0.02)
                continue
            file.close()
            raise CourseError(f"{path.parent} is in use by another run: stop it or choose another folder") from error
        except OSError as error:
            warnings.warn(f"{path.parent} cannot be locked ({error.strerror}): start no second run there", stacklevel=3)
        return file


def _acquire(file: IO[bytes]) -> None:
    if os.name == "posix":
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    else:
        import msvcrt

        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
