"""The original game: latents in, samples out, judged by a discriminator (Goodfellow et al. 2014, arXiv:1406.2661)."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from course_gan import losses, regularizers
from course_gan.training.backend import Backend
from course_gan.training.freeze import evaluating
from course_gan.training.game import Game, Values


class GAN(Game):
    """A generator of latents against a discriminator; every objective and penalty of lessons 01 to 05.

    generator: latents (b, latent_dim) -> samples, with attribute latent_dim; discriminator: samples -> logits (b,).
    loss: a name of `course_gan.losses`. lr, lr_discriminator (default: lr), betas: Adam; unequal rates are TTUR
        (arXiv:1706.08500). discriminator_steps: moves of D, each on a batch of its own, per move of G.
    r1, r2: γ of γ/2·E‖∇D‖² on real and on fake samples (arXiv:1801.04406); gradient_penalty: λ of arXiv:1704.00028.
    ema: decay of the averaged generator that is sampled (arXiv:1806.04498), or None.
    Raises ValueError for an unknown loss and for compile with a penalty.
    """

    def __init__(
        self,
        generator: nn.Module,
        discriminator: nn.Module,
        loss: str = "non_saturating",
        lr: float = 2e-4,
        lr_discriminator: float | None = None,
        betas: tuple[float, float] = (0.5, 0.999),
        discriminator_steps: int = 1,
        r1: float = 0.0,
        r2: float = 0.0,
        gradient_penalty: float = 0.0,
        ema: float | None = 0.999,
        seed: int = 0,
        backend: Backend | None = None,
    ):
        super().__init__({"generator": generator, "discriminator": discriminator}, seed, backend)
        if self.backend.compile and (r1 or r2 or gradient_penalty):
            raise ValueError("compile=True has no second derivatives, which r1, r2 and gradient_penalty need")
        self.generator, self.discriminator = self.players["generator"], self.players["discriminator"]
        self.loss, self.discriminator_steps = losses.get(loss), discriminator_steps
        self.r1, self.r2, self.gradient_penalty = r1, r2, gradient_penalty
        self.add_side("discriminator", ("discriminator",), lr if lr_discriminator is None else lr_discriminator, betas)
        self.add_side("generator", ("generator",), lr, betas)
        self.add_average("generator", ema)
        self.latent_dim = generator.latent_dim
        self.fixed_latents = torch.randn(64, self.latent_dim, generator=self.random)

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
            total = loss = self.loss.discriminator(real_logits, fake_logits)
            values = {"discriminator_loss": loss, "real_logit": real_logits.mean(), "fake_logit": fake_logits.mean()}
            for name, penalty, weight in self._penalties(discriminator, real, fake):
                values[name] = penalty
                total = total + weight * penalty
        self.descend("discriminator", total)
        return {name: value.detach() for name, value in values.items()}

    def _penalties(self, discriminator: nn.Module, real: Tensor, fake: Tensor) -> Iterator[tuple[str, Tensor, float]]:
        if self.r1:
            yield "r1", regularizers.r1(discriminator, real), self.r1 / 2
        if self.r2:
            yield "r2", regularizers.r2(discriminator, fake), self.r2 / 2
        if self.gradient_penalty:
            penalty = regularizers.gradient_penalty(discriminator, real, fake)
            yield "gradient_penalty", penalty, self.gradient_penalty

    def generator_step(self, real: Tensor) -> Values:
        """Move G once; D is frozen, but its gradient with respect to the fakes reaches G."""
        with self.turn("generator") as (generator,):
            fake = generator(self.draw_latents(len(real)))
            real_logits = self.discriminator(real) if self.loss.name == "relativistic" else None
            loss = self.loss.generator(self.discriminator(fake), real_logits)
        self.descend("generator", loss)
        return {"generator_loss": loss.detach()}

    @torch.no_grad()
    def sample(self, latents: Tensor | None = None, n: int = 64, ema: bool = True) -> Tensor:
        """Samples on the CPU, from the averaged generator (ema=True) or the trained one, in evaluation mode.

        latents: (n, latent_dim); by default the game's 64 fixed latents, beyond them always the same further ones.
        """
        if latents is None:
            further = torch.randn(max(n - 64, 0), self.latent_dim, generator=torch.Generator().manual_seed(64))
            latents = torch.cat([self.fixed_latents, further])[:n]
        with evaluating(self.network("generator", ema)) as generator:
            chunks = [generator(self.backend.to_device(z)).float().cpu() for z in latents.split(256)]
        return torch.cat(chunks)

    def _tensors(self) -> dict[str, Tensor]:
        return {"fixed_latents": self.fixed_latents}
