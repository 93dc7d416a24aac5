"""Lesson 07: paint a label map with the mouse, and see what the generator makes of it."""

import time
from functools import partial
from pathlib import Path

import torch

from course_gan import data, plots
from course_gan.errors import CourseError
from course_gan.panels.kit.frame import Panel, row, scripted
from course_gan.panels.map_painter.painting import answered, filled, painter_of

SCRIPT = Path(__file__).with_name("painter.js")
SIDE = 384  # screen pixels of the map and of the answer
CLASSES = list(zip(data.MAP_CLASSES, data.MAP_COLOURS.tolist()))


class Painter(Panel):
    """A map under the learner's brush, and beside it the generator's answer to each stroke.

    source: as for `painter_of`; size: side of the map in pixels, one that the generator takes.
    labels: the map as it is, uint8 (size, size); past: those before it, the last one at the end; label: the class that
    is painted, a number.
    """

    name = "painter"
    shows = "at the left your map, at the right the generator's picture of it"
    welcome = "choose a class and paint on the map; or go there by Tab, move with the arrow keys and press Space"

    def __init__(self, source=None, size: int = 64, seed: int = 9):
        super().__init__()
        self.source, self.canvas, self.label, self.past = painter_of(source), None, 0, []
        self.labels = data.colour_decode(data.texture_maps(1, size, seed, "test").inputs.images)[0].byte()
        self.sketch()  # a size that the generator does not take is told now

    def put(self, labels: torch.Tensor, done: str, undoable: bool = True) -> None:
        """Take another map, and say what was done; unless it is an undo, the one before can be had again by undo."""
        self.past += [self.labels] * undoable
        self.labels = labels
        if self.canvas is not None:
            self.canvas.labels = labels.numpy().tobytes()
        self.show(done)

    def undo(self) -> None:
        """The map before the last change."""
        if not self.past:
            raise CourseError("nothing to undo: this is the map as it was at the start")
        self.put(self.past.pop(), "undone", undoable=False)

    def clear(self) -> None:
        """A map of nothing but the present class."""
        self.put(torch.full_like(self.labels, self.label), f"nothing but {CLASSES[self.label][0]}")

    def fill(self, x: int, y: int) -> None:
        """Give the region at column x of row y the present class."""
        self.put(filled(self.labels, x, y, self.label), f"filled with {CLASSES[self.label][0]}")

    def _painted(self, labels):
        labels = torch.frombuffer(bytearray(labels), dtype=torch.uint8).view_as(self.labels)
        if not labels.equal(self.labels):  # or it was not the brush that changed it
            self.put(labels, f"painted {CLASSES[self.label][0]}")

    def sketch(self):
        began = time.perf_counter()
        picture = answered(self.source, self.labels)[1:]
        self.seconds = time.perf_counter() - began
        return plots.image_grid(picture, scale=SIDE / 144), ()

    def read(self):
        shares = (f"{name} <b>{(self.labels == k).float().mean():.0%}</b>" for k, (name, _) in enumerate(CLASSES))
        return f"{', '.join(shares)} &emsp; answered in {self.seconds:.2f} s"

    def controls(self):
        side, labels = len(self.labels), self.labels.numpy().tobytes()
        state = {"labels": labels, "shape": [side, side, max(1, SIDE // side)], "classes": CLASSES}
        canvas = self.canvas = scripted(SCRIPT, **state, label=self.label, brush=9, fill=False)
        canvas.observe(self.guarded(lambda change: self._painted(change["new"])), "labels")
        canvas.observe(lambda change: setattr(self, "label", change["new"]), "label")
        canvas.on_msg(self.guarded(lambda _, message, buffers: self.fill(*message["fill"])))
        self.beside = [canvas]
        brush = self.knob("IntSlider", "brush", "brush", partial(setattr, canvas, "brush"), value=9, min=1, max=32)
        fill = self.knob("Checkbox", "fill", "fill whole regions", partial(setattr, canvas, "fill"))
        undo = "Undo", self.undo, "the map before the last change"
        return [row(brush, fill, self.buttons(undo, ("Clear", self.clear, "nothing but the chosen class")))]

    def figure(self):
        return plots.image_grid(answered(self.source, self.labels), titles=["a map", "painted"], scale=2.0)
