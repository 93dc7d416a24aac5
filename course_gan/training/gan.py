"""The original game: latents in, samples out, judged by a discriminator (Goodfellow et al. 2014, arXiv:1406.2661)."""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn

from course_gan import regularizers
from course_gan.training.adversarial import Adversarial, Augment
from course_gan.training.batch import Batch, parts_of
from course_gan.training.game import Values

Draw = Callable[[int, torch.Generator], Batch]
Parts = tuple[Tensor, ...]


class GAN(Adversarial):
    """A generator of latents against a discriminator; every objective and penalty of lessons 01 to 05.

    generator: latents (b, latent_dim) -> samples, with attribute latent_dim; discriminator: samples -> logits (b,).
    loss: a name of `course_gan.losses`. lr, lr_discriminator (default: lr): unequal rates are TTUR, as in
        arXiv:1706.08500.
    discriminator_steps: moves of D, each on a batch of its own, for one move of G; at least 1.
    r1, r2: γ of γ/2·E‖∇D‖² on real and on fake samples (arXiv:1801.04406); gradient_penalty: λ of arXiv:1704.00028.
    penalty_every: k ≥ 1; penalties are taken in the first of every k steps and weigh k times as much (lazy
        regularization, arXiv:1912.04958, appendix B). Adam's settings stay as they are: D's step is still one.
    ema: decay of the averaged generator that is sampled (arXiv:1806.04498), or None.
    conditions: None, and batches are samples alone; else batches are (samples, labels), and the players are called
        as generator(latents, labels) and discriminator(samples, labels). The labels of fakes are those of the batch
        ("batch"), or drawn by a function (n, torch.Generator) -> labels (n, ...) on the CPU. gradient_penalty
        needs "batch": it mixes real with fake samples of the same label.
    draw: (n, torch.Generator) -> what the generator is given: a tensor (n, ...), or a tuple of them as its
        arguments, on the CPU; default: normal latents (n, generator.latent_dim).
    augment: as in `Adversarial`; with it D's move also returns real_sign, E sign D(real), which ADA steers by.
    reuse_fakes: G's move takes the fakes of D's last move instead of drawing its own, as the usual DCGAN loop does:
        one forward pass of G less a step, and G's batch statistics are recorded in D's move.
    options: betas, decay, clip, seed and backend, as in `Game`.
    Raises ValueError for an unknown loss, for a count below 1, for compile with a penalty, and for
    gradient_penalty with conditions that are drawn.
    """

    def __init__(
        self,
        generator: nn.Module,
        discriminator: nn.Module,
        loss: str = "non_saturating",
        lr: float = 2e-4,
        lr_discriminator: float | None = None,
        discriminator_steps: int = 1,
        r1: float = 0.0,
        r2: float = 0.0,
        gradient_penalty: float = 0.0,
        ema: float | None = 0.999,
        penalty_every: int = 1,
        conditions: str | Draw | None = None,
        draw: Draw | None = None,
        augment: Augment | None = None,
        reuse_fakes: bool = False,
        **options: Any,
    ):
        players = {"discriminator": discriminator, "generator": generator}
        sides = {side: (side,) for side in players}
        rates = {"discriminator": lr if lr_discriminator is None else lr_discriminator, "generator": lr}
        super().__init__(players, sides, ("generator",), loss, augment, lr=rates, ema=ema, **options)
        if self.backend.compile and (r1 or r2 or gradient_penalty):
            raise ValueError("compile=True has no second derivatives, which r1, r2 and gradient_penalty need")
        if gradient_penalty and conditions not in (None, "batch"):
            raise ValueError("gradient_penalty mixes real and fake samples of one label: it needs conditions='batch'")
        if isinstance(conditions, str) and conditions != "batch":
            raise ValueError(
                f"conditions is {conditions!r}, but has to be None, 'batch' or a function that draws labels"
            )
        for name, count in (("discriminator_steps", discriminator_steps), ("penalty_every", penalty_every)):
            if count < 1:
                raise ValueError(f"{name} is {count}, but has to be at least 1")
        self.generator = self.players["generator"]
        self.discriminator = self.players["discriminator"]
        self.latent_dim = getattr(generator, "latent_dim", None) if draw else generator.latent_dim
        self.discriminator_steps = discriminator_steps
        self.r1 = r1
        self.r2 = r2
        self.gradient_penalty = gradient_penalty
        self.penalty_every = penalty_every
        self.conditions = conditions
        self.reuse_fakes = reuse_fakes
        self._draw = draw
        self.fixed_latents = self._kept("fixed_latents", self._inputs(64, self.random))
        if callable(conditions):
            self.fixed_labels = self._kept("fixed_labels", conditions(64, self.random))

    def _kept(self, name: str, fixed: Batch) -> Batch:
        """Fixed inputs, made part of the game's state."""
        if isinstance(fixed, Tensor):
            self.tensors[name] = fixed
        else:
            self.tensors |= {f"{name}.{place}": part for place, part in enumerate(fixed)}
        return fixed

    def _inputs(self, n: int, generator: torch.Generator) -> Batch:
        if self._draw is not None:
            return self._draw(n, generator)
        return torch.randn(n, self.latent_dim, generator=generator, dtype=self.dtype)

    def _share(self, draw: Draw, n: int) -> Batch:
        """The next n of this process: its slice of what all processes draw together."""
        everyone = draw(n * self.backend.world_size, self.random)
        start = n * self.backend.rank
        if isinstance(everyone, Tensor):
            return self.place(everyone[start : start + n])
        return self.place(tuple(part[start : start + n] for part in everyone))

    def draw_latents(self, n: int) -> Batch:
        """The next n inputs of the generator: latents (n, latent_dim), or what `draw` makes."""
        return self._share(self._inputs, n)

    def painted(self, batch: Batch) -> Parts:
        """The samples, where they are images."""
        return parts_of(batch)[:1]

    def samples_and_conditions(self, batch: Batch) -> tuple[Tensor, Parts]:
        """A batch in its parts; ValueError where it has conditions and the game none, or the other way round."""
        samples, *conditions = parts_of(batch)
        if conditions and self.conditions is None:
            raise ValueError(
                f"a batch holds {len(conditions) + 1} tensors, but this game has no conditions: pass samples without "
                "labels, or give the game conditions='batch'"
            )
        if not conditions and self.conditions is not None:
            raise ValueError("a batch holds samples alone, but this game has conditions: pass (samples, labels)")
        return samples, tuple(conditions)

    def fakes(self, generator: nn.Module, n: int, conditions: Parts) -> tuple[Tensor, Parts]:
        """New fakes (n, ...) and their conditions: the batch's, or drawn."""
        latents = parts_of(self.draw_latents(n))
        if callable(self.conditions):
            conditions = parts_of(self._share(self.conditions, n))
        return generator(*latents, *conditions), conditions

    def moves(self, batches: Iterator) -> Values:
        """D moves discriminator_steps times, each on a new batch, then G once."""
        drawn = [
            self.next_batch(batches) for _ in range(self.discriminator_steps)
        ]  # first: a step is whole or not begun
        for batch in drawn:
            values = self.discriminator_step(batch)
        return values | self.generator_step(drawn[-1])

    def discriminator_step(self, batch: Batch) -> Values:
        """Move D once, on real samples (b, ...) and as many fakes; G is frozen, so no gradient reaches it."""
        real, conditions = self.samples_and_conditions(batch)
        if self.reuse_fakes:
            with self.turn("generator") as (generator,):
                self._handed = self.fakes(generator, len(real), conditions)
        with self.turn("discriminator") as (discriminator,):
            # draw
            fake, fake_conditions = self._handed or self.fakes(self.generator, len(real), conditions)
            fake = fake.detach()  # (b, ...), as real
            # judge
            real_logits = self.judge(discriminator, real, *conditions)
            fake_logits = self.judge(discriminator, fake, *fake_conditions)
            loss = self.loss.discriminator(real_logits, fake_logits)
            values = {"real_logit": real_logits.mean(), "fake_logit": fake_logits.mean()}
            if self.augment is not None:
                values["real_sign"] = real_logits.sign().mean()
            penalised = loss
            if self.steps % self.penalty_every == 0:
                for weight, name, penalty in self._penalties(discriminator, real, conditions, fake, fake_conditions):
                    values[name] = penalty
                    penalised = penalised + self.penalty_every * weight * penalty
        # step D
        return self.descend("discriminator", penalised, discriminator_loss=loss, **values)

    def _penalties(
        self, discriminator: nn.Module, real: Tensor, conditions: Parts, fake: Tensor, fake_conditions: Parts
    ) -> Iterator[tuple[float, str, Tensor]]:
        """The penalties this game has: weight, name and value without weight."""

        def judge_real(samples: Tensor) -> Tensor:
            return self.judge(discriminator, samples, *conditions)

        def judge_fake(samples: Tensor) -> Tensor:
            return self.judge(discriminator, samples, *fake_conditions)

        if self.r1:
            yield self.r1 / 2, "r1", regularizers.r1(judge_real, real)
        if self.r2:
            yield self.r2 / 2, "r2", regularizers.r2(judge_fake, fake)
        if self.gradient_penalty:
            penalty = regularizers.gradient_penalty(judge_real, real, fake)
            yield self.gradient_penalty, "gradient_penalty", penalty

    def generator_step(self, batch: Batch) -> Values:
        """Move G once; D is frozen, but its gradient with respect to the fakes reaches G."""
        real, conditions = self.samples_and_conditions(batch)
        with self.turn("generator") as (generator,):
            # draw
            fake, fake_conditions = self._handed or self.fakes(generator, len(real), conditions)
            # judge
            real_logits = None
            if self.loss.needs_real:
                real_logits = self.judge(self.discriminator, real, *conditions)
            fake_logits = self.judge(self.discriminator, fake, *fake_conditions)
            loss = self.loss.generator(fake_logits, real_logits)
        self._handed = None
        # step G
        return self.descend("generator", loss)

    def sample(
        self, latents: Batch | None = None, n: int = 64, ema: bool = True, labels: Batch | None = None
    ) -> Tensor:
        """Samples on the CPU, from the averaged generator (ema=True) or the trained one, in evaluation mode.

        latents: (n, latent_dim), or what `draw` makes; by default the game's 64 fixed ones, and beyond them always the
        same further ones. labels: (n, ...), for a game with conditions; by default the game's fixed ones where it draws
        labels, else ValueError.
        """
        further = torch.Generator().manual_seed(64)
        if latents is None:
            latents = self._first(n, self.fixed_latents, self._inputs, further)
        latents = parts_of(latents)
        if labels is None and callable(self.conditions):
            labels = self._first(len(latents[0]), self.fixed_labels, self.conditions, further)
        if (labels is None) != (self.conditions is None):
            found = "no labels" if labels is None else "labels"
            raise ValueError(f"sample was given {found}, but the game's conditions are {self.conditions!r}")
        conditions = () if labels is None else parts_of(labels)
        return self.answer("generator", (*latents, *conditions), ema)

    def _first(self, n: int, fixed: Batch, draw: Draw, generator: torch.Generator) -> Batch:
        """The first n of fixed inputs and of the further ones that follow."""
        parts = parts_of(fixed)
        if n > len(parts[0]):
            further = parts_of(draw(n - len(parts[0]), generator))
            parts = tuple(torch.cat(both) for both in zip(parts, further, strict=True))
        return tuple(part[:n] for part in parts)
