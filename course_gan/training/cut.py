"""CUT: unpaired translation one way, by contrast of patches (Park et al. 2020, arXiv:2007.15651)."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from course_gan.contrast import patch_nce
from course_gan.training.adversarial import Adversarial, Augment
from course_gan.training.batch import Batch, Pair, pair_of
from course_gan.training.game import Values
from course_gan.training.tapping import features, taps

WANTED = "(images of domain a, images of domain b)"


class CUT(Adversarial):
    """A generator from domain a to b, a discriminator of b, heads; batches are unpaired (a, b), each (n, c, h, w).

    generator: images -> images of the same size; discriminator: images -> patch logits. layers: names of the
    generator's layers that are looked at, beside the pictures' own pixels. heads: as PatchHeads, one for the pixels
    and one for each layer.
    loss: a name of `course_gan.losses`. contrast: weight of PatchNCE between a picture of a and its translation;
    identity: weight of the same between a picture of b and what becomes of it; 0 leaves a term out. Published: 1 and
    1, or 10 and 0, which is called FastCUT. patches: places compared per layer and picture, all where there are
    fewer. temperature: of PatchNCE. augment: as in `Adversarial`. options: as in `Game`.
    D moves before G; its loss is halved, as in CycleGAN. The generator and the heads move together.
    """

    def __init__(
        self,
        generator: nn.Module,
        discriminator: nn.Module,
        heads: nn.Module,
        layers: Sequence[str],
        loss: str = "least_squares",
        contrast: float = 1.0,
        identity: float = 1.0,
        patches: int = 256,
        temperature: float = 0.07,
        augment: Augment | None = None,
        **options: Any,
    ):
        players = {"discriminator": discriminator, "generator": generator, "heads": heads}
        sides = {"discriminator": ("discriminator",), "generator": ("generator", "heads")}
        super().__init__(players, sides, ("generator",), loss, augment, **options)
        self.layers = tuple(layers)
        self.contrast = contrast
        self.identity = identity
        self.patches = patches
        self.temperature = temperature

    def painted(self, batch: Batch) -> tuple[Tensor, ...]:
        """The images of both domains."""
        return pair_of(batch, WANTED)

    def discriminator_step(self, batch: Pair) -> Values:
        """Move D once, on pictures of b and on translations; generator and heads are frozen."""
        a, b = pair_of(batch, WANTED)
        # draw
        with self.turn("generator") as (generator, _), taps(self.players["generator"], self.layers) as found:
            fake = generator(a)
        self._handed = fake, [a, *found.values()]
        with self.turn("discriminator") as (discriminator,):
            # judge
            real_logits = self.judge(discriminator, b)
            fake_logits = self.judge(discriminator, fake.detach())
            loss = self.loss.discriminator(real_logits, fake_logits) / 2
        # step D
        return self.descend("discriminator", loss, real_logit=real_logits.mean(), fake_logit=fake_logits.mean())

    def generator_step(self, batch: Pair) -> Values:
        """Move the generator and the heads once; D is frozen."""
        a, b = pair_of(batch, WANTED)
        with self.turn("generator") as (generator, heads):
            # draw
            fake, of_a = self._handed or self._translated(generator, a)
            # judge
            discriminator = self.players["discriminator"]
            real_logits = self.judge(discriminator, b) if self.loss.needs_real else None
            loss = self.loss.generator(self.judge(discriminator, fake), real_logits)
            values = {"adversarial": loss}
            if self.contrast:
                values["contrast"] = self._contrast(heads, of_a, fake)
                loss = loss + self.contrast * values["contrast"]
            if self.identity:
                kept, of_b = self._translated(generator, b)
                values["identity"] = self._contrast(heads, of_b, kept)
                loss = loss + self.identity * values["identity"]
        self._handed = None
        # step G
        return self.descend("generator", loss, **values)

    def _translated(self, generator: nn.Module, images: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Translations, and what the pixels and the layers said on the way."""
        with taps(self.players["generator"], self.layers) as found:
            translations = generator(images)
        return translations, [images, *found.values()]

    def _contrast(self, heads: nn.Module, of_inputs: list[Tensor], outputs: Tensor) -> Tensor:
        """PatchNCE between inputs and outputs, the mean over pixels and layers."""
        of_outputs = [outputs, *features(self.players["generator"], outputs, self.layers)]
        places = [self._drawn(maps).to(maps.device) for maps in of_inputs]
        with torch.no_grad():
            keys = heads(of_inputs, places)
        queries = heads(of_outputs, places)
        losses = [patch_nce(query, key, self.temperature) for query, key in zip(queries, keys)]
        return torch.stack(losses).mean()

    def _drawn(self, maps: Tensor) -> Tensor:
        """Places of a layer's features (b, c, h, w), int64 (n,), none twice."""
        room = maps.shape[2] * maps.shape[3]
        return torch.randperm(room, generator=self.random)[: self.patches]

    def sample(self, inputs: Tensor, ema: bool = True) -> Tensor:
        """Translations (b, c, h, w) of pictures of a, on the CPU."""
        return self.answer("generator", inputs, ema)
