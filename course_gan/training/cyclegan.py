"""CycleGAN: two translators that must undo each other, from unpaired images (Zhu et al. 2017, arXiv:1703.10593)."""

from typing import Any

from torch import Tensor, nn
from torch.nn.functional import l1_loss

from course_gan.training.adversarial import Adversarial, Augment
from course_gan.training.batch import Batch, Pair, pair_of
from course_gan.training.game import Values
from course_gan.training.pool import ImagePool

WANTED = "(images of domain a, images of domain b)"


class CycleGAN(Adversarial):
    """Two translators, one discriminator for each domain; batches are unpaired (a, b), each (n, c, h, w).

    a_to_b, b_to_a: images -> images of the other domain; discriminator_a, discriminator_b: images -> patch logits.
    loss: a name of `course_gan.losses`.
    cycle: weight of the way there and back; identity: weight of leaving alone what is already in the target domain,
        a weight of its own (published: 5 beside a cycle of 10, where it is used); 0 leaves a term out.
    pool: size of each `ImagePool`. augment: as in `Adversarial`; the pools keep images as they were before it.
    options: as in `Game`; the learning rate is the published one.
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
        identity: float = 5.0,
        pool: int = 50,
        augment: Augment | None = None,
        **options: Any,
    ):
        translators = {"a_to_b": a_to_b, "b_to_a": b_to_a}
        discriminators = {"discriminator_a": discriminator_a, "discriminator_b": discriminator_b}
        sides = {"generator": tuple(translators), "discriminator": tuple(discriminators)}
        super().__init__(translators | discriminators, sides, tuple(translators), loss, augment, **options)
        self.cycle = cycle
        self.identity = identity
        self.pools = {domain: ImagePool(pool, self.random) for domain in ("a", "b")}

    def painted(self, batch: Batch) -> tuple[Tensor, ...]:
        """The images of both domains."""
        return pair_of(batch, WANTED)

    def generator_step(self, batch: Pair) -> Values:
        """Move both translators once; the discriminators are frozen."""
        a, b = pair_of(batch, WANTED)
        with self.turn("generator") as (a_to_b, b_to_a):
            # draw
            fake_a = b_to_a(b)
            fake_b = a_to_b(a)
            # judge
            loss = self._deceived("discriminator_a", a, fake_a) + self._deceived("discriminator_b", b, fake_b)
            values = {"adversarial": loss}
            if self.cycle:
                values["cycle"] = l1_loss(b_to_a(fake_b), a) + l1_loss(a_to_b(fake_a), b)
                loss = loss + self.cycle * values["cycle"]
            if self.identity:
                values["identity"] = l1_loss(b_to_a(a), a) + l1_loss(a_to_b(b), b)
                loss = loss + self.identity * values["identity"]
        self._handed = fake_a.detach(), fake_b.detach()
        # step G
        return self.descend("generator", loss, **values)

    def _deceived(self, name: str, real: Tensor, fake: Tensor) -> Tensor:
        """What the translators lose to this discriminator."""
        discriminator = self.players[name]
        real_logits = self.judge(discriminator, real) if self.loss.needs_real else None
        return self.loss.generator(self.judge(discriminator, fake), real_logits)

    def discriminator_step(self, batch: Pair) -> Values:
        """Move both discriminators once, on real images and on fakes from the pools; the translators are frozen."""
        a, b = pair_of(batch, WANTED)
        with self.turn("discriminator") as (discriminator_a, discriminator_b):
            # draw
            fake_a, fake_b = self._handed or (self.players["b_to_a"](b), self.players["a_to_b"](a))
            # judge
            loss_a = self._told_apart(discriminator_a, a, self._pooled("a", fake_a))
            loss_b = self._told_apart(discriminator_b, b, self._pooled("b", fake_b))
        self._handed = None
        # step D
        return self.descend("discriminator", loss_a + loss_b, discriminator_a_loss=loss_a, discriminator_b_loss=loss_b)

    def _told_apart(self, discriminator: nn.Module, real: Tensor, fake: Tensor) -> Tensor:
        real_logits = self.judge(discriminator, real)
        return self.loss.discriminator(real_logits, self.judge(discriminator, fake)) / 2

    def _pooled(self, domain: str, fakes: Tensor) -> Tensor:
        """Fakes (b, ...) exchanged with the pool's; every process keeps the same pool, of the fakes of all."""
        exchanged = self.pools[domain].query(self.backend.gather(fakes))
        return exchanged.split(len(fakes))[self.backend.rank]

    def sample(self, inputs: Tensor, direction: str = "a_to_b", ema: bool = True) -> Tensor:
        """Translations (b, c, h, w) of inputs, on the CPU; direction: "a_to_b" or "b_to_a"."""
        return self.answer(direction, inputs, ema)
