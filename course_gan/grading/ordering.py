"""Shuffled lines put into order: judged by which has to stand before which, so that several orders can be right."""

from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import Any

from course_gan.grading.worker.ask import describe


@dataclass(frozen=True)
class Before:
    """One line has to stand somewhere before another.

    first, second: their letters. why: what goes wrong otherwise, as a clause that a learner reads.
    """

    first: str
    second: str
    why: str


@dataclass(frozen=True)
class Order:
    """All right orders of some lettered lines.

    letters: of the lines, "PQRS". rules: an order that keeps them all is right; the first broken one is told, so those
    that explain most come first. ValueError for a letter twice, a rule of an unknown letter, or rules in a circle.
    """

    letters: str
    rules: tuple[Before, ...]

    def __post_init__(self):
        if len(set(self.letters)) < len(self.letters) or not self.letters.isupper():
            raise ValueError(f"letters are {self.letters!r}, but each line has one capital letter of its own")
        graph = TopologicalSorter(dict.fromkeys(self.letters, ()))
        for rule in self.rules:
            for letter in (rule.first, rule.second):
                if letter not in self.letters:
                    raise ValueError(f"a rule is about {letter!r}, but the letters are {self.letters}")
            graph.add(rule.second, rule.first)
        graph.prepare()  # CycleError, a ValueError, names a circle

    def complaint(self, answer: Any) -> str | None:
        """What is wrong with an answer, or None.

        Right is a text with every letter once, or a list of them; blanks, commas and small letters do not matter.
        Told is one pair that stands wrongly, and why it matters; never the order.
        """
        wanted = f"the letters {self.letters}, each once"
        if isinstance(answer, list | tuple) and all(isinstance(letter, str) for letter in answer):
            answer = "".join(answer)
        if not isinstance(answer, str):
            return f"expected a text of {wanted}, got {describe(answer)}"
        order = "".join(letter for letter in answer.upper() if not letter.isspace() and letter not in ",;")
        if sorted(order) != sorted(self.letters):
            return f"expected {wanted}, got {describe(answer)}{self._difference(order)}"
        for rule in self.rules:
            if order.index(rule.first) > order.index(rule.second):
                return f"expected {rule.first} somewhere before {rule.second}, got it after: {rule.why}"
        return None

    def _difference(self, order: str) -> str:
        missing = [letter for letter in self.letters if letter not in order]
        return f", without {', '.join(missing)}" if missing else ", which has others or some twice"
