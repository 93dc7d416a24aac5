"""Where the course is, and how a file is written in one move."""

import os
import secrets
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
INSTALLED = (_PACKAGE / "course").is_dir()  # from a wheel, which packs the course's folders there: write nothing there
ROOT = _PACKAGE / "course" if INSTALLED else _PACKAGE.parent  # notebooks/, exercises/, checkpoints/, results/, source/


def write_whole(path: Path, content: str | bytes | memoryview, durable: bool = False) -> None:
    """Write a file in one move, so that nobody ever reads half of one; raises OSError and leaves nothing behind.

    content: bytes, or text, which becomes UTF-8 with its line ends as they are.
    durable: return only when file and name are on the disk, where a power cut cannot undo them.
    What is being written is called `.NAME.XXXXXXXX.partial` beside the file, X a hexadecimal digit; two processes that
    write one file do not meet, and the last one wins.
    """
    data = content.encode() if isinstance(content, str) else content
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.partial")
    try:
        with open(partial, "xb") as file:
            file.write(data)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
    if durable and os.name == "posix":  # elsewhere a folder cannot be opened to bring the new name to the disk
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
