"""Lesson 03: walk through a generator's latent space along directions that have a name."""

import numpy as np
import torch
from torch import Tensor

from course_gan import plots
from course_gan.errors import CourseError
from course_gan.panels.kit.frame import Panel
from course_gan.panels.kit.threads import STAGE
from course_gan.panels.latent_walk.directions import great_circle, principal_directions, random_directions

FRAMES = 7  # pictures in each of the three rows
REACH = 5.0  # how far a slider goes along a direction
# name: label, start, least, largest value, step
SLIDERS = {
    "a": ("sample A", 0, 0, 63, 1),
    "b": ("sample B", 1, 0, 63, 1),
    "between": ("from A to B", 0.0, 0.0, 1.0, 0.02),
    "truncation": ("truncation ψ", 1.0, 0.0, 1.2, 0.05),
}


class Latent(Panel):
    """Sliders on latent directions, a walk between two samples, and truncation, of a game's averaged generator.

    source: a `course_gan.training.GAN` of images, or a training panel, whose present game is then looked at.
    directions, random: how many principal and random directions there are.
    """

    name = "latent"
    shows = "the present latent's picture; then from A to B, along the direction moved last, and ψ from 0 to 1.2"

    def __init__(self, source, directions: int = 4, random: int = 2):
        self.source, self._counts, self._learned = source, (directions, random), None
        if getattr(self.game, "latent_dim", None) is None or self.game.sample(n=1).ndim != 4:
            raise CourseError("the latent panel needs a game whose generator turns latents into images, as lesson 03's")
        names = [direction.name for direction in self._directions()]
        self.sliders = SLIDERS | {name: (name, 0.0, -REACH, REACH, 0.25) for name in names}
        self.last = names[0]
        super().__init__()

    @property
    def game(self):
        """The game that is looked at."""
        return getattr(self.source, "game", self.source)

    def _directions(self):
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
        state, vectors = self.state, {d.name: d.vector for d in self._directions()}
        road = torch.cat([torch.tensor([state["between"]]), torch.linspace(0, 1, FRAMES)])
        shift = sum(state[name] * vector for name, vector in vectors.items())
        here, *walk = great_circle(*(self.game.fixed_latents[state[end]] for end in "ab"), road) + shift
        along = here + (torch.linspace(-REACH, REACH, FRAMES)[:, None] - state[self.last]) * vectors[self.last]
        shortened = torch.linspace(0, 1.2, FRAMES)[:, None] * here
        return torch.cat([state["truncation"] * torch.stack([here, *walk, *along]), shortened])

    def sketch(self):
        here, *rows = self.game.sample(self.latents()).split([1, FRAMES, FRAMES, FRAMES])
        images = torch.cat([part for row in rows for part in (here, row)])
        titles = ["here", *[""] * FRAMES]
        return plots.image_grid(images, FRAMES + 1, titles, ["A to B", "direction", "truncation"]), ()

    def read(self):
        length, typical = self.latents()[0].norm().item(), np.sqrt(self.game.latent_dim)
        shown = next(direction for direction in self.directions if direction.name == self.last)
        share = "" if shown.share is None else f" ({shown.share:.0%} of the samples' variance)"
        return f"length <b>{length:.2f}</b> (typical: {typical:.1f}) &emsp; direction: <b>{self.last}</b>{share}"

    def set(self, name: str, value: float) -> None:
        """Set a, b (numbers of fixed latents), between, truncation, or how far to go along a direction of this name."""
        self.last = self.last if name in SLIDERS or name not in self.sliders else name
        super().set(name, value)

    def reset(self) -> None:
        """Every slider where it was at the start."""
        for name, (_, start, *_) in self.sliders.items():
            self.state[name] = self.knobs[name].value = start
        self.show()

    def controls(self):
        again = "Reset", self.reset, "every slider where it was at the start"
        return [self.slides(), self.buttons(again, ("Refresh", self.show, "look at the game as it is now"))]
