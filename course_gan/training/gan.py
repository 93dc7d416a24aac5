"""The original game: latents in, samples out, judged by a discriminator (Goodfellow et al. 2014, arXiv:1406.2661)."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from course_gan import losses, regularizers
from course_gan.training.game import Game, Values


class GAN(Game):
    """A generator of latents against a discriminator; every objective and penalty of lessons 01 to 05.

    generator: latents (b, latent_dim) -> samples, with attribute latent_dim; discriminator: samples -> logits (b,).
    loss: a name of `course_gan.losses`. lr, lr_discriminator (default: lr): unequal rates are TTUR (arXiv:1706.08500).
    discriminator_steps: moves of D, each on a batch of its own, for one move of G.
    r1, r2: γ of γ/2·E‖∇D‖² on real and on fake samples (arXiv:1801.04406); gradient_penalty: λ of arXiv:1704.00028.
    ema: decay of the averaged generator that is sampled (arXiv:1806.04498), or None.
    options: betas, decay, clip, seed and backend, as in `Game`.
    Raises ValueError for an unknown loss and for compile with a penalty.
    """

    def __init__(
        self, generator: nn.Module, discriminator: nn.Module, loss: str = "non_saturating", lr: float = 2e-4,
        lr_discriminator: float | None = None, discriminator_steps: int = 1, r1: float = 0.0, r2: float = 0.0,
        gradient_penalty: float = 0.0, ema: float | None = 0.999, **options,
    ):  # fmt: skip
        players = {"discriminator": discriminator, "generator": generator}
        rates = {"discriminator": lr if lr_discriminator is None else lr_discriminator, "generator": lr}
        super().__init__(players, {side: (side,) for side in players}, ("generator",), rates, ema=ema, **options)
        if self.backend.compile and (r1 or r2 or gradient_penalty):
            raise ValueError("compile=True has no second derivatives, which r1, r2 and gradient_penalty need")
        self.generator, self.discriminator = self.players["generator"], self.players["discriminator"]
        self.loss, self.latent_dim = losses.get(loss), generator.latent_dim
        self.discriminator_steps = discriminator_steps
        self.r1, self.r2, self.gradient_penalty = r1, r2, gradient_penalty
        self.fixed_latents = self.tensors["fixed_latents"] = torch.randn(64, self.latent_dim, generator=self.random)

    def draw_latents(self, n: int) -> Tensor:
        """The next n latents (n, latent_dim) of this process: its slice of what all processes draw together."""
        everyone = torch.randn(n * self.backend.world_size, self.latent_dim, generator=self.random)
        return self.backend.to_device(everyone[n * self.backend.rank :][:n])

    def moves(self, batches: Iterator) -> Values:
        """D moves discriminator_steps times, each on a new batch, then G once."""
        for _ in range(self.discriminator_steps):
            real = self.backend.to_device(next(batches))
            values = self.discriminator_step(real)
        return values | self.generator_step(real)

    def discriminator_step(self, real: Tensor) -> Values:
        """Move D once, on real samples (b, ...) and as many fakes; G is frozen, so no gradient reaches it."""
        with self.turn("discriminator") as (discriminator,):
            fake = self.generator(self.draw_latents(len(real)))  # (b, ...), as real
            real_logits, fake_logits = discriminator(real), discriminator(fake)
            loss = self.loss.discriminator(real_logits, fake_logits)
            values, penalised = {"real_logit": real_logits.mean(), "fake_logit": fake_logits.mean()}, loss
            if self.r1:
                values["r1"] = regularizers.r1(discriminator, real)
                penalised = penalised + self.r1 / 2 * values["r1"]
            if self.r2:
                values["r2"] = regularizers.r2(discriminator, fake)
                penalised = penalised + self.r2 / 2 * values["r2"]
            if self.gradient_penalty:
                values["gradient_penalty"] = regularizers.gradient_penalty(discriminator, real, fake)
                penalised = penalised + self.gradient_penalty * values["gradient_penalty"]
        return self.descend("discriminator", penalised, discriminator_loss=loss, **values)

    def generator_step(self, real: Tensor) -> Values:
        """Move G once; D is frozen, but its gradient with respect to the fakes reaches G."""
        with self.turn("generator") as (generator,):
            fake = generator(self.draw_latents(len(real)))
            real_logits = self.discriminator(real) if self.loss.name == "relativistic" else None
            loss = self.loss.generator(self.discriminator(fake), real_logits)
        return self.descend("generator", loss)

    def sample(self, latents: Tensor | None = None, n: int = 64, ema: bool = True) -> Tensor:
        """Samples on the CPU, from the averaged generator (ema=True) or the trained one, in evaluation mode.

        latents: (n, latent_dim); by default the game's 64 fixed latents, and beyond them always the same further ones.
        """
        if latents is None:
            further = torch.randn(max(n - 64, 0), self.latent_dim, generator=torch.Generator().manual_seed(64))
            latents = torch.cat([self.fixed_latents, further])[:n]
        return self.answer("generator", latents, ema)
