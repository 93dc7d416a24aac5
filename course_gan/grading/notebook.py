"""What an exercise's own cells call: check tells, require raises, progress shows what passes."""

from typing import Any

import torch

from course_gan import console
from course_gan.errors import CourseError
from course_gan.grading import record
from course_gan.grading.items import find
from course_gan.grading.verdict import Result, assess

_last: list[tuple[str, Any, Result]] = []  # the check made last, for the `require` that follows it in the same cell


class NotPassed(CourseError):
    """An item that nbgrader must not give points for; shown as one line."""


def check(name: str, learners: Any) -> None:
    """Try an object on fresh random inputs and say whether it passes; else what was expected, what came, on what.

    name: the item, as "01.discriminator_loss". learners: the function itself. Never raises; an interruption (■) ends
    it with one line. The outcome is kept for `progress`.
    """
    _last.clear()
    try:
        item = find(name)
        result = assess(item, learners, _fresh())
    except CourseError as error:
        return _say(str(error))
    except KeyboardInterrupt:
        return _say(f"✗ {name}: interrupted before it answered; nothing was recorded")
    except Exception as error:  # a fault of the check's own must not look like the learner's
        return _say(f"✗ {name}: the check itself failed ({type(error).__name__}: {error}); please report it")
    _last.append((name, learners, result))
    lines = [f"{record.MARK[result.status]} {name}: {result.message}"]
    if result.status in ("failed", "error"):
        lines += [f"    on    {result.on}"] * bool(result.on) + [f"    read  {item.read}"]
    _say("\n".join(lines))
    record.keep(result)


def require(name: str, learners: Any) -> None:
    """Raise NotPassed, one line, unless the object passes: what a grade cell ends with, because nbgrader sees only that.

    The answer of a `check` of the same object just before is taken where asking again would be long.
    """  # noqa: E501
    item = find(name)
    kept = [r for n, o, r in _last if n == name and o is learners and item.seconds > 1]
    result = kept[0] if kept else assess(item, learners, _fresh())
    if result.status != "ok":
        raise NotPassed(f"{name}: {result.message}{f', on {result.on}' if result.on else ''}; read {item.read}")


def progress(lesson: str | None = None) -> None:
    """Print which items pass, as the last check of each found: of a lesson ("01", "clinic"), or of all of them."""
    _say(record.table(record.results(), [lesson] if lesson else None))


def _fresh() -> torch.Generator:
    generator = torch.Generator()
    generator.seed()
    return generator


def _say(text: str) -> None:
    console.say(text)
