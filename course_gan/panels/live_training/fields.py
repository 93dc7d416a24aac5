"""What a learner may change about a training, read from text fields: a value out of range is one line, not a clamp."""

import math
from typing import Any

from course_gan.errors import CourseError

# name: least and largest value. A recipe shows those that it has, in this order.
RANGES = {
    **{"steps": (1, 1_000_000), "batch_size": (2, 4096), "lr": (1e-7, 1.0), "lr_discriminator": (1e-7, 1.0)},
    **{"discriminator_steps": (1, 50), "width": (1, 512), "ema": (0.0, 0.99999)},
    **dict.fromkeys(("r1", "r2", "gradient_penalty", "adversarial", "cycle", "identity"), (0.0, 1000.0)),
    **{"l1": (0.0, 10_000.0), "l2": (0.0, 10_000.0), "pool": (0, 10_000), "seed": (0, 2**31)},
}


def label(name: str) -> str:
    """A setting's name as a person reads it."""
    if name in ("ema", "r1", "r2", "l1", "l2"):
        return name.upper()
    return name.replace("lr", "learning rate").replace("_discriminator", " of D").replace("_", " ")


def fields(settings: dict[str, Any]) -> dict[str, str]:
    """The settings that have a field, by name, as the text that stands in it; nothing for None."""
    return {name: _text(settings[name]) for name in RANGES if name in settings}


def _text(value: Any) -> str:
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def changes(texts: dict[str, str], settings: dict[str, Any]) -> dict[str, Any]:
    """The fields whose text says something else than the settings, as values; CourseError names one that cannot be."""
    texts = {name: text.strip() for name, text in texts.items()}
    return {name: _value(name, text) for name, text in texts.items() if text != _text(settings[name])}


def _value(name: str, text: str) -> int | float:
    low, high = RANGES[name]
    kind, read = ("a whole number", int) if isinstance(low, int) else ("a number", float)
    try:
        value = read(text)
    except ValueError:
        value = math.nan
    if not low <= value <= high:
        raise CourseError(f"{label(name)} is {text!r}, but has to be {kind} from {low:g} to {high:g}")
    return value
