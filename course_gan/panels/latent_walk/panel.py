"""Lesson 03: walk through a generator's latent space along directions that have a name."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from torch import Tensor

from course_gan import plots
from course_gan.errors import CourseError
from course_gan.panels.kit.controls import Slider
from course_gan.panels.kit.panel import Panel
from course_gan.panels.kit.threads import STAGE
from course_gan.panels.latent_walk.directions import Direction, principal_directions, random_directions
from course_gan.panels.latent_walk.walks import FRAMES, LONGEST, REACH, typical_length, walks
from course_gan.training import GAN

if TYPE_CHECKING:
    from ipywidgets import DOMWidget

SLIDERS = {
    "a": Slider("sample A", 0, 0, 63, 1),
    "b": Slider("sample B", 1, 0, 63, 1),
    "between": Slider("from A to B", 0.0, 0.0, 1.0, 0.02),
    "truncation": Slider("truncation ψ", 1.0, 0.0, LONGEST, 0.05),
}


class Latent(Panel):
    """Sliders on latent directions, a walk between two samples, and truncation, of a game's averaged generator.

    source: a `course_gan.training.GAN` of images, or a training panel, whose present game is then looked at.
    directions, random: how many principal and random directions there are. last: the direction moved last, by name.
    CourseError for a game without latents or images.
    """

    name = "latent"
    shows = "the present latent's picture; then from A to B, along the direction moved last, and ψ from 0 to 1.2"

    def __init__(self, source: Any, directions: int = 4, random: int = 2):
        self.source = source
        self._counts = (directions, random)
        self._learned = None  # the game that the directions belong to
        if getattr(self.game, "latent_dim", None) is None or self.game.sample(n=1).ndim != 4:
            raise CourseError("the latent panel needs a game whose generator turns latents into images, as lesson 03's")
        names = [direction.name for direction in self._directions()]
        self.sliders = SLIDERS | {name: Slider(name, 0.0, -REACH, REACH, 0.25) for name in names}
        self.last = names[0]
        super().__init__()

    @property
    def game(self) -> GAN:
        """The game that is looked at."""
        return getattr(self.source, "game", self.source)

    def _directions(self) -> list[Direction]:
        """The directions in the present game's latent space, found once a game."""
        if self._learned is not self.game:
            principal, random = self._counts
            with STAGE:
                self.directions = principal_directions(self.game, principal)
            self.directions += random_directions(self.game.latent_dim, random)
            self._learned = self.game
        return self.directions

    def latents(self) -> Tensor:
        """The present latent, and three rows of FRAMES: (1 + 3 · FRAMES, latent_dim)."""
        state = self.state
        fixed = self.game.fixed_latents
        return walks(
            fixed[state["a"]],
            fixed[state["b"]],
            between=state["between"],
            truncation=state["truncation"],
            directions=self._directions(),
            amounts=state,
            shown=self.last,
        )

    def sketch(self) -> tuple[Figure, Sequence[Artist]]:
        here, *rows = self.game.sample(self.latents()).split([1, FRAMES, FRAMES, FRAMES])
        images = torch.cat([part for row in rows for part in (here, row)])
        titles = ["here", *[""] * FRAMES]
        return plots.image_grid(images, FRAMES + 1, titles, ["A to B", "direction", "truncation"]), ()

    def read(self) -> str:
        length = self.latents()[0].norm().item()
        typical = typical_length(self.game.latent_dim)
        shown = next(direction for direction in self.directions if direction.name == self.last)
        share = "" if shown.share is None else f" ({shown.share:.0%} of the samples' variance)"
        return f"length <b>{length:.2f}</b> (typical: {typical:.1f}) &emsp; direction: <b>{self.last}</b>{share}"

    def set(self, name: str, value: float) -> None:
        """Set a, b (numbers of fixed latents), between, truncation, or how far to go along a direction of this name."""
        if name in self.sliders and name not in SLIDERS:
            self.last = name
        super().set(name, value)

    def reset(self) -> None:
        """Every slider where it was at the start."""
        for name, spec in self.sliders.items():
            self.state[name] = spec.start
            self.knobs[name].value = spec.start
        self.show()

    def controls(self) -> list["DOMWidget"]:
        buttons = self.buttons(
            ("Reset", self.reset, "every slider where it was at the start"),
            ("Refresh", self.show, "look at the game as it is now"),
        )
        return [self.slides(), buttons]
