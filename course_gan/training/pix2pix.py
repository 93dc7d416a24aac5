"""pix2pix: translate an image, judged as a pair with its input (Isola et al. 2016, arXiv:1611.07004)."""

import torch
from torch import Tensor, nn
from torch.nn.functional import l1_loss, mse_loss

from course_gan import losses
from course_gan.training.game import Game, Pair, Values


class Pix2Pix(Game):
    """A translator against a discriminator of (input, image) pairs; batches are (input, target), each (b, c, h, w).

    generator: input -> image; discriminator: (b, input channels + image channels, h, w) -> patch logits.
    adversarial, l1, l2: weights of G's three terms; adversarial=0 leaves D out of the game.
    options: as in `Game`; the learning rate is the published one.
    D moves before G, and its loss is halved.
    """

    def __init__(
        self, generator: nn.Module, discriminator: nn.Module, loss: str = "non_saturating",
        adversarial: float = 1.0, l1: float = 100.0, l2: float = 0.0, **options,
    ):  # fmt: skip
        players = {"discriminator": discriminator, "generator": generator}
        super().__init__(players, {side: (side,) for side in players}, ("generator",), **options)
        self.generator, self.discriminator = self.players["generator"], self.players["discriminator"]
        self.loss, self.adversarial, self.l1, self.l2 = losses.get(loss), adversarial, l1, l2

    def discriminator_step(self, batch: Pair) -> Values:
        """Move D once on true and on translated pairs; G is frozen."""
        if not self.adversarial:
            return {}
        source, target = batch
        with self.turn("discriminator") as (discriminator,):
            real_logits = discriminator(torch.cat([source, target], 1))  # (b, 1, h', w')
            fake_logits = discriminator(torch.cat([source, self.generator(source)], 1))
            loss = self.loss.discriminator(real_logits, fake_logits) / 2
        return self.descend("discriminator", loss, real_logit=real_logits.mean(), fake_logit=fake_logits.mean())

    def generator_step(self, batch: Pair) -> Values:
        """Move G once: deceive D about the pair, and stay near the target."""
        source, target = batch
        with self.turn("generator") as (generator,):
            fake = generator(source)
            values = {"l1": l1_loss(fake, target), "l2": mse_loss(fake, target)}
            loss = self.l1 * values["l1"] + self.l2 * values["l2"]
            if self.adversarial:
                values["adversarial"] = self.loss.generator(self.discriminator(torch.cat([source, fake], 1)))
                loss = loss + self.adversarial * values["adversarial"]
        return self.descend("generator", loss, **values)

    def sample(self, inputs: Tensor, ema: bool = True) -> Tensor:
        """Translations (b, c, h, w) of inputs, on the CPU; dropout stays on, its masks the same at every call.

        Batch norm uses its running statistics, so that an answer does not depend on the other images asked about.
        """
        return self.answer("generator", inputs, ema)
