"""Where the checkout is, since the package is always installed editable, and how a text file is written there."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def write_whole(path: Path, text: str) -> None:
    """Write a text file in one move, so that nobody ever reads half of one; raises OSError."""
    partial = path.with_name(f".{path.name}.partial")
    try:
        partial.write_text(text, encoding="utf-8", newline="\n")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
