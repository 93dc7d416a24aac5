"""One file, saved whole or not at all, that knows its own hash; only plain tensors are ever loaded from it.

The file is torch.save's, a zip archive, whose comment says what it is: the version, and the SHA-256 and the length of
all that stands before the comment. So a foreign, newer, truncated or changed file is recognised before a single byte
of it is unpickled, and others can open it too: `torch.load(path, weights_only=True)`, with map_location="cpu" where
the tensors were on a GPU that is not there. Files of version 1, which had that line in front, can still be read here.
"""

import hashlib
import io
import re
from pathlib import Path
from typing import Any

import torch

from course_gan.errors import CourseError
from course_gan.files import write_whole

VERSION = 2
_SEAL = re.compile(rb"course_gan checkpoint, version (\d+), sha256 ([0-9a-f]{64}), (\d+) bytes\n")
_LAST_SEAL = re.compile(_SEAL.pattern + rb"\Z")
_LONGEST = 200  # bytes of a seal, and some
_NO_COMMENT = re.compile(rb"PK\x05\x06.{16}\x00\x00", re.DOTALL)  # how a zip archive without a comment ends


class DamagedError(CourseError):
    """A file that is not, or no longer, a checkpoint."""


def write(path: Path, content: dict[str, Any]) -> None:
    """Save content (tensors, numbers, strings in dicts and lists), replacing path in one move.

    Raises CourseError when the file cannot be written; what was there before is then untouched.
    """
    buffer = io.BytesIO()
    torch.save(content, buffer)
    _seal(buffer)
    try:
        write_whole(path, buffer.getbuffer(), durable=True)
    except OSError as error:
        reason = f"{error.strerror}; earlier checkpoints are untouched, make room or choose another folder"
        raise CourseError(f"cannot save {path}: {reason}") from error


def _seal(buffer: io.BytesIO) -> None:
    """Give a zip archive its comment."""
    data = buffer.getbuffer()
    if not _NO_COMMENT.fullmatch(data[-22:]):
        raise RuntimeError("torch.save wrote no zip archive, or one with a comment: this torch is not supported")
    length = len(data)
    seal_length = len(_line(length, bytes(32).hex()))
    data[-2:] = seal_length.to_bytes(2, "little")
    seal = _line(length, hashlib.sha256(data).hexdigest())
    data.release()
    buffer.seek(0, io.SEEK_END)
    buffer.write(seal)


def _line(length: int, digest: str) -> bytes:
    return f"course_gan checkpoint, version {VERSION}, sha256 {digest}, {length} bytes\n".encode()


def is_checkpoint(path: Path) -> bool:
    """Whether a file says of itself that it is a checkpoint, of whatever version; False where it cannot be read."""
    try:
        with open(path, "rb") as file:
            beginning = file.read(_LONGEST)
            file.seek(max(0, file.seek(0, io.SEEK_END) - _LONGEST))
            end = file.read()
    except OSError:
        return False
    return bool(_SEAL.match(beginning) or _LAST_SEAL.search(end))


def read(path: Path) -> dict[str, Any]:
    """What write saved, with every tensor on the CPU.

    Raises DamagedError for a file that is not a whole checkpoint, CourseError for one that cannot be read or is newer.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CourseError(f"cannot read {path}: {error.strerror}") from error
    seal = _SEAL.match(data) or _LAST_SEAL.search(data, max(0, len(data) - _LONGEST))
    if seal is None:
        raise DamagedError(f"{path} is not a whole checkpoint of course_gan: nothing was loaded from it")
    version = int(seal[1])
    digest = seal[2].decode()
    length = int(seal[3])
    whole = memoryview(data)
    sealed = whole[: seal.start()] if seal.start() else whole[seal.end() :]  # in front in version 1
    if version > VERSION:
        raise CourseError(f"{path} has version {version}, this course_gan reads {VERSION}: update course_gan")
    if len(sealed) != length:
        raise DamagedError(f"{path} is damaged: it has {len(sealed)} of {length} bytes")
    if hashlib.sha256(sealed).hexdigest() != digest:
        raise DamagedError(f"{path} is damaged: its SHA-256 is not the one recorded when it was saved")
    try:
        return torch.load(io.BytesIO(sealed if version == 1 else data), map_location="cpu", weights_only=True)
    except Exception as error:  # whatever a forged file can make the unpickler raise
        raise DamagedError(f"{path} holds more than plain tensors: nothing was loaded from it") from error
