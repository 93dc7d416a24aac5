"""One figure that follows a training: losses above, samples below."""

import time
from collections.abc import Mapping

import torch

from course_gan.plots.display import bundle, encode, in_notebook, picture
from course_gan.plots.grids import mosaic
from course_gan.plots.lines import curves
from course_gan.plots.plane import scatter
from course_gan.plots.style import WIDTH, as_array, blank, styled


class LiveFigure:
    """Show losses and samples while a game is trained, in one figure that is redrawn in place.

    losses: names of the record's values to draw, by default all; every: seconds between two drawings at least, and
    never more than a tenth of the time is spent drawing. columns: images a row; real, modes: for samples of the plane.
    Outside a notebook nothing is drawn until `figure()` is asked for. The last state is drawn when the cell ends,
    by itself, also when it was interrupted.
    """

    def __init__(self, losses=None, every=2.0, columns=16, caption="", key=False, real=None, modes=None):
        self.losses, self.every, self.columns, self.key = losses, every, columns, key
        self.caption = caption or "Losses of the two players over the steps, and below them samples of the generator."
        self.real, self.modes, self.images = real, modes, None
        self.rows = []  # of (step, values of the losses, still on their device)
        self._next, self._handle = 0.0, None

    @property
    def steps(self):
        """The steps of the records so far."""
        return [step for step, _ in self.rows]

    def update(self, record, images=None):
        """Take in one record (step and values, or a dict of losses) and redraw when it is time.

        images: float in [-1, 1] (n, c, h, w), points (n, 2), or a callable that makes them, called only to be drawn.
        """
        values = record if isinstance(record, Mapping) else record.values
        step = getattr(record, "step", values.get("step", len(self.rows)))
        self.losses = self.losses or [name for name in values if name != "step"]
        row = torch.stack([torch.as_tensor(values[name]).detach().float() for name in self.losses])
        self.rows.append((int(step), row))
        self.images = self.images if images is None else images
        if in_notebook() and time.monotonic() >= self._next:
            self._redraw()

    def close(self, *_):
        """Draw the last state for good, with caption and alternative text; called by itself when the cell ends."""
        handle, self._handle = self._handle, None
        if handle is not None:
            self._shell.events.unregister("post_run_cell", self.close)
            data, metadata = bundle(self.figure(), self.caption, self.key)
            handle.update(data, raw=True, metadata=metadata)

    @styled
    def figure(self):
        """The Figure as of now."""
        # One synchronisation with the device a drawing.
        table = torch.stack([row for _, row in self.rows]).cpu().numpy().T if self.rows else []
        history = dict(zip(self.losses or [], table))
        images = self.images() if callable(self.images) else self.images
        if images is None:
            return curves(history, x=self.steps)
        images = as_array(images)
        plane = images.ndim == 2
        sheet = None if plane else mosaic(images, min(self.columns, len(images)))
        below = 4.2 if plane else min(WIDTH * sheet.shape[0] / sheet.shape[1], 6.0)
        figure = blank(2.6 + below)
        above, lower = figure.subfigures(2, 1, height_ratios=[2.6, below])
        curves(history, x=self.steps, axes=above.subplots())
        if plane:
            scatter(self.real, images, self.modes, axes=lower.subplots())
        else:
            axes = lower.add_axes((0.01, 0.01, 0.98, 0.98))
            axes.imshow(sheet, interpolation="antialiased")
            axes.set_axis_off()
        return figure

    def _redraw(self):
        from IPython import display, get_ipython

        started = time.monotonic()
        image = {"image/png": encode(picture(self.figure()), compress_level=1)}
        if self._handle is not None:
            self._handle.update(image, raw=True)
        else:
            self._shell, self._handle = get_ipython(), display.display(image, raw=True, display_id=True)
            self._shell.events.register("post_run_cell", self.close)
        now = time.monotonic()
        self._next = now + max(self.every, 9 * (now - started))
