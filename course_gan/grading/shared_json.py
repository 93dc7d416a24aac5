"""A JSON object in a learner's folder that several processes write: held by one at a time, read although damaged."""

import contextlib
import json
import os
import re
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

from course_gan.training.lock import lock

Parser = Callable[[bytes], tuple[dict, bool]]  # a file's bytes -> what can be read of it, and whether that is all


@contextlib.contextmanager
def held(path: Path) -> Iterator[None]:
    """Only one process at a time reads and writes what the lock file `path` stands for.

    Raises CourseError where another holds it for five seconds, or where the folder cannot be written.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a file system without locks
        lock_file = lock(path, wait=5)
    with lock_file:
        yield


def set_aside(path: Path) -> Path:
    """Rename a damaged NAME.json to the first free one of NAME.damaged.json, NAME.damaged.2.json, …"""
    number = 1
    while os.path.lexists(aside := path.with_name(f"{path.stem}.damaged{f'.{number}' if number > 1 else ''}.json")):
        number += 1
    path.rename(aside)
    return aside


def read(path: Path, parsed: Parser) -> dict:
    """What the file holds, of a damaged one what can be read of it; nothing where it is absent."""
    try:
        return parsed(path.read_bytes())[0]
    except OSError:
        return {}


def trouble(path: Path, parsed: Parser, rest: str) -> str | None:
    """A line on a file that cannot be read, or not all of it, then followed by what becomes of the rest; else None."""
    try:
        is_whole = parsed(path.read_bytes())[1]
    except FileNotFoundError:
        return None
    except OSError as error:
        return f"{path} cannot be read ({error.strerror})"
    return None if is_whole else f"{path} is damaged: {rest}"


def members(data: bytes) -> tuple[dict, bool]:
    """The members of the JSON object in a file's bytes, and whether that is all that they hold.

    Of an object that was cut off or written into, those members that are objects or lists and can be read.
    """
    try:
        text, is_whole = data.decode("utf-8-sig"), True
    except UnicodeDecodeError:
        text, is_whole = data.decode("utf-8-sig", errors="replace"), False
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return _rescued(text), False
    if not isinstance(content, dict):
        return {}, False
    return content, is_whole


def _rescued(text: str) -> dict:
    found, decoder = {}, json.JSONDecoder()
    for member in re.finditer(r'"([^"\\]+)"\s*:\s*(?=[\[{])', text):
        with contextlib.suppress(ValueError, RecursionError):
            found[member[1]] = decoder.raw_decode(text, member.end())[0]
    return found
