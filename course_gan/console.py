"""What is said to a person reaches every stream: where its encoding lacks a character, a plain one stands for it.

A file on Windows is written in cp1252, a log often in ASCII, and neither has the course's marks or the papers' letters;
a file's name may hold bytes that no encoding has. Nothing that is said may end in a UnicodeEncodeError because of that.
"""

import codecs
import contextlib
import sys
from typing import IO

PLAIN = {
    "✓": "+",
    "✗": "x",
    "○": "o",
    "■": "stop",
    "…": "...",
    "–": "-",
    "−": "-",
    "×": "x",
    "→": "->",
    "≤": "<=",
    "≥": ">=",
    "±": "+-",
    "β": "beta",
    "γ": "gamma",
    "ε": "epsilon",
    "λ": "lambda",
    "θ": "theta",
    "ψ": "psi",
}
HANDLER = "course_gan_plain"  # the name under which Python's encoders know `_plain`


def _plain(error: UnicodeError) -> tuple[str, int]:
    """What to write for characters that cannot be encoded: the plain ones, else their numbers as Python writes them."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    written = [PLAIN.get(character) or ascii(character)[1:-1] for character in lacking]
    return "".join(written), error.end


codecs.register_error(HANDLER, _plain)


def speak_plainly() -> None:
    """Let this process's standard output and error write plainly what they cannot encode, whoever writes there."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=HANDLER)


def say(text: str, file: IO[str] | None = None) -> None:
    """Print a text and send it off at once; characters that the stream cannot encode are written plainly.

    file: where to; None is standard output as it is now. Nothing happens where there is none, as under pythonw.
    """
    stream = sys.stdout if file is None else file
    if stream is None:
        return
    encoding = getattr(stream, "encoding", None)
    if encoding:
        with contextlib.suppress(LookupError):  # an encoding that Python does not know
            text = text.encode(encoding, HANDLER).decode(encoding)
    print(text, file=stream, flush=True)
