"""Lesson 03: walk through a generator's latent space along directions that have a name."""

import numpy as np
import torch
from torch import Tensor

from course_gan.errors import CourseError
from course_gan.panels.directions import great_circle, principal_directions, random_directions
from course_gan.panels.frame import STAGE, Panel, row
from course_gan.panels.picture import Picture
from course_gan.plots.grids import mosaic
from course_gan.plots.style import DPI, blank, styled

FRAMES = 9  # pictures in each of the three rows


class Latent(Panel):
    """Sliders on latent directions, a walk between two samples, and truncation, of a game's averaged generator.

    source: a `course_gan.training.GAN` of images, or a training panel, whose present game is then looked at.
    """

    name = "latent"
    shows = (
        "left, the picture of the present latent; right, three rows through it: the walk from sample A to B, from −5 to "
        "5 along the direction moved last, and truncation ψ from 0 to 1.2"
    )

    def __init__(self, source, directions: int = 4, random: int = 2):
        super().__init__()
        self.source, self._counts = source, (directions, random)
        if getattr(self.game, "latent_dim", None) is None or self.game.sample(n=1).ndim != 4:
            raise CourseError("the latent panel needs a game whose generator turns latents into images, as lesson 03's")
        self.state = {"a": 0, "b": 1, "between": 0.0, "truncation": 1.0}
        self._learn()

    @property
    def game(self):
        """The game that is looked at."""
        return getattr(self.source, "game", self.source)

    def _learn(self):
        self._learned = self.game
        principal, random = self._counts
        with STAGE:
            self.directions = principal_directions(self.game, principal)
        self.directions += random_directions(self.game.latent_dim, random)
        self.amounts, self.last = [0.0] * len(self.directions), 0

    def latents(self) -> Tensor:
        """The present latent, and three rows of FRAMES: (1 + 3 · FRAMES, latent_dim)."""
        state, vectors = self.state, torch.stack([d.vector for d in self.directions])
        ends = (self.game.fixed_latents[state[name]] for name in "ab")
        road = torch.cat([torch.tensor([state["between"]]), torch.linspace(0, 1, FRAMES)])
        shift = (torch.tensor(self.amounts)[:, None] * vectors).sum(0)
        here, *walk = great_circle(*ends, road) + shift
        along = torch.linspace(-5, 5, FRAMES)[:, None] - self.amounts[self.last]
        psi = state["truncation"]
        rows = [psi * torch.stack(walk), psi * (here + along * vectors[self.last])]
        rows.append(torch.linspace(0, 1.2, FRAMES)[:, None] * here)
        return torch.cat([psi * here[None], *rows])

    def _pictures(self):
        with STAGE:
            images = self.game.sample(self.latents())
        return mosaic(images[:1], 1), mosaic(images[1:], FRAMES)

    @styled
    def draw(self):
        large, rows = self._pictures()
        wide, height, top = 9.2, 2.3, 0.3  # inches
        across = min(6.2, height * rows.shape[1] / rows.shape[0])
        figure = blank(height + top, wide)
        figure.set_layout_engine("none")
        scale = np.array([wide, height + top, wide, height + top])
        down = across * rows.shape[0] / rows.shape[1]
        left = figure.add_axes(np.array([0, height - down, down, down]) / scale)
        right = figure.add_axes(np.array([wide - across, height - down, across, down]) / scale)
        for axes in (left, right):
            axes.set_axis_off()
        left.set_title("here", fontsize=10)
        right.set_title("through here", fontsize=10)
        for i, text in enumerate(("A to B", "direction", "truncation")):
            at = (wide - across - 0.1) / wide, (height - down + down * (5 - 2 * i) / 6) / (height + top)
            figure.text(*at, text, ha="right", va="center", fontsize=9)
        zoom = down * DPI / large.shape[0]
        shown = [left.imshow(large, interpolation="nearest" if zoom > 2 else "antialiased"), right.imshow(rows)]
        shown[1].set_interpolation("antialiased")
        return Picture(figure, shown)

    def set(self, **changes) -> None:
        """Set a, b (numbers of fixed latents), between, truncation, or an amount by a direction's name."""
        names = [direction.name for direction in self.directions]
        limits = {"a": (0, 63), "b": (0, 63), "between": (0, 1), "truncation": (0, 1.2)} | dict.fromkeys(names, (-5, 5))
        for name, value in changes.items():
            low, high = limits.get(name, (None, None))
            if low is None:
                raise CourseError(f"the panel has no {name!r}: it has {', '.join(limits)}")
            if not low <= value <= high:
                raise CourseError(f"{name} is {value!r}, but has to be from {low} to {high}")
            if name in names:
                self.amounts[names.index(name)], self.last = float(value), names.index(name)
            else:
                self.state[name] = value
        self.show()

    def show(self) -> None:
        """Bring the page up to the present state, and to the present game."""
        if self.picture is None:
            return
        if self.game is not self._learned:
            amounts = self.amounts
            self._learn()
            self.amounts = amounts
            self.picture = self.draw()
        for shown, pixels in zip(self.picture.moving, self._pictures()):
            shown.set_data(pixels)
        self.refresh()
        length, shown = self.latents()[0].norm().item(), self.directions[self.last]
        share = "" if shown.share is None else f" ({shown.share:.0%} of the samples' variance)"
        self.readout.value = (
            f"length of the latent <b>{length:.2f}</b> (typical: {np.sqrt(self.game.latent_dim):.1f}) &emsp; "
            f"direction shown: <b>{shown.name}</b>{share}"
        )

    def reset(self) -> None:
        """All directions at 0, nothing truncated, at sample A."""
        self.amounts = [0.0] * len(self.directions)
        self.state |= {"between": 0.0, "truncation": 1.0}
        for name, knob in self.knobs.items():
            knob.value = self.state.get(name, 0.0)
        self.show()

    def controls(self):
        def one(kind, css, name, label, **options):
            knob = self.knob(kind, css, label, lambda: self.set(**{name: knob.value}), **options)
            self.knobs[name] = knob
            return knob

        self.knobs = {}
        ends = [one("IntSlider", n, n, f"sample {n.upper()}", value=self.state[n], min=0, max=63) for n in "ab"]
        ends.append(one("FloatSlider", "between", "between", "from A to B", value=0.0, min=0, max=1, step=0.02))
        ends.append(
            one("FloatSlider", "truncation", "truncation", "truncation ψ", value=1.0, min=0, max=1.2, step=0.05)
        )
        moves = [
            one("FloatSlider", f"direction-{i}", direction.name, direction.name, value=0.0, min=-5, max=5, step=0.25)
            for i, direction in enumerate(self.directions)
        ]
        again = self.button("Reset", self.reset, "all directions at 0")
        return [row(*ends), row(*moves), row(again, self.button("Refresh", self.show, "look at the game as it is now"))]

    def open(self):
        box = super().open()
        self.show()
        return box
