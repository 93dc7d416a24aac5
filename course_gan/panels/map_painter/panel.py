"""Lesson 07: paint a label map with the mouse, and see what the generator makes of it."""

import time
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import torch
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from torch import Tensor

from course_gan import data, plots
from course_gan.errors import CourseError
from course_gan.panels.kit.controls import row
from course_gan.panels.kit.javascript import PAINTER, scripted
from course_gan.panels.kit.panel import Panel
from course_gan.panels.map_painter.painting import answered, class_shares, filled, painter_of, subject_of

if TYPE_CHECKING:
    from ipywidgets import DOMWidget

SIDE = 384  # screen pixels of the map and of the answer
BRUSH = 9  # pixels of the map: the brush's diameter at the start
LARGEST_BRUSH = 32
LATITUDE = 10  # degrees north, at the start


class Painter(Panel):
    """A map under the learner's brush, and beside it the generator's answer to each stroke.

    source: as for `painter_of`; size: side of the map in pixels, one that the generator takes, None for the usual one;
    seed: of the first map.
    subject: what is painted, with its classes; labels: the map as it is, uint8 (size, size); past: those before it, the
    last one at the end; label: the class that is painted, a number; latitude: where heights lie, degrees; seconds: how
    long the last answer took. CourseError for another source, ValueError for a size that the generator does not take.
    """

    name = "painter"
    shows = "at the left your map, at the right the generator's picture of it"
    welcome = "choose a class and paint on the map; or go there by Tab, move with the arrow keys and press Space"

    def __init__(self, source: Any = None, size: int | None = None, seed: int = 9):
        super().__init__()
        self.source = painter_of(source)
        self.subject = subject_of(self.source)
        self.labels = self.subject.first(size or self.subject.size, seed)
        self.past: list[Tensor] = []
        self.label = 0
        self.latitude = LATITUDE
        self.seconds = 0.0
        self.canvas = None
        self.sketch()  # a size that the generator does not take is told now

    def put(self, labels: Tensor, done: str, undoable: bool = True) -> None:
        """Take another map, and say what was done; unless it is an undo, the one before can be had again by undo."""
        if undoable:
            self.past.append(self.labels)
        self.labels = labels
        if self.canvas is not None:
            self.canvas.labels = labels.numpy().tobytes()
        self.show(done)

    def undo(self) -> None:
        """The map before the last change; CourseError where there is none."""
        if not self.past:
            raise CourseError("nothing to undo: this is the map as it was at the start")
        self.put(self.past.pop(), "undone", undoable=False)

    def clear(self) -> None:
        """A map of nothing but the present class."""
        self.put(torch.full_like(self.labels, self.label), f"nothing but {self.subject.classes[self.label]}")

    def fill(self, x: int, y: int) -> None:
        """Give the region at column x of row y the present class."""
        self.put(filled(self.labels, x, y, self.label), f"filled with {self.subject.classes[self.label]}")

    def _painted(self, content: bytes) -> None:
        labels = torch.frombuffer(bytearray(content), dtype=torch.uint8).view_as(self.labels)
        if not labels.equal(self.labels):  # or it was not the brush that changed it
            self.put(labels, f"painted {self.subject.classes[self.label]}")

    def sketch(self) -> tuple[Figure, Sequence[Artist]]:
        began = time.perf_counter()
        picture = answered(self.source, self.labels, self.latitude)[1:]
        self.seconds = time.perf_counter() - began
        return plots.image_grid(picture, scale=SIDE / 144), ()

    def read(self) -> str:
        shares = ", ".join(
            f"{name} <b>{share:.0%}</b>" for name, share in class_shares(self.labels, self.subject.classes).items()
        )
        return f"{shares} &emsp; answered in {self.seconds:.2f} s"

    def controls(self) -> list["DOMWidget"]:
        self.canvas = self._make_canvas()
        self.beside = [self.canvas]
        widen = partial(setattr, self.canvas, "brush")
        brush = self.knob("IntSlider", "brush", "brush", widen, value=BRUSH, min=1, max=LARGEST_BRUSH)
        fill = self.knob("Checkbox", "fill", "fill whole regions", partial(setattr, self.canvas, "fill"))
        buttons = self.buttons(
            ("Undo", self.undo, "the map before the last change"),
            ("Clear", self.clear, "nothing but the chosen class"),
        )
        if not self.subject.has_latitude:
            return [row(brush, fill, buttons)]
        where = self.knob("IntSlider", "latitude", "latitude °", self._moved, value=self.latitude, min=-60, max=75)
        return [row(brush, fill, buttons), row(where)]

    def _moved(self, latitude: int) -> None:
        self.latitude = latitude
        self.show(f"{abs(latitude)}° {'north' if latitude >= 0 else 'south'}")

    def _make_canvas(self) -> "DOMWidget":
        """The map to paint on: painter.js hands over a stroke when it ends, the chosen class, and a place to fill."""
        side = len(self.labels)
        canvas = scripted(
            PAINTER,
            labels=self.labels.numpy().tobytes(),
            shape=[side, side, max(1, SIDE // side)],
            classes=list(zip(self.subject.classes, self.subject.colours.tolist())),
            label=self.label,
            brush=BRUSH,
            fill=False,
        )
        canvas.observe(self.guarded(lambda change: self._painted(change["new"])), "labels")
        canvas.observe(lambda change: setattr(self, "label", change["new"]), "label")
        canvas.on_msg(self.guarded(lambda _, message, buffers: self.fill(*message["fill"])))
        return canvas

    def figure(self) -> Figure:
        pictures = data.to_uint8(answered(self.source, self.labels, self.latitude))
        return plots.image_grid(data.resize(pictures, 320), titles=["a map", "painted"])
