"""pix2pix: translate an image, judged as a pair with its input (Isola et al. 2016, arXiv:1611.07004)."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import l1_loss, mse_loss

from course_gan.training.adversarial import Adversarial, Augment
from course_gan.training.batch import Batch, Pair, pair_of
from course_gan.training.game import Values


class Pix2Pix(Adversarial):
    """A translator against a discriminator of (input, image) pairs; batches are (input, target), each (b, c, h, w).

    generator: input -> image; discriminator: (b, input channels + image channels, h, w) -> patch logits.
    loss: a name of `course_gan.losses`.
    adversarial, l1, l2: weights of G's three terms; adversarial=0 leaves D out of the game.
    augment: as in `Adversarial`; it is given whole pairs (b, input channels + image channels, h, w), so that one map
        moves input and image alike.
    reuse_fakes: G's move takes the translations of D's move instead of making them again, as the published code does:
        one forward pass of G less a step, and its dropout falls the same in both moves.
    options: as in `Game`; the learning rate is the published one.
    D moves before G, and its loss is halved.
    """

    def __init__(
        self,
        generator: nn.Module,
        discriminator: nn.Module,
        loss: str = "non_saturating",
        adversarial: float = 1.0,
        l1: float = 100.0,
        l2: float = 0.0,
        augment: Augment | None = None,
        reuse_fakes: bool = False,
        **options: Any,
    ):
        players = {"discriminator": discriminator, "generator": generator}
        sides = {side: (side,) for side in players}
        super().__init__(players, sides, ("generator",), loss, augment, **options)
        self.generator = self.players["generator"]
        self.discriminator = self.players["discriminator"]
        self.adversarial = adversarial
        self.l1 = l1
        self.l2 = l2
        self.reuse_fakes = reuse_fakes

    def painted(self, batch: Batch) -> tuple[Tensor, ...]:
        """The target; the input may be of any range."""
        return pair_of(batch, "(input, target)")[1:]

    def discriminator_step(self, batch: Pair) -> Values:
        """Move D once on true and on translated pairs; G is frozen."""
        if not self.adversarial:
            return {}
        source, target = pair_of(batch, "(input, target)")
        if self.reuse_fakes:
            with self.turn("generator") as (generator,):
                self._handed = generator(source)
        with self.turn("discriminator") as (discriminator,):
            # judge
            real_logits = self.judge(discriminator, torch.cat([source, target], 1))  # (b, 1, h', w')
            fake = self.generator(source) if self._handed is None else self._handed.detach()
            fake_logits = self.judge(discriminator, torch.cat([source, fake], 1))
            loss = self.loss.discriminator(real_logits, fake_logits) / 2
        # step D
        return self.descend("discriminator", loss, real_logit=real_logits.mean(), fake_logit=fake_logits.mean())

    def generator_step(self, batch: Pair) -> Values:
        """Move G once: deceive D about the pair, and stay near the target."""
        source, target = pair_of(batch, "(input, target)")
        with self.turn("generator") as (generator,):
            # draw
            fake = generator(source) if self._handed is None else self._handed
            values = {"l1": l1_loss(fake, target), "l2": mse_loss(fake, target)}
            loss = self.l1 * values["l1"] + self.l2 * values["l2"]
            # judge
            if self.adversarial:
                real_logits = None
                if self.loss.needs_real:
                    real_logits = self.judge(self.discriminator, torch.cat([source, target], 1))
                fake_logits = self.judge(self.discriminator, torch.cat([source, fake], 1))
                values["adversarial"] = self.loss.generator(fake_logits, real_logits)
                loss = loss + self.adversarial * values["adversarial"]
        self._handed = None
        # step G
        return self.descend("generator", loss, **values)

    def sample(self, inputs: Tensor, ema: bool = True) -> Tensor:
        """Translations (b, c, h, w) of inputs, on the CPU; dropout stays on, its masks the same at every call.

        Batch norm uses its running statistics, so that an answer does not depend on the other images asked about.
        """
        return self.answer("generator", inputs, ema)
