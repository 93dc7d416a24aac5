"""Where the fakes of a game of the plane have been, and how many modes were found on the way."""

import numpy as np
import torch
from torch import Tensor

from course_gan.panels.plane_game.players import PlaneGame
from course_gan.plots.style import as_array

TAIL = 12  # places of a sample that are remembered
FOLLOWED = 24  # samples that are followed
DRAWN = 1000  # scores of the curve that are drawn, about


class Trail:
    """The last TAIL places of FOLLOWED samples, and the modes found at each step that was noted.

    path: samples (FOLLOWED, 2), the present ones last; scores: (step, modes found), NaN where there are no modes;
    share: how much of the samples is near a mode now, or None.
    """

    def __init__(self, players: PlaneGame):
        self.players = players
        self.path: list[Tensor] = []
        self.scores: list[tuple[int, float]] = []
        self.share: float | None = None

    def note(self, ema: bool = False) -> None:
        """Remember where the fakes are now, those of the averaged generator with ema=True."""
        found, self.share = self.players.found(ema) or (float("nan"), None)
        game = self.players.game
        self.path = [*self.path, game.sample(n=FOLLOWED, ema=ema)][-TAIL:]
        self.scores.append((game.steps, found))

    def turn(self) -> None:
        """Forget the places, since other samples are followed from now on; the scores stay."""
        self.path = []

    def clear(self) -> None:
        """Forget places and scores."""
        self.path = []
        self.scores = []

    def tails(self) -> np.ndarray:
        """The way of each sample: (FOLLOWED, places, 2), the present one last."""
        return as_array(torch.stack(self.path)).transpose(1, 0, 2)

    def curve(self) -> tuple[np.ndarray, np.ndarray]:
        """Steps and modes found, (n,) each, thinned to at most some DRAWN of them."""
        thin = 1 + len(self.scores) // DRAWN
        steps, found = np.array(self.scores[::thin]).T
        return steps, found
