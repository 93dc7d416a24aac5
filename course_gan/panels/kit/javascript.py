"""Widgets that are drawn by a script of our own, for what only a page can do: paint, read a file."""

from pathlib import Path
from typing import TYPE_CHECKING

from course_gan.panels.kit.controls import css_class, widgets

if TYPE_CHECKING:
    from anywidget import AnyWidget


PAINTER = Path(__file__).with_name("painter.js")  # a map to paint on
COMPARE = Path(__file__).with_name("compare.js")  # two pictures, and a border between them that moves


def scripted(script: Path, **state: bytes | bool | int | str | list) -> "AnyWidget":
    """A widget that a file of JavaScript draws, and whose state it shares, each entry by its name.

    script: an ES module with `render({model, el})`. CourseError where ipywidgets is not installed.
    """
    widgets()
    import anywidget
    import traitlets as t

    kinds = {bytes: t.CBytes, bool: t.Bool, int: t.Int, str: t.Unicode, list: t.List}
    members = {name: kinds[type(value)](value).tag(sync=True) for name, value in state.items()}
    members["_esm"] = script
    made = type(script.stem, (anywidget.AnyWidget,), members)
    return made().add_class(css_class(script.stem))
