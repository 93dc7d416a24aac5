"""AdaIN: a decoder learns to paint content in the statistics of any style (Huang & Belongie 2017, arXiv:1703.06868)."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, mse_loss

from course_gan.models import adain, channel_statistics
from course_gan.training.batch import Batch, Pair, pair_of
from course_gan.training.game import Game, Values

WANTED = "(content, style)"


class AdaIN(Game):
    """A frozen encoder and a decoder that learns; no discriminator. Batches are (content, style), each (b, c, h, w).

    encoder: images -> list of features, deepest last; decoder: deepest features -> images.
    content, style: weights of the two losses, published 1 and 10.
    pretrain: steps in which encoder and decoder first learn together, as an autoencoder of both images, to see
        without ImageNet; 0 for an encoder that can.
    normalise: compare statistics in units of the style's own spread, channel by channel, the pixels' included: needed
        where no one balanced the channels, as in an encoder trained here. False is the paper's loss.
    scales: compare statistics also of the images at half the size, at a quarter, …: a small encoder sees no further
        than a few pixels. The style loss is their mean; 1 is the paper's.
    lr, betas: as published. options: as in `Game`.
    """

    def __init__(
        self,
        encoder: nn.Module,
        decoder: nn.Module,
        content: float = 1.0,
        style: float = 10.0,
        pretrain: int = 0,
        normalise: bool = False,
        scales: int = 1,
        lr: float = 1e-4,
        betas: tuple[float, float] = (0.9, 0.999),
        **options: Any,
    ):
        sides = {"generator": ("decoder",)}
        if pretrain:
            sides = {"autoencoder": ("encoder", "decoder")} | sides
        super().__init__({"encoder": encoder, "decoder": decoder}, sides, ("decoder",), lr, betas, **options)
        self.encoder = self.players["encoder"]
        self.decoder = self.players["decoder"]
        self.content = content
        self.style = style
        self.pretrain = pretrain
        self.normalise = normalise
        self.scales = scales

    def painted(self, batch: Batch) -> tuple[Tensor, ...]:
        """Content and style."""
        return pair_of(batch, WANTED)

    def moves(self, batches: Iterator) -> Values:
        """One move: of the autoencoder for the first `pretrain` steps, then of the decoder."""
        batch = self.next_batch(batches)
        if self.steps < self.pretrain:
            return self.autoencoder_step(batch)
        return self.generator_step(batch)

    def autoencoder_step(self, batch: Pair) -> Values:
        """Move encoder and decoder once, towards giving images back."""
        images = torch.cat(pair_of(batch, WANTED))
        with self.turn("autoencoder") as (encoder, decoder):
            loss = mse_loss(decoder(encoder(images)[-1]), images)
        return self.descend("autoencoder", loss)

    def generator_step(self, batch: Pair) -> Values:
        """Move the decoder once; the encoder is frozen, but the gradient passes through it."""
        content, style = pair_of(batch, WANTED)
        with self.turn("generator") as (decoder,):
            wanted = self._looks(style)
            target = adain(self.encoder(content)[-1], wanted[0][-1])
            found = self._looks(decoder(target))
            content_loss = mse_loss(found[0][-1], target)
            if self.normalise:
                content_loss = content_loss / target.float().var()
            distances = [self._distance(*pair) for look in zip(found, wanted) for pair in zip(*look)]
            style_loss = sum(distances) / self.scales
            loss = self.content * content_loss + self.style * style_loss
        return self.descend("generator", loss, content=content_loss, style=style_loss)

    def _looks(self, images: Tensor) -> list[list[Tensor]]:
        """What statistics are taken of, scale by scale: features, and if normalised the pixels in front of them.

        With the pixels go the differences between their channels: whose deviations say which colours go together.
        """
        shrunk = [images]
        for scale in range(1, self.scales):
            shrunk.append(avg_pool2d(images, 2**scale))
        if not self.normalise:
            return [self.encoder(x) for x in shrunk]
        return [[torch.cat([x, x - x.roll(1, dims=1)], dim=1), *self.encoder(x)] for x in shrunk]

    def _distance(self, found: Tensor, wanted: Tensor) -> Tensor:
        """Squared distance of means plus that of standard deviations, averaged over samples and channels."""
        mean, std = channel_statistics(found)
        wanted_mean, wanted_std = channel_statistics(wanted)
        if not self.normalise:
            return mse_loss(mean, wanted_mean) + mse_loss(std, wanted_std)
        spread = wanted_std.mean(0)  # (c, 1, 1)
        unit = spread + 0.2 * spread.mean()  # a channel that sleeps must not shout
        return mse_loss(mean / unit, wanted_mean / unit) + mse_loss(std / unit, wanted_std / unit)

    def sample(self, content: Tensor, style: Tensor, strength: float = 1.0, ema: bool = True) -> Tensor:
        """Content (b, c, h, w) in the style of style (b or 1, c, any, any), on the CPU.

        strength: 0 gives the content back as the decoder sees it, 1 the full style.
        """
        content, style = self.place((content, style))
        with self.evaluating("encoder") as encoder:
            features = encoder(content)[-1]
            mixed = torch.lerp(features, adain(features, encoder(style)[-1]), strength)
        return self.answer("decoder", mixed, ema)
