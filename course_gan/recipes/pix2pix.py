"""Lesson 07: pix2pix (arXiv:1611.07004), from label maps to textures."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from course_gan import data, losses, models
from course_gan.errors import CourseError
from course_gan.recipes.recipe import Recipe, patches_fit
from course_gan.recipes.schema import Settings, setting
from course_gan.training import Pix2Pix


@dataclass(frozen=True)
class Pix2PixSettings(Settings):
    """Of a pix2pix game: the three terms of G's loss, the U-Net, the patch discriminator, and how many maps."""

    batch_size: int = setting(8, "batch size", 1, 4096, on_panel=True)
    loss: str = setting("non_saturating", "loss", choices=[n for n in losses.NAMES if n != "relativistic"])
    lr: float = setting(5e-4, "learning rate", 1e-7, 1.0, on_panel=True)
    betas: tuple[float, ...] = setting((0.5, 0.999), "Adam's β", 0.0, 0.999999, length=2)
    adversarial: float = setting(1.0, "adversarial", 0.0, 1000.0, on_panel=True)
    l1: float = setting(10.0, "L1", 0.0, 10_000.0, on_panel=True)
    l2: float = setting(0.0, "L2", 0.0, 10_000.0, on_panel=True)
    ema: float | None = setting(0.995, "EMA", 0.0, 0.99999, on_panel=True)
    image_size: int = setting(64, "image size", 8, 1024)
    maps: int = setting(1000, "maps to learn from", 1, 1_000_000)
    width: int = setting(24, "width", 1, 512, on_panel=True)
    depth: int = setting(5, "halvings of the U-Net", 2, 10)
    max_multiplier: int = setting(4, "widest map, in widths", 1, 64)
    skips: bool = setting(True, "skip connections")
    residual: bool = setting(True, "residual blocks")
    discriminator_width: int = setting(32, "width of D", 1, 512)
    patch_layers: int = setting(3, "D's strided layers", 0, 5)


class Painter(Recipe):
    """Lesson 07: a translator of colour-coded maps into grass, gravel, brick and night sky."""

    Settings = Pix2PixSettings
    lesson = "07"
    profiles: ClassVar = {
        "smoke": {
            "steps": 10,
            "image_size": 32,
            "maps": 32,
            "batch_size": 4,
            "width": 4,
            "depth": 3,
            "discriminator_width": 4,
            "patch_layers": 2,
        },
        "cpu": {"steps": 4_000},
        "gpu": {
            "steps": 20_000,
            "maps": 4000,
            "batch_size": 16,
            "width": 64,
            "depth": 6,
            "max_multiplier": 8,
            "discriminator_width": 64,
        },
    }

    def check(self) -> None:
        """The U-Net halves images depth times, and D has to have a logit left."""
        settings = self.settings
        if settings.image_size % 2**settings.depth:
            found = f"image_size is {settings.image_size} and depth {settings.depth}"
            raise CourseError(f"{found}, but the size has to divide by 2**depth, {2**settings.depth}")
        patches_fit(settings.image_size, settings.patch_layers)

    def sources(self) -> tuple:
        settings = self.settings
        held_out = data.texture_maps(8, settings.image_size, settings.seed, "test")
        self.held_out = [data.to_float(part.images) for part in held_out]
        return (data.texture_maps(settings.maps, settings.image_size, settings.seed, "train"),)

    def players(self) -> dict[str, nn.Module]:
        settings = self.settings
        translator = models.UNetGenerator(
            width=settings.width,
            depth=settings.depth,
            max_multiplier=settings.max_multiplier,
            skips=settings.skips,
            residual=settings.residual,
        )
        discriminator = models.PatchDiscriminator(6, settings.discriminator_width, settings.patch_layers, norm="batch")
        return {"generator": translator, "discriminator": discriminator}

    def make_game(self, players: dict[str, nn.Module]) -> Pix2Pix:
        settings = self.settings
        half = max(1, settings.steps // 2)  # as published: half the time constant, half of it falling
        return Pix2Pix(
            players["generator"],
            players["discriminator"],
            loss=settings.loss,
            adversarial=settings.adversarial,
            l1=settings.l1,
            l2=settings.l2,
            lr=settings.lr,
            betas=settings.betas,
            ema=settings.ema,
            seed=settings.seed,
            decay=(half, half),
            backend=self.backend,
        )

    def preview(self) -> Tensor:
        """Eight held-out maps, what the translator makes of them, and what was there."""
        maps, painted = self.held_out
        return torch.cat([maps, self.game.sample(maps), painted])
