"""CycleGAN: two translators that must undo each other, from unpaired images (Zhu et al. 2017, arXiv:1703.10593)."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import l1_loss

from course_gan import losses
from course_gan.training.backend import Backend
from course_gan.training.freeze import evaluating
from course_gan.training.game import Game, Values
from course_gan.training.pool import ImagePool


class CycleGAN(Game):
    """Two translators, one discriminator for each domain; batches are unpaired (a, b), each (n, c, h, w).

    a_to_b, b_to_a: images -> images of the other domain; discriminator_a, discriminator_b: images -> patch logits.
    cycle: weight of the way there and back; identity: weight of leaving alone what is already in the target domain,
        as a part of cycle (published: 0.5 of 10); 0 leaves a term out. pool: size of each `ImagePool`.
    loss, lr, betas, decay, ema: as in Pix2Pix.
    G moves before D, D sees the fakes of G's move through the pool, and each D's loss is halved.
    """

    def __init__(
        self,
        a_to_b: nn.Module,
        b_to_a: nn.Module,
        discriminator_a: nn.Module,
        discriminator_b: nn.Module,
        loss: str = "least_squares",
        cycle: float = 10.0,
        identity: float = 0.5,
        pool: int = 50,
        lr: float = 2e-4,
        betas: tuple[float, float] = (0.5, 0.999),
        decay: tuple[int, int] | None = None,
        ema: float | None = None,
        seed: int = 0,
        backend: Backend | None = None,
    ):
        discriminators = {"discriminator_a": discriminator_a, "discriminator_b": discriminator_b}
        super().__init__({"a_to_b": a_to_b, "b_to_a": b_to_a} | discriminators, seed, backend)
        self.loss, self.cycle, self.identity = losses.get(loss), cycle, identity
        self.add_side("generator", ("a_to_b", "b_to_a"), lr, betas, decay)
        self.add_side("discriminator", tuple(discriminators), lr, betas, decay)
        self.pools = {name: ImagePool(pool, self.random) for name in ("a", "b")}
        self._fakes: tuple[Tensor, Tensor] | None = None  # from G's move to D's; not state: D translates without them
        for name in ("a_to_b", "b_to_a"):
            self.add_average(name, ema)

    def moves(self, batches) -> Values:
        """G, then D, on one batch."""
        batch = self.backend.to_device(next(batches))
        return self.generator_step(batch) | self.discriminator_step(batch)

    def generator_step(self, batch: tuple[Tensor, Tensor]) -> Values:
        """Move both translators once; the discriminators are frozen."""
        a, b = batch
        with self.turn("generator") as (a_to_b, b_to_a):
            fake_b, fake_a = a_to_b(a), b_to_a(b)
            judged = self.players["discriminator_b"](fake_b), self.players["discriminator_a"](fake_a)
            loss = sum(self.loss.generator(logits) for logits in judged)
            values = {"adversarial": loss}
            if self.cycle:
                values["cycle"] = l1_loss(b_to_a(fake_b), a) + l1_loss(a_to_b(fake_a), b)
                loss = loss + self.cycle * values["cycle"]
            if self.cycle * self.identity:
                values["identity"] = l1_loss(b_to_a(a), a) + l1_loss(a_to_b(b), b)
                loss = loss + self.cycle * self.identity * values["identity"]
        self.descend("generator", loss)
        self._fakes = fake_a.detach(), fake_b.detach()
        return {"generator_loss": loss.detach()} | {name: value.detach() for name, value in values.items()}

    def discriminator_step(self, batch: tuple[Tensor, Tensor]) -> Values:
        """Move both discriminators once, on real images and on fakes from the pools; the translators are frozen."""
        a, b = batch
        with self.turn("discriminator") as (discriminator_a, discriminator_b):
            fake_a, fake_b = self._fakes or (self.players["b_to_a"](b), self.players["a_to_b"](a))
            self._fakes = None
            loss_a = self._halved(discriminator_a, a, self.pools["a"].query(fake_a))
            loss_b = self._halved(discriminator_b, b, self.pools["b"].query(fake_b))
        self.descend("discriminator", loss_a + loss_b)
        return {"discriminator_a_loss": loss_a.detach(), "discriminator_b_loss": loss_b.detach()}

    def _halved(self, discriminator: nn.Module, real: Tensor, fake: Tensor) -> Tensor:
        return self.loss.discriminator(discriminator(real), discriminator(fake)) / 2

    @torch.no_grad()
    def sample(self, inputs: Tensor, direction: str = "a_to_b", ema: bool = True) -> Tensor:
        """Translations (b, c, h, w) of inputs, on the CPU; direction: "a_to_b" or "b_to_a"."""
        with evaluating(self.network(direction, ema)) as generator:
            return torch.cat([generator(self.backend.to_device(x)).float().cpu() for x in inputs.split(64)])

    def _parts(self) -> dict[str, dict[str, Any]]:
        return super()._parts() | {"pools": self.pools}
