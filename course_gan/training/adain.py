"""AdaIN: a decoder learns to paint content in the statistics of any style (Huang & Belongie 2017, arXiv:1703.06868)."""

import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

from course_gan.models import adain, channel_statistics
from course_gan.training.backend import Backend
from course_gan.training.freeze import evaluating
from course_gan.training.game import Game, Values


class AdaIN(Game):
    """A frozen encoder and a decoder that learns; no discriminator. Batches are (content, style), each (b, c, h, w).

    encoder: images -> list of features, deepest last; decoder: deepest features -> images.
    content, style: weights of the two losses, published 1 and 10.
    pretrain: steps in which encoder and decoder first learn together, as an autoencoder of both images, to see
        without ImageNet; 0 for an encoder that can.
    normalise: compare statistics in units of the style's own spread, channel by channel, the pixels' included: needed
        where no one balanced the channels, as in an encoder trained here. False is the paper's loss.
    clip: largest norm of the gradient, or None. lr, betas: Adam. decay, ema: as in Pix2Pix.
    """

    def __init__(
        self,
        encoder: nn.Module,
        decoder: nn.Module,
        content: float = 1.0,
        style: float = 10.0,
        pretrain: int = 0,
        normalise: bool = False,
        clip: float | None = None,
        lr: float = 1e-4,
        betas: tuple[float, float] = (0.9, 0.999),
        decay: tuple[int, int] | None = None,
        ema: float | None = None,
        seed: int = 0,
        backend: Backend | None = None,
    ):
        super().__init__({"encoder": encoder, "decoder": decoder}, seed, backend)
        self.encoder, self.decoder = self.players["encoder"], self.players["decoder"]
        self.content, self.style, self.pretrain, self.normalise, self.clip = content, style, pretrain, normalise, clip
        if pretrain:
            self.add_side("autoencoder", ("encoder", "decoder"), lr, betas)
        self.add_side("decoder", ("decoder",), lr, betas, decay)
        self.add_average("decoder", ema)

    def moves(self, batches) -> Values:
        """One move: of the autoencoder for the first `pretrain` steps, then of the decoder."""
        batch = self.backend.to_device(next(batches))
        return self.autoencoder_step(batch) if self.steps < self.pretrain else self.generator_step(batch)

    def autoencoder_step(self, batch: tuple[Tensor, Tensor]) -> Values:
        """Move encoder and decoder once, towards giving images back."""
        images = torch.cat(batch)
        with self.turn("autoencoder") as (encoder, decoder):
            loss = mse_loss(decoder(encoder(images)[-1]).float(), images)
        self.descend("autoencoder", loss)
        return {"reconstruction": loss.detach()}

    def generator_step(self, batch: tuple[Tensor, Tensor]) -> Values:
        """Move the decoder once; the encoder is frozen, but the gradient passes through it."""
        content, style = batch
        with self.turn("decoder") as (decoder,):
            style_features = self.encoder(style)
            target = adain(self.encoder(content)[-1], style_features[-1])
            image = decoder(target)
            features = self.encoder(image)
            content_loss = mse_loss(features[-1].float(), target.float())
            if self.normalise:
                content_loss = content_loss / target.float().var()
                features, style_features = [image, *features], [style, *style_features]
            style_loss = sum(self._distance(mine, other) for mine, other in zip(features, style_features))
            loss = self.content * content_loss + self.style * style_loss
        self.descend("decoder", loss)
        return {"generator_loss": loss.detach(), "content": content_loss.detach(), "style": style_loss.detach()}

    def _distance(self, features: Tensor, style_features: Tensor) -> Tensor:
        """Squared distance of means plus that of standard deviations, averaged over samples and channels."""
        (mean, std), (style_mean, style_std) = channel_statistics(features), channel_statistics(style_features)
        unit = style_std.mean(0) + 1e-3 if self.normalise else 1.0  # (c, 1, 1)
        return mse_loss(mean / unit, style_mean / unit) + mse_loss(std / unit, style_std / unit)

    @torch.no_grad()
    def sample(self, content: Tensor, style: Tensor, strength: float = 1.0, ema: bool = True) -> Tensor:
        """Content (b, c, h, w) in the style of style (b or 1, c, any, any), on the CPU.

        strength: 0 gives the content back as the decoder sees it, 1 the full style.
        """
        content, style = self.backend.to_device((content, style))
        with evaluating(self.network("decoder", ema)) as decoder, evaluating(self.encoder) as encoder:
            features = encoder(content)[-1]
            return decoder(torch.lerp(features, adain(features, encoder(style)[-1]), strength)).float().cpu()
