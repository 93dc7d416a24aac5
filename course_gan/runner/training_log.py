"""log.jsonl of a training, one record a line, and what is left of a run whose checkpoints are gone."""

import itertools
import json
import os
import sys
from pathlib import Path
from typing import IO, Any

from course_gan.console import say
from course_gan.errors import CourseError
from course_gan.files import write_whole
from course_gan.marker import set_aside


def set_aside_rest(out: Path) -> None:
    """Keep what is left of a run whose checkpoints are gone under names of their own, and say which; raises OSError."""
    log, samples = out / "log.jsonl", out / "samples"
    is_rest = (log.is_file() and log.stat().st_size) or (samples.is_dir() and any(samples.iterdir()))
    if not is_rest:
        return
    named = (log, samples, out / "settings.json", out / "pictures.json")
    rest = [path for path in named if os.path.lexists(path)]
    for number in itertools.count(1):
        aside = [path.with_name(f"{path.name}.{number}") for path in rest]
        if not any(os.path.lexists(path) for path in aside):
            break
    for path, new in zip(rest, aside, strict=True):
        path.rename(new)
    kept = ", ".join(path.name for path in aside)
    say(f"{out} held a run that no checkpoint is left of: the rest of it is kept as {kept}", sys.stderr)


def reopened(path: Path, step: int, every: int) -> IO[str]:
    """The log, without the lines that an interrupted run wrote after the checkpoint it is resumed from.

    One with lines that are no records, or with more than the `every` steps that an interruption can cost, is set aside
    and named. Raises CourseError naming a log that cannot be read.
    """
    try:
        data = path.read_bytes() if path.is_file() or not os.path.lexists(path) else None
    except FileNotFoundError:
        data = b""
    except OSError as error:
        raise CourseError(f"{path} cannot be read ({error.strerror}): mend that or move it away") from error
    *lines, last = (data or b"").decode(errors="replace").split("\n")
    records = [(line, _step_of(line)) for line in lines]
    if _step_of(last) is not None:  # else nothing, or what a kill cut off
        records.append((last, _step_of(last)))
    steps = [number for _, number in records if number is not None]
    is_damaged = data is None or len(steps) < len(records)
    if is_damaged or max(steps, default=0) > step + every:
        why = "is damaged" if is_damaged else f"goes beyond step {step}, from which the run goes on"
        aside = set_aside(path)
        say(f"{path} {why}: kept as {aside.name}; what can be used of it is in the new one", sys.stderr)
    kept = "".join(f"{line}\n" for line, number in records if number is not None and number <= step)
    if kept.encode() != data:
        write_whole(path, kept)
    return path.open("a", encoding="utf-8", newline="\n")


def last_record(path: Path) -> dict[str, Any] | None:
    """The last whole record of a log, which is left as it is; None where there is none, or it cannot be read."""
    try:
        lines = path.read_bytes().decode(errors="replace").split("\n")
    except OSError:
        return None
    return next((json.loads(line) for line in reversed(lines) if _step_of(line) is not None), None)


def _step_of(line: str) -> int | None:
    """The step of a record in the log; None of a line that is none."""
    try:
        step = json.loads(line)["step"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return None
    return step if isinstance(step, int) else None
