"""Claims: numbers stated in a lesson's prose, held to an interval beside it, and read back from its outputs.

All of a cell's are one line on the page, which opens to show them; it is open from the start where one does not hold.
"""

import html
import math
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from course_gan.console import say
from course_gan.page.seeds import exceptions

if TYPE_CHECKING:  # not installed where Jupyter is not
    from nbformat import NotebookNode

CLAIMS_MIME = "application/vnd.course-gan.claims+json"
WHY_NOT = (
    "  That can be: what a training gives is stated for the seeds and the profile in results/NN_claims.json\n"
    "  and for the page's own settings; another seed, width, number of steps or machine may fall outside."
)


class ClaimError(AssertionError):
    """A number stated by the lesson did not come out as stated."""


@dataclass
class Claim:
    """A number stated in prose: its value, and the closed interval it must lie in."""

    name: str
    value: float
    low: float
    high: float
    exact: bool = False

    @property
    def holds(self) -> bool:
        """Whether the value is a number inside the interval."""
        return math.isfinite(self.value) and self.low <= self.value <= self.high

    def __str__(self):
        mark = "✓" if self.holds else "✗"
        stated = _number(self.low) if self.low == self.high else f"{_number(self.low)} to {_number(self.high)}"
        return f"{mark} {self.name} = {_number(self.value)}   (stated: {stated})"


def _number(value: float) -> str:
    """Four digits, or all of a count."""
    return f"{value:,.0f}" if math.isfinite(value) and value == round(value) else f"{value:.4g}"


def claim(name: str, value: float, low: float, high: float, exact: bool = False) -> None:
    """Show a number that the prose states, and record it; outside its interval say why that can be, or fail.

    Arguments: name, what the number is; value, anything float() takes; low and high, the closed interval the prose
    allows; exact, True where the number holds under every profile and seed (a derivation, not a training).
    Raises ClaimError outside the interval where exact; else only where the course itself is built and tested, which
    is said by COURSE_GAN_CLAIMS=strict in the environment, and under cpu and gpu: nobody's own seed ends a page.
    """
    stated = Claim(name, float(value), float(low), float(high), exact)
    smoke = os.environ.get("COURSE_GAN_PROFILE", "cpu") == "smoke"
    strict = os.environ.get("COURSE_GAN_CLAIMS") == "strict"
    fails = not stated.holds and (exact or (strict and not smoke))
    _show(stated, explained=not (stated.holds or fails or smoke))
    if fails:
        raise ClaimError(f"{name}: {_number(stated.value)} is outside {_number(stated.low)} to {_number(stated.high)}")


def _show(stated: Claim, explained: bool) -> None:
    text = str(stated)
    if except_for := exceptions(stated.name, stated.low, stated.high):
        text = f"{text.removesuffix(')')}; {except_for})"
    if explained:
        text = f"{text}\n{WHY_NOT}"
    shell = _kernel()
    if shell is None:
        say(text)
        return
    from IPython.display import DisplayHandle

    global _line
    if _line is None or _line.cell != (shell, shell.execution_count):
        _line = _Line((shell, shell.execution_count), DisplayHandle())
    _line.add(stated, text)


def _kernel() -> Any:
    """The shell that runs a page's cells; None where there is none, as on a GPU server without Jupyter."""
    try:
        from IPython import get_ipython
    except ImportError:
        return None
    return get_ipython()


class _Line:
    """What a page shows of one cell's claims: how many were checked, and on demand each of them."""

    def __init__(self, cell: tuple[Any, int], handle: Any):
        self.cell = cell
        self.handle = handle
        self.stated: list[Claim] = []
        self.texts: list[str] = []

    def add(self, stated: Claim, text: str) -> None:
        """Show one more."""
        self.stated.append(stated)
        self.texts.append(text)
        if len(self.stated) == 1:
            self.handle.display(self._data(), raw=True)
        else:
            self.handle.update(self._data(), raw=True)

    def _data(self) -> dict[str, Any]:
        missed = sum(not one.holds for one in self.stated)
        count = len(self.stated)
        summary = "✓ 1 number checked" if count == 1 else f"✓ {count} numbers checked"
        if missed:
            summary = f"✗ {missed} of {count} numbers not as stated"
        lines = "\n".join(self.texts)
        page = (
            f"<details{' open' if missed else ''}><summary>{summary}</summary>"
            f'<pre style="margin: 0 0 0 1em">{html.escape(lines)}</pre></details>'
        )
        return {"text/plain": lines, "text/html": page, CLAIMS_MIME: [_record(one) for one in self.stated]}


_line: _Line | None = None  # of the cell that runs


def _record(stated: Claim) -> dict[str, Any]:
    record = vars(stated).copy()
    if not math.isfinite(stated.value):
        record["value"] = None  # JSON knows neither NaN nor infinity
    return record


def claims_in(notebook: "NotebookNode") -> list[Claim]:
    """Return the claims recorded in the outputs of an executed notebook."""
    claims = []
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            for record in output.get("data", {}).get(CLAIMS_MIME, []):
                value = math.nan if record["value"] is None else record["value"]
                claims.append(Claim(record["name"], value, record["low"], record["high"], record["exact"]))
    return claims
