"""Lesson 10: one network for many styles, by distances and a critic of patches (arXiv:1610.07629, 2203.11862)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from course_gan import data, models
from course_gan.data import STYLES
from course_gan.errors import CourseError
from course_gan.recipes.earth import mirrored
from course_gan.recipes.recipe import Recipe, patches_fit
from course_gan.recipes.schema import Settings, setting
from course_gan.training import PatchStyle

SMALLEST_STYLE = 256  # pixels of the shortest side of a style picture


@dataclass(frozen=True)
class PatchStyleSettings(Settings):
    """Of a style network: its styles, the three terms of its loss, the players, and the photos it learns on."""

    styles: tuple[str, ...] = setting(STYLES, "styles", choices=STYLES)
    batch_size: int = setting(4, "batch size", 1, 4096, on_panel=True)
    lr: float = setting(1e-3, "learning rate", 1e-7, 1.0, on_panel=True)
    betas: tuple[float, ...] = setting((0.0, 0.99), "Adam's β", 0.0, 0.999999, length=2)
    content: float = setting(1.0, "content", 0.0, 1000.0, on_panel=True)
    patches: float = setting(1.0, "distance of patches", 0.0, 1000.0, on_panel=True)
    adversarial: float = setting(1.0, "critic", 0.0, 1000.0, on_panel=True)
    directions: int = setting(16, "directions of the distance", 1, 1024)
    clip: float | None = setting(1.0, "largest norm of a gradient", 1e-6, 1e6)
    ema: float | None = setting(0.995, "EMA", 0.0, 0.99999, on_panel=True)
    image_size: int = setting(96, "image size", 40, SMALLEST_STYLE)
    crops: int = setting(1000, "crops of the photos", 14, 1_000_000)
    width: int = setting(24, "width", 1, 512, on_panel=True)
    blocks: int = setting(5, "residual blocks", 0, 32)
    critic_width: int = setting(32, "width of the critic", 1, 512)
    patch_layers: int = setting(3, "the critic's strided layers", 1, 5)
    held_out: tuple[str, ...] = setting(("coffee", "china"), "photos held out", choices=data.PHOTO_NAMES)


class ManyStyles(Recipe):
    """Lesson 10: any photo in one of many styles."""

    Settings = PatchStyleSettings
    lesson = "10"
    profiles: ClassVar = {
        "smoke": {
            "steps": 5,
            "styles": ("brick", "woodcut"),
            "batch_size": 2,
            "image_size": 40,
            "crops": 14,
            "width": 4,
            "blocks": 1,
            "critic_width": 4,
            "patch_layers": 2,
        },
        "cpu": {"steps": 7_000},
        "gpu": {"steps": 40_000, "batch_size": 13, "image_size": 192, "crops": 7000, "width": 32, "critic_width": 64},
    }

    def check(self) -> None:
        """The network halves twice, the critic has a logit left, and there are photos to learn on."""
        settings = self.settings
        if settings.image_size % 4:
            raise CourseError(f"image_size is {settings.image_size}, but has to divide by 4: the network halves twice")
        patches_fit(settings.image_size, settings.patch_layers)
        if len(set(settings.styles)) < len(settings.styles):
            raise CourseError(f"styles is {settings.styles}, but each has to be named once")
        if len(set(settings.held_out)) == len(data.PHOTO_NAMES):
            raise CourseError("held_out names every photo, but one at least has to be learned on")

    def sources(self) -> tuple:
        """Crops of the photos at two scales; beside them two crops of every photo held out for the preview."""
        settings = self.settings
        photos = data.photos()
        known = [name for name in photos if name not in settings.held_out]
        parts = []
        for shrink in (1, 2):
            cut = photos.patches(settings.image_size, settings.crops // 2, settings.seed + shrink, "all", shrink)
            parts.append(cut.where(photo=known).images)
        shown = photos.patches(settings.image_size, 2 * len(photos), 1, "all", 2)
        self.shown = data.to_float(shown.where(photo=list(settings.held_out)).images)
        return (torch.cat(parts),)

    def players(self) -> dict[str, nn.Module]:
        settings = self.settings
        return {
            "network": models.StyleNetwork(settings.styles, settings.width, settings.blocks),
            "critic": models.StyleCritic(len(settings.styles), settings.critic_width, settings.patch_layers),
        }

    def make_game(self, players: dict[str, nn.Module]) -> PatchStyle:
        settings = self.settings
        half = settings.steps // 2
        return PatchStyle(
            players["network"],
            players["critic"],
            [data.to_float(data.style_picture(name)) for name in settings.styles],
            content=settings.content,
            patches=settings.patches,
            adversarial=settings.adversarial,
            directions=settings.directions,
            lr=settings.lr,
            betas=settings.betas,
            clip=settings.clip,
            ema=settings.ema,
            seed=settings.seed,
            decay=(half, half),
            backend=self.backend,
        )

    def make_batches(self, sources: tuple) -> Iterator:
        return data.Batches(
            sources[0].to(self.backend.device),
            batch_size=self.settings.batch_size,
            seed=self.settings.seed,
            rank=self.backend.rank,
            world_size=self.backend.world_size,
            transform=mirrored,
        )

    def preview(self) -> Tensor:
        """Eight crops of photos held out, and each in another style."""
        shown = self.shown.repeat(8, 1, 1, 1)[:8]
        style = torch.arange(8) % len(self.settings.styles)
        return torch.cat([shown, self.game.sample(shown, style)])
