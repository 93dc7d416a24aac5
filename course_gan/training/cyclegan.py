"""CycleGAN: two translators that must undo each other, from unpaired images (Zhu et al. 2017, arXiv:1703.10593)."""

from torch import Tensor, nn
from torch.nn.functional import l1_loss

from course_gan import losses
from course_gan.training.game import Game, Pair, Values
from course_gan.training.pool import ImagePool


class CycleGAN(Game):
    """Two translators, one discriminator for each domain; batches are unpaired (a, b), each (n, c, h, w).

    a_to_b, b_to_a: images -> images of the other domain; discriminator_a, discriminator_b: images -> patch logits.
    cycle: weight of the way there and back; identity: weight of leaving alone what is already in the target domain,
        as a part of cycle (published: 0.5 of 10); 0 leaves a term out. pool: size of each `ImagePool`.
    options: as in `Game`; the learning rate is the published one.
    G moves before D, D sees the fakes of G's move through the pool, and each D's loss is halved.
    """

    def __init__(
        self, a_to_b: nn.Module, b_to_a: nn.Module, discriminator_a: nn.Module, discriminator_b: nn.Module,
        loss: str = "least_squares", cycle: float = 10.0, identity: float = 0.5, pool: int = 50, **options,
    ):  # fmt: skip
        translators = {"a_to_b": a_to_b, "b_to_a": b_to_a}
        discriminators = {"discriminator_a": discriminator_a, "discriminator_b": discriminator_b}
        sides = {"generator": tuple(translators), "discriminator": tuple(discriminators)}
        super().__init__(translators | discriminators, sides, tuple(translators), **options)
        self.loss, self.cycle, self.identity = losses.get(loss), cycle, identity
        self.pools = {domain: ImagePool(pool, self.random) for domain in ("a", "b")}
        self._fakes: Pair | None = None  # from G's move to D's; no state: without them D's move translates by itself

    def generator_step(self, batch: Pair) -> Values:
        """Move both translators once; the discriminators are frozen."""
        a, b = batch
        with self.turn("generator") as (a_to_b, b_to_a):
            fake_a, fake_b = b_to_a(b), a_to_b(a)
            judged = self.players["discriminator_a"](fake_a), self.players["discriminator_b"](fake_b)
            loss = self.loss.generator(judged[0]) + self.loss.generator(judged[1])
            values = {"adversarial": loss}
            if self.cycle:
                values["cycle"] = l1_loss(b_to_a(fake_b), a) + l1_loss(a_to_b(fake_a), b)
                loss = loss + self.cycle * values["cycle"]
            if self.cycle * self.identity:
                values["identity"] = l1_loss(b_to_a(a), a) + l1_loss(a_to_b(b), b)
                loss = loss + self.cycle * self.identity * values["identity"]
        self._fakes = fake_a.detach(), fake_b.detach()
        return self.descend("generator", loss, **values)

    def discriminator_step(self, batch: Pair) -> Values:
        """Move both discriminators once, on real images and on fakes from the pools; the translators are frozen."""
        a, b = batch
        with self.turn("discriminator") as (discriminator_a, discriminator_b):
            fake_a, fake_b = self._fakes or (self.players["b_to_a"](b), self.players["a_to_b"](a))
            loss_a = self.loss.discriminator(discriminator_a(a), discriminator_a(self._pooled("a", fake_a))) / 2
            loss_b = self.loss.discriminator(discriminator_b(b), discriminator_b(self._pooled("b", fake_b))) / 2
        self._fakes = None
        return self.descend("discriminator", loss_a + loss_b, discriminator_a_loss=loss_a, discriminator_b_loss=loss_b)

    def _pooled(self, domain: str, fakes: Tensor) -> Tensor:
        """Fakes (b, ...) exchanged with the pool's; every process keeps the same pool, of the fakes of all."""
        exchanged = self.pools[domain].query(self.backend.gather(fakes))
        return exchanged.split(len(fakes))[self.backend.rank]

    def sample(self, inputs: Tensor, direction: str = "a_to_b", ema: bool = True) -> Tensor:
        """Translations (b, c, h, w) of inputs, on the CPU; direction: "a_to_b" or "b_to_a"."""
        return self.answer(direction, inputs, ema)
