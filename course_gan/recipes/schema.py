"""Typed settings: each has a default, a range or choices, and a label, and refuses what cannot be in one line.

The panels read labels and ranges from here, the command its help.
"""

import dataclasses
import math
import typing
from dataclasses import dataclass
from typing import Any

from course_gan.errors import CourseError


@dataclass(frozen=True)
class Spec:
    """What may be said of one setting: its type, least and largest value or its choices, and words for people.

    kind: int, float, bool or str, or tuple of one of these; optional: whether None is a value too.
    low, high: bounds of a number, or of every number of a tuple. choices: the only values, or the only members.
    length: how many members a tuple has; None is one or more. on_panel: whether the training panel has a field for it.
    """

    name: str
    kind: type
    many: bool
    optional: bool
    label: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] | None = None
    length: int | None = None
    on_panel: bool = False

    def wanted(self) -> str:
        """In words what a value has to be."""
        if self.kind is bool:
            return "True or False"
        if self.choices is not None:
            known = ", ".join(self.choices)
            return f"names out of {known}" if self.many else f"one of {known}"
        if self.kind is str:
            return "a text"
        one = "a whole number" if self.kind is int else "a number"
        several = "whole numbers" if self.kind is int else "numbers"
        count = self.length or "one or more"
        words = f"{count} {several}, each" if self.many else one
        return f"{words} from {_plain(self.low)} to {_plain(self.high)}" + (" or None" if self.optional else "")

    def checked(self, value: Any) -> Any:
        """The value in the setting's own type; CourseError where it is of another kind or out of range."""
        if value is None and self.optional:
            return None
        if self.many:
            return self._checked_members(value)
        return self._checked_one(value, value)

    def _checked_members(self, value: Any) -> tuple:
        if not isinstance(value, list | tuple) or not value or len(value) != (self.length or len(value)):
            raise self._refusal(value)
        return tuple(self._checked_one(member, value) for member in value)

    def _checked_one(self, value: Any, whole: Any) -> Any:
        if self.kind is float and type(value) is int:
            value = float(value)
        if type(value) is not self.kind:
            raise self._refusal(whole)
        if self.choices is not None and value not in self.choices:
            raise self._refusal(whole)
        if self.low is not None and not (math.isfinite(value) and self.low <= value <= self.high):
            raise self._refusal(whole)
        return value

    def read(self, text: str) -> Any:
        """A number from what a person typed; CourseError, which calls the setting by its label, for anything else."""
        try:
            return self.checked(self.kind(text))
        except (ValueError, CourseError):
            raise CourseError(f"{self.label} is {text!r}, but has to be {self.wanted()}") from None

    def _refusal(self, value: Any) -> CourseError:
        return CourseError(f"{self.name} is {value!r}, but has to be {self.wanted()}")


def setting(
    default: Any,
    label: str,
    low: float | None = None,
    high: float | None = None,
    choices: typing.Iterable[str] | None = None,
    length: int | None = None,
    on_panel: bool = False,
) -> Any:
    """A field of a Settings class: see `Spec` for what the words mean."""
    words = {"label": label, "low": low, "high": high, "length": length, "on_panel": on_panel}
    words["choices"] = None if choices is None else tuple(choices)
    return dataclasses.field(default=default, metadata=words)


@dataclass(frozen=True)
class Settings:
    """The settings that every game has. A family adds its own; a recipe's `check` refuses what does not go together."""

    lesson: str
    profile: str
    steps: int = setting(1, "steps", 1, 10_000_000, on_panel=True)
    seed: int = setting(0, "seed", 0, 2**31, on_panel=True)
    device: str = setting("auto", "device")
    dtype: str = setting("auto", "number format", choices=("auto", "fp32", "bf16"))
    compile: bool = setting(False, "compile the players")

    def __post_init__(self) -> None:
        for name, spec in self.specs().items():
            object.__setattr__(self, name, spec.checked(getattr(self, name)))

    @classmethod
    def specs(cls) -> dict[str, Spec]:
        """What may be said of each setting, by name, in their order."""
        hints = typing.get_type_hints(cls)
        return {f.name: _spec(f, hints[f.name]) for f in dataclasses.fields(cls) if f.metadata}

    def as_dict(self) -> dict[str, Any]:
        """Name -> plain value, for a record in JSON."""
        return dataclasses.asdict(self)


def _spec(field: dataclasses.Field, hint: Any) -> Spec:
    parts = typing.get_args(hint)
    many = typing.get_origin(hint) is tuple
    optional = type(None) in parts
    kind = parts[0] if parts else hint
    return Spec(field.name, kind, many, optional, **field.metadata)


def _plain(number: float | None) -> str:
    """A bound as a person writes it."""
    if isinstance(number, int) or (number is not None and number == round(number)):
        return f"{number:,.0f}"
    return f"{number:g}"
