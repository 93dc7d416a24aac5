"""What a person opens after a run: each lesson as HTML, and an index of status, time and key figures."""

import base64
import html
import io
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from course_gan.errors import CourseError
from course_gan.own_folder import OwnFolder
from course_gan.runner import notebooks

if TYPE_CHECKING:
    from nbformat import NotebookNode

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222; }
table { border-collapse: collapse; width: 100%; }
td, th { text-align: left; padding: .6rem; border-bottom: 1px solid #ccc; vertical-align: top; }
td.number { text-align: right; white-space: nowrap; }
img { height: 5rem; max-width: 20rem; object-fit: cover; object-position: left top; }
img { margin: 0 .4rem .4rem 0; border: 1px solid #ddd; }
.ok { color: #00664b; } .failed, .timeout { color: #a33b00; font-weight: bold; } .stopped { color: #666; }
@media (prefers-color-scheme: dark) { body { background: #161616; color: #ddd; } img { background: white; }
  .ok { color: #4fc9a4; } .failed, .timeout { color: #ff9a5c; } a { color: #8cc4ff; } }
"""


def write_html(notebook: "NotebookNode", path: Path) -> None:
    """Write an executed notebook as one HTML page beside it."""
    from nbconvert import HTMLExporter

    page, _ = HTMLExporter().from_notebook_node(notebook, resources={"metadata": {"name": path.stem}})
    path.write_text(page, encoding="utf-8")


def key_figures(notebook: "NotebookNode", most: int = 3) -> list[tuple[bytes, str]]:
    """Return up to `most` figures (PNG, its words): those marked key by plots.show, else the last ones shown."""
    found = []
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}):
                meta = output.get("metadata", {})
                words = meta.get("image/png", {}).get("alt", "")
                found.append((meta.get("course_gan", {}).get("key", False), output["data"]["image/png"], words))
    chosen = [f for f in found if f[0]][:most] or found[-most:]
    return [(base64.b64decode(png), words) for _, png, words in chosen]


def thumbnail(png: bytes, height: int = 224) -> bytes:
    """Return the picture at `height` pixels, at most its own, as PNG."""
    from PIL import Image

    with Image.open(io.BytesIO(png)) as picture:
        small = picture.convert("RGB")
        small.thumbnail((8 * height, height))
        kept = io.BytesIO()
        small.save(kept, "PNG", optimize=True)
    return kept.getvalue()


def write_index(folder: OwnFolder, rows: list[dict], profile: str) -> Path:
    """Write index.html of a run's folder.

    Arguments: rows, one a lesson, with lesson, status, seconds, error, cell, and page, its HTML's name; the figures
    come from the lesson's executed notebook in the folder. Returns the path of the index. Raises OSError.
    """
    body = "\n".join(_row(folder, row) for row in rows)
    done = sum(row["status"] == "ok" for row in rows)
    page = (
        "<!doctype html>\n<html lang='en'><meta charset='utf-8'><meta name='viewport' content='width=device-width'>\n"
        f"<title>course_gan: {done} of {len(rows)} lessons</title><style>{_STYLE}</style>\n"
        f"<h1>course_gan</h1>\n<p>Profile <b>{html.escape(profile)}</b>: "
        f"{done} of {len(rows)} lessons ran to their end.</p>\n"
        f"<table><tr><th>Lesson</th><th>Status</th><th>Time</th><th>Key figures</th></tr>\n{body}\n</table></html>\n"
    )
    return folder.put("index.html", page)


def _row(folder: OwnFolder, row: dict) -> str:
    title = html.escape(row["lesson"])
    if (folder.path / row["page"]).exists():
        title = f"<a href='{_link(row['page'])}'>{title}</a>"
    cell = f" (cell {row['cell']})" if row.get("cell") is not None else ""
    status = f"<span class='{row['status']}'>{row['status']}</span>"
    if row.get("error"):
        status += f"<br><small>{html.escape(row['error'])}{cell}</small>"
    time = f"<td class='number'>{row['seconds']:.0f} s</td>"
    return f"<tr><td>{title}</td><td>{status}</td>{time}<td>{_thumbnails(folder, row)}</td></tr>"


def _thumbnails(folder: OwnFolder, row: dict) -> str:
    try:
        figures = key_figures(notebooks.read(folder.path / f"{row['lesson']}.ipynb"))
    except CourseError:
        return ""
    tags = []
    for number, (png, words) in enumerate(figures):
        name = f"thumbnails/{row['lesson']}_{number}.png"
        folder.put(name, thumbnail(png))
        words = html.escape(words, quote=True)
        tags.append(f"<img src='{_link(name)}' alt='{words}' title='{words}'>")
    return "".join(tags)


def _link(name: str) -> str:
    return html.escape(quote(name), quote=True)
