"""Lessons 01 and 02: games on points of the plane."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn

from course_gan import data, models
from course_gan.recipes.gan import GANRecipe, GANSettings
from course_gan.recipes.schema import setting


@dataclass(frozen=True)
class PointSettings(GANSettings):
    """Of a game on points: which points, and how deep the players are."""

    data: str = setting("ring", "data", choices=("ring", "grid"))
    samples: int = setting(50_000, "points in all", 1, 10_000_000)
    layers: int = setting(3, "linear layers", 1, 20)


class Points(GANRecipe):
    """Points (n, 2) of a ring or a grid of Gaussians; the players are a few linear layers."""

    Settings = PointSettings

    def sources(self) -> tuple:
        generator = data.derived_generator(self.settings.seed)
        if self.settings.data == "grid":
            return (data.grid(self.settings.samples, spacing=0.5, generator=generator),)
        return (data.ring(self.settings.samples, generator=generator),)

    def players(self) -> dict[str, nn.Module]:
        settings = self.settings
        return {
            "generator": models.MLPGenerator(settings.latent_dim, 2, settings.width, settings.layers),
            "discriminator": models.MLPDiscriminator(2, settings.width, settings.layers),
        }

    def preview(self) -> Tensor:
        return self.game.sample(n=1024)


class MinimaxGame(Points):
    """Lesson 01: eight Gaussians on a ring."""

    lesson = "01"
    standard: ClassVar = {
        "width": 64,
        "latent_dim": 2,
        "batch_size": 256,
        "lr": 5e-4,
        "lr_discriminator": 2e-3,
        "betas": (0.0, 0.9),
        "ema": None,
    }
    profiles: ClassVar = {
        "smoke": {"steps": 60, "batch_size": 64},
        "cpu": {"steps": 3_000},
        "gpu": {"steps": 10_000, "batch_size": 1024},
    }


class TrainingDynamics(Points):
    """Lesson 02: 25 Gaussians on a grid, on which a game can be seen to collapse."""

    lesson = "02"
    standard: ClassVar = {
        "data": "grid",
        "width": 128,
        "layers": 4,
        "latent_dim": 2,
        "batch_size": 256,
        "lr": 1e-3,
        "lr_discriminator": 4e-3,
        "betas": (0.5, 0.9),
        "ema": 0.99,
    }
    profiles: ClassVar = {
        "smoke": {"steps": 20, "width": 32, "batch_size": 64},
        "cpu": {"steps": 2_000},
        "gpu": {"steps": 6_000},
    }
