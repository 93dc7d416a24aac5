"""What games with a discriminator share: an objective, and what stands between an image and D."""

from collections.abc import Callable
from typing import Any

from torch import Tensor, nn

from course_gan import losses
from course_gan.training.game import Game

Augment = Callable[[Tensor], Tensor]


class Adversarial(Game):
    """A game in which D's logits of real and fake images are the arguments of an objective.

    players, sides, averaged, options: as in `Game`. loss: a name of `course_gan.losses`, else ValueError.
    augment: images -> images of the same shape, differentiable; applied to all that any D sees, real and fake, in
        every side's move (DiffAugment, arXiv:2006.10738; ADA, arXiv:2006.06676). It draws from torch's global
        random state, which inside a move is the move's own. Penalties are taken with respect to what it is given.
        If it has a state_dict, that is part of the game's.
    """

    def __init__(
        self,
        players: dict[str, nn.Module],
        sides: dict[str, tuple[str, ...]],
        averaged: tuple[str, ...],
        loss: str,
        augment: Augment | None = None,
        **options: Any,
    ):
        super().__init__(players, sides, averaged, **options)
        self.loss = losses.get(loss)
        self.augment = augment
        if isinstance(augment, nn.Module):
            augment.to(self.backend.device)
        if hasattr(augment, "state_dict"):
            self.extras["augment"] = augment

    def judge(self, discriminator: nn.Module, images: Tensor, *conditions: Tensor) -> Tensor:
        """The discriminator's logits of images (b, ...), seen through `augment`, and of their conditions if any."""
        if self.augment is not None:
            images = self.augment(images)
        return discriminator(images, *conditions)
