"""What a learner may change about a training, read from text fields: a value out of range is one line, not a clamp."""

from typing import Any

from course_gan.recipes import Settings


def label(settings: Settings, name: str) -> str:
    """A setting's name as a person reads it."""
    return settings.specs()[name].label


def fields(settings: Settings) -> dict[str, str]:
    """The settings that have a field, by name, as the text that stands in it; nothing for None."""
    return {name: _text(getattr(settings, name)) for name, spec in settings.specs().items() if spec.on_panel}


def changes(texts: dict[str, str], settings: Settings) -> dict[str, Any]:
    """The fields whose text says something else than the settings, as values; CourseError names one that cannot be."""
    changed = {}
    for name, text in texts.items():
        if text.strip() != _text(getattr(settings, name)):
            changed[name] = settings.specs()[name].read(text.strip())
    return changed


def _text(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value)
