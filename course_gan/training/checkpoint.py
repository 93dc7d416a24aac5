"""One file, saved whole or not at all, that knows its own hash; only plain tensors are ever loaded from it.

The first line is text: what the file is, its version, the SHA-256 and the length of the rest. The rest is torch.save's.
So a foreign, newer, truncated or changed file is recognised before a single byte of it is unpickled.
"""

import hashlib
import io
import re
from pathlib import Path
from typing import Any

import torch

from course_gan.errors import CourseError
from course_gan.files import write_whole

VERSION = 1
_HEADER = re.compile(rb"course_gan checkpoint, version (\d+), sha256 ([0-9a-f]{64}), (\d+) bytes\n")


class DamagedError(CourseError):
    """A file that is not, or no longer, a checkpoint."""


def write(path: Path, content: dict[str, Any]) -> None:
    """Save content (tensors, numbers, strings in dicts and lists), replacing path in one move.

    Raises CourseError when the file cannot be written; what was there before is then untouched.
    """
    buffer = io.BytesIO()
    torch.save(content, buffer)
    payload = buffer.getvalue()
    digest = hashlib.sha256(payload).hexdigest()
    header = f"course_gan checkpoint, version {VERSION}, sha256 {digest}, {len(payload)} bytes\n".encode()
    try:
        write_whole(path, header + payload, durable=True)
    except OSError as error:
        reason = f"{error.strerror}; earlier checkpoints are untouched, make room or choose another folder"
        raise CourseError(f"cannot save {path}: {reason}") from error


def read(path: Path) -> dict[str, Any]:
    """What write saved, with every tensor on the CPU.

    Raises DamagedError for a file that is not a whole checkpoint, CourseError for one that cannot be read or is newer.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CourseError(f"cannot read {path}: {error.strerror}") from error
    header = _HEADER.match(data)
    if header is None:
        raise DamagedError(f"{path} is not a checkpoint of course_gan: nothing was loaded from it")
    version, digest, length = int(header[1]), header[2].decode(), int(header[3])
    payload = memoryview(data)[header.end() :]
    if version != VERSION:
        raise CourseError(f"{path} has version {version}, this course_gan reads {VERSION}: update course_gan")
    if len(payload) != length:
        raise DamagedError(f"{path} is damaged: it has {len(payload)} of {length} bytes")
    if hashlib.sha256(payload).hexdigest() != digest:
        raise DamagedError(f"{path} is damaged: its SHA-256 is not the one recorded when it was saved")
    try:
        return torch.load(io.BytesIO(payload), map_location="cpu", weights_only=True)
    except Exception as error:  # whatever a forged file can make the unpickler raise
        raise DamagedError(f"{path} holds more than plain tensors: nothing was loaded from it") from error
