"""One figure that follows a training: losses above, samples below."""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from matplotlib.figure import Figure
from torch import Tensor

from course_gan.plots.display import bundle, encode, in_notebook, picture
from course_gan.plots.grids import mosaic
from course_gan.plots.lines import curves
from course_gan.plots.plane import scatter
from course_gan.plots.style import WIDTH, as_array, blank, styled

CAPTION = "Losses of the two players over the steps, and below them samples of the generator."
ABOVE = 2.6  # inches: height of the losses where samples stand below them


class LiveFigure:
    """Show losses and samples while a game is trained, in one figure that is redrawn in place.

    losses: names of the record's values to draw, by default all.
    every: seconds between two drawings at least, and never more than a tenth of the time is spent drawing; with
    math.inf it is drawn only when `figure()` is asked for, as it is outside a notebook.
    columns: images per row; caption, key: as for `plots.show`; real (n, 2), modes (m, 2): for samples of the plane.
    The last state is drawn when the cell ends, by itself, also when it was interrupted.
    """

    def __init__(
        self,
        losses: Sequence[str] | None = None,
        every: float = 2.0,
        columns: int = 16,
        caption: str = "",
        key: bool = False,
        real: Tensor | None = None,
        modes: Tensor | None = None,
    ):
        self.losses = losses
        self.every = every
        self.columns = columns
        self.caption = caption or CAPTION
        self.key = key
        self.real = real
        self.modes = modes
        self.images: Tensor | np.ndarray | Callable | None = None
        self.rows: list[tuple[int, Tensor]] = []  # of (step, values of the losses, still on their device)
        self._next = 0.0
        self._shell = None
        self._handle = None

    @property
    def steps(self) -> list[int]:
        """The steps of the records so far."""
        return [step for step, _ in self.rows]

    def update(self, record: Any, images: Tensor | np.ndarray | Callable | None = None) -> None:
        """Take in one record (with `step` and `values`, or a dict of losses) and redraw when it is time.

        images: float in [-1, 1] (n, c, h, w), points (n, 2), or a callable that makes them, called only to be drawn.
        """
        values = record if isinstance(record, Mapping) else record.values
        step = getattr(record, "step", values.get("step", len(self.rows)))
        self.losses = self.losses or [name for name in values if name != "step"]
        row = torch.stack([torch.as_tensor(values[name]).detach().float() for name in self.losses])
        self.rows.append((int(step), row))
        if images is not None:
            self.images = images
        if self.every < math.inf and in_notebook() and time.monotonic() >= self._next:
            self._redraw()

    def close(self, *_: Any) -> None:
        """Draw the last state for good, with caption and alternative text; called by itself when the cell ends."""
        handle = self._handle
        self._handle = None
        if handle is not None:
            self._shell.events.unregister("post_run_cell", self.close)
            data, metadata = bundle(self.figure(), self.caption, self.key)
            handle.update(data, raw=True, metadata=metadata)

    @styled
    def figure(self) -> Figure:
        """The Figure as of now."""
        history = self._history()
        images = self.images() if callable(self.images) else self.images
        if images is None:
            return curves(history, x=self.steps)
        images = as_array(images)
        plane = images.ndim == 2
        sheet = None if plane else mosaic(images, min(self.columns, len(images)))
        below = 4.2 if plane else min(WIDTH * sheet.shape[0] / sheet.shape[1], 6.0)
        figure = blank(ABOVE + below)
        upper, lower = figure.subfigures(2, 1, height_ratios=[ABOVE, below])
        curves(history, x=self.steps, axes=upper.subplots())
        if plane:
            scatter(self.real, images, self.modes, axes=lower.subplots())
        else:
            axes = lower.add_axes((0.01, 0.01, 0.98, 0.98))
            axes.imshow(sheet, interpolation="antialiased")
            axes.set_axis_off()
        return figure

    def _history(self) -> dict[str, np.ndarray]:
        """Each loss over the records: name -> (n,); one synchronisation with the device."""
        if not self.rows:
            return {}
        table = torch.stack([row for _, row in self.rows]).cpu().numpy()  # (n, losses)
        return dict(zip(self.losses, table.T))

    def _redraw(self) -> None:
        from IPython import display, get_ipython

        started = time.monotonic()
        image = {"image/png": encode(picture(self.figure()), compress_level=1)}
        if self._handle is None:
            self._shell = get_ipython()
            self._handle = display.display(image, raw=True, display_id=True)
            self._shell.events.register("post_run_cell", self.close)
        else:
            self._handle.update(image, raw=True)
        now = time.monotonic()
        self._next = now + max(self.every, 9 * (now - started))
