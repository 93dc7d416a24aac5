"""What is found in a hand-in: a few words each, and what nbgrader makes of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum


class Effect(Enum):
    """What comes of a finding when nbgrader grades, the worst first; the value says it in words."""

    STOPS = "autograde stops at it, and nobody after is graded"
    FAILS = "autograde leaves a 0 that is no grade"
    COSTS = "points are lost by the form, not by the work"
    ASKS = ""  # nobody but a person can tell
    MENDS = "autograde puts it right by itself"


_COSTLY = (Effect.STOPS, Effect.FAILS, Effect.COSTS)


@dataclass(frozen=True)
class Finding:
    """One thing to look at.

    text: a few words, without what comes of it. mendable: whether a copy can be put right without judgement.
    """

    text: str
    effect: Effect
    mendable: bool = True

    @property
    def is_costly(self) -> bool:
        """Whether points may be missing that the work earned."""
        return self.effect in _COSTLY


def sentence(findings: Iterable[Finding]) -> str:
    """All findings in one line: what they are, then the worst that comes of them."""
    found = list(findings)
    texts = "; ".join(dict.fromkeys(finding.text for finding in found))
    order = list(Effect)
    worst = min((finding.effect for finding in found), key=order.index)
    return f"{texts} ({worst.value})" if worst.value else texts


def some(names: list[str]) -> str:
    """A few names and how many more there are."""
    shown = ", ".join(names[:3])
    return f"{shown} and {len(names) - 3} more" if len(names) > 3 else shown


def count(cells: list) -> str:
    """How many cells there are: "1 cell", "3 cells"."""
    return f"{len(cells)} cell{'s' * (len(cells) != 1)}"


def shown(text: str) -> str:
    """A name that a stranger chose, as one line of a terminal takes it."""
    readable = text.encode("utf-8", "replace").decode("utf-8")
    return "".join(letter if letter.isprintable() else "?" for letter in readable)
