"""A handed-in notebook read as data, never run: a line where it is unreadable, findings where it can be mended."""

import codecs
import json
import re
import warnings

from course_gan.errors import CourseError
from course_gan.grading.handed_in.findings import Effect, Finding, count
from course_gan.grading.handed_in.release import text_of

LIMIT = 50_000_000  # bytes; of a larger one nothing is read
_LARGE = 10_000_000
_MARKERS = re.compile(r"^(<{7}|>{7})( |$)", re.MULTILINE)
_TYPES = ("code", "markdown", "raw")
_PLAIN = (str, int, float, bool)


class TooLarge(CourseError):
    """A notebook that is not read here for its size; nbgrader may take it all the same."""


def read(data: bytes) -> tuple[dict, list[Finding]]:
    """The notebook in these bytes, as format 4 has it, and what about the file itself is to be looked at.

    Sources are joined into one text; outputs and all metadata but nbgrader's are left out. Raises CourseError, a few
    words, where it is no notebook, TooLarge where it is longer than LIMIT.
    """
    if len(data) > LIMIT:
        raise TooLarge(f"is larger than {LIMIT // 1_000_000} MB and was not read")
    text, findings = _text(data)
    if len(data) > _LARGE:
        findings.append(Finding(f"is {len(data) / 1e6:.0f} MB large, outputs and all", Effect.MENDS))
    content = _parsed(text)
    version = content.get("nbformat")
    if version in (1, 2, 3):
        content = _converted(text)
    elif version is None and isinstance(content.get("cells"), list):
        findings.append(Finding("does not say which format it has", Effect.FAILS))
    elif version != 4:
        raise CourseError(f"is no notebook (nbformat {str(version)[:20]})")
    cells = content.get("cells")
    if not isinstance(cells, list):
        raise CourseError("is no notebook (it has no list of cells)")
    if not cells:
        raise CourseError("has no cells")
    bare = [cell for cell in cells if isinstance(cell, dict) and not isinstance(cell.get("metadata"), dict)]
    if bare:
        findings.append(Finding(f"metadata gone ({count(bare)})", Effect.FAILS))
    whole = [_cell(cell, number) for number, cell in enumerate(cells, 1)]
    if not findings and (why := _breach(content)):
        findings.append(Finding(f"breaks the notebook format ({why})", Effect.FAILS))
    metadata = content.get("metadata")
    notebook = {
        "cells": whole,
        "metadata": metadata if isinstance(metadata, dict) else {},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return notebook, findings


def _text(data: bytes) -> tuple[str, list[Finding]]:
    if not data.strip(b"\0 \t\r\n"):
        raise CourseError(f"is empty ({len(data)} bytes)")
    findings = []
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
        findings.append(Finding("is UTF-16, not UTF-8", Effect.FAILS))
    else:
        encoding = "utf-8-sig"
        if data.startswith(codecs.BOM_UTF8):
            findings.append(Finding("begins with a byte order mark", Effect.FAILS))
        if data.endswith(b"\0"):
            data = data.rstrip(b"\0")
            findings.append(Finding("ends in zero bytes", Effect.FAILS))
    try:
        return data.decode(encoding), findings
    except UnicodeDecodeError:
        raise CourseError("is not UTF-8 text") from None


def _parsed(text: str) -> dict:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        if _MARKERS.search(text):
            raise CourseError("holds git's merge markers") from None
        if text.lstrip().startswith("<"):
            raise CourseError("is a web page, not a notebook") from None
        if isinstance(error, json.JSONDecodeError):
            cut = error.pos >= len(text.rstrip()) or "Unterminated string" in error.msg
            raise CourseError(f"is {'cut off' if cut else 'damaged'} in line {error.lineno}") from None
        raise CourseError("is no notebook (not JSON that can be read)") from None
    if not isinstance(content, dict):
        raise CourseError("is no notebook (JSON of another kind)")
    return content


def _converted(text: str) -> dict:
    """An old notebook as format 4 has it, as nbgrader itself reads it."""
    import nbformat

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return json.loads(nbformat.writes(nbformat.reads(text, as_version=4), version=4))
    except Exception as error:  # nbformat lets through whatever an odd notebook makes of its converters
        raise CourseError(f"is an old notebook that cannot be converted ({type(error).__name__})") from None


def _breach(content: dict) -> str | None:
    """Why nbgrader does not take a notebook that says it is of format 4; outputs, which it clears, do not count."""
    import nbformat

    cells = []
    for cell in content["cells"]:
        is_code = cell["cell_type"] == "code"
        cells.append({**cell, "outputs": [], "execution_count": None} if is_code else cell)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _, node = nbformat.validator.normalize(nbformat.from_dict({**content, "cells": cells}))
            nbformat.validate(node, relax_add_props=True)
    except Exception as error:  # a breach, or whatever an odd notebook makes of its validator
        words = str(error).splitlines()
        return words[0][:80] if words else type(error).__name__
    return None


def _cell(cell: object, number: int) -> dict:
    if not isinstance(cell, dict) or cell.get("cell_type") not in _TYPES:
        kind = cell.get("cell_type") if isinstance(cell, dict) else type(cell).__name__
        raise CourseError(f"has a cell {number} that is no cell (of type {str(kind)[:20]!r})")
    source = cell.get("source")
    is_text = isinstance(source, str) or (isinstance(source, list) and all(isinstance(line, str) for line in source))
    if not is_text:
        raise CourseError(f"has a cell {number} without text")
    kept = {"cell_type": cell["cell_type"], "metadata": _metadata(cell), "source": text_of(cell)}
    try:
        kept["source"].encode("utf-8")
    except UnicodeEncodeError:
        raise CourseError(f"holds half a letter in cell {number} (a broken emoji?)") from None
    if isinstance(cell.get("id"), str):
        kept["id"] = cell["id"]
    if _is_pictures(cell.get("attachments")):
        kept["attachments"] = cell["attachments"]
    return kept


def _is_pictures(attachments: object) -> bool:
    """Whether these are a text cell's pictures: {name: {type: content}}."""
    bundles = list(attachments.values()) if isinstance(attachments, dict) else [None]
    return all(isinstance(each, dict) and all(isinstance(text, str) for text in each.values()) for each in bundles)


def _metadata(cell: dict) -> dict:
    """Of a cell's metadata what nbgrader wrote, and in that only plain values: anything else is damage."""
    metadata = cell.get("metadata")
    if not isinstance(metadata, dict) or "nbgrader" not in metadata:
        return {}
    about = metadata["nbgrader"]
    if not isinstance(about, dict):
        return {"nbgrader": {}}
    return {"nbgrader": {key: value if isinstance(value, _PLAIN) else None for key, value in about.items()}}
