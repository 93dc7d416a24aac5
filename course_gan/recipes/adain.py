"""AdaIN (arXiv:1703.06868), with an encoder that is trained here, without ImageNet."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from course_gan import data, models
from course_gan.errors import CourseError
from course_gan.recipes.recipe import Recipe
from course_gan.recipes.schema import Settings, setting
from course_gan.training import AdaIN


@dataclass(frozen=True)
class AdaINSettings(Settings):
    """Of an AdaIN game: the two losses, the encoder's own training, and the patches that are learned from."""

    batch_size: int = setting(4, "batch size", 1, 4096, on_panel=True)
    lr: float = setting(1e-3, "learning rate", 1e-7, 1.0, on_panel=True)
    content: float = setting(1.0, "content", 0.0, 10_000.0)
    style: float = setting(10.0, "style", 0.0, 10_000.0)
    pretrain: int = setting(800, "steps of the autoencoder", 0, 10_000_000)
    normalise: bool = setting(True, "statistics in units of the style's spread")
    scales: int = setting(3, "scales of the style loss", 1, 10)
    clip: float | None = setting(1.0, "largest norm of a gradient", 1e-6, 1e6)
    ema: float | None = setting(None, "EMA", 0.0, 0.99999, on_panel=True)
    image_size: int = setting(96, "image size", 16, 512)
    patches: int = setting(2000, "patches", 24, 1_000_000)
    grain: float = setting(0.12, "noise on the content", 0.0, 2.0)
    widths: tuple[int, ...] = setting((32, 64, 128), "channels of each level", 1, 1024)
    repeats: tuple[int, ...] = setting((2, 2), "convolutions of each level but the last", 1, 8)
    held_out: tuple[str, ...] = setting(
        ("coffee", "ihc"), "pictures held out", choices=(*data.PHOTO_NAMES, *data.TEXTURE_NAMES)
    )


class Stylist(Recipe):
    """Any photo in the statistics of any texture: what lesson 10 begins with. No lesson's own game."""

    Settings = AdaINSettings
    profiles: ClassVar = {
        "smoke": {
            "steps": 8,
            "pretrain": 4,
            "image_size": 32,
            "patches": 48,
            "widths": (4, 8),
            "repeats": (1,),
            "scales": 2,
        },
        "cpu": {"steps": 4_000},
        "gpu": {"steps": 40_000, "pretrain": 5_000, "patches": 8000, "widths": (64, 128, 256), "batch_size": 16},
    }

    def check(self) -> None:
        """Levels and repeats go together, and the smallest look is not smaller than the encoder can see."""
        settings = self.settings
        levels = len(settings.widths)
        if len(settings.repeats) != levels - 1:
            found = f"repeats is {settings.repeats} and widths {settings.widths}"
            raise CourseError(f"{found}, but repeats has one number fewer: one for each level but the last")
        smallest = settings.image_size // 2 ** (settings.scales - 1)
        if smallest < 2**levels:
            found = f"scales is {settings.scales}, so that {settings.image_size} pixels shrink to {smallest}"
            raise CourseError(f"{found}, but the encoder's {levels} levels want {2**levels} at least")
        halved = 2 ** (levels - 1)
        if settings.image_size % halved:
            found = f"image_size is {settings.image_size}"
            raise CourseError(f"{found}, but the encoder's {levels} levels want one that divides by {halved}")

    def sources(self) -> tuple:
        settings = self.settings
        size = settings.image_size
        photos = self._patches(data.photos(), (1, 2))
        maps = torch.cat([side.images for side in data.texture_maps(settings.patches // 8, size, settings.seed)])
        style = torch.cat([self._patches(data.textures(), (1, 2, 3)), photos, maps])
        noise = torch.randn(photos.shape, generator=data.derived_generator(settings.seed, 1))
        # Texture grows from the noise where a photo is flat.
        content = data.to_uint8(data.to_float(photos) + settings.grain * noise)
        shown = [data.photos(), data.textures()]
        self.shown = [data.to_float(pictures.patches(size, 8, 1, "test").images) for pictures in shown]
        return content, style

    def _patches(self, pictures: data.NamedImages, shrinks: tuple[int, ...]) -> Tensor:
        """Training patches uint8 (n, 3, size, size) at several scales, of the pictures that are not held out."""
        settings = self.settings
        names = [name for name in pictures if name not in settings.held_out]
        n = settings.patches // len(shrinks)
        parts = []
        for shrink in shrinks:
            cut = pictures.patches(settings.image_size, n, settings.seed + shrink, "train", shrink)
            parts.append(cut.where(**{pictures.factor: names}).images)
        return torch.cat(parts)

    def players(self) -> dict[str, nn.Module]:
        settings = self.settings
        return {
            "encoder": models.AdaINEncoder(3, settings.widths, settings.repeats),
            "decoder": models.AdaINDecoder(3, settings.widths, settings.repeats),
        }

    def make_game(self, players: dict[str, nn.Module]) -> AdaIN:
        settings = self.settings
        painting = settings.steps - settings.pretrain
        constant = max(settings.pretrain, painting // 2)  # the autoencoder's rate does not fall
        return AdaIN(
            players["encoder"],
            players["decoder"],
            content=settings.content,
            style=settings.style,
            pretrain=settings.pretrain,
            normalise=settings.normalise,
            scales=settings.scales,
            clip=settings.clip,
            lr=settings.lr,
            ema=settings.ema,
            seed=settings.seed,
            decay=(constant, max(0, painting - constant)),
            backend=self.backend,
        )

    def make_batches(self, sources: tuple) -> Iterator:
        content, style = sources
        return data.UnpairedBatches(
            content.to(self.backend.device),
            style.to(self.backend.device),
            batch_size=self.settings.batch_size,
            seed=self.settings.seed,
            rank=self.backend.rank,
            world_size=self.backend.world_size,
            transform=recoloured,
        )

    def preview(self) -> Tensor:
        """Held-out parts of photos, of textures, and the first in the statistics of the second."""
        return torch.cat([*self.shown, self.game.sample(*self.shown)])


def recoloured(images: Tensor, generator: torch.Generator) -> Tensor:
    """Images (b, 3, h, w) in [-1, 1], half of them mirrored and most in other colours: a few pictures make many styles.

    The channels are exchanged, stretched, a quarter of them inverted, and shifted: grey becomes a scale of two colours.
    """
    n = len(images)
    order = torch.rand(n, 3, generator=generator).argsort(dim=1)  # (n, 3)
    gain, shift = torch.rand(2, n, 3, 1, 1, generator=generator)
    inverted = torch.rand(n, 3, 1, 1, generator=generator)
    kept = torch.rand(n, 1, 1, 1, generator=generator)
    mirrored = torch.rand(n, 1, 1, 1, generator=generator)
    gain = (0.35 + 0.85 * gain) * torch.where(inverted < 0.25, -1, 1)
    exchanged = images[torch.arange(n)[:, None], order.to(images.device)]
    other = (exchanged * gain.to(images) + 0.8 * (shift.to(images) - 0.5)).clamp(-1, 1)
    images = torch.where(kept.to(images) < 0.3, images, other)
    return torch.where(mirrored.to(images) < 0.5, images.flip(3), images)
