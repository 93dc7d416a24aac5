"""Lesson 07: pix2pix (arXiv:1611.07004), from relief maps to the Earth from space, label maps to textures, or own."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from course_gan import data, losses, models, regularizers
from course_gan.errors import CourseError
from course_gan.models.layers import NORMS
from course_gan.recipes.earth import CropsAndMirrors, earth_pairs
from course_gan.recipes.own import FOLDER, OwnRecipe, OwnSettings, halvings, left_or_right
from course_gan.recipes.recipe import patches_fit
from course_gan.recipes.schema import setting
from course_gan.training import Pix2Pix


@dataclass(frozen=True)
class Pix2PixSettings(OwnSettings):
    """Of a pix2pix game: what is translated, the three terms of G's loss, the U-Net, and the patch discriminator.

    data: "earth", relief maps into the Earth from space, "textures", colour-coded maps into grass, gravel, brick and
    night sky, or "folder", pairs of one's own. scale: of the Earth, see `data.earth`. painted: the share of relief
    maps that are drawn anew.
    """

    data: str = setting("earth", "pictures", choices=("earth", "textures", FOLDER))
    batch_size: int = setting(8, "batch size", 1, 4096, on_panel=True)
    loss: str = setting("hinge", "loss", choices=[n for n in losses.NAMES if n != "relativistic"])
    lr: float = setting(4e-4, "learning rate", 1e-7, 1.0, on_panel=True)
    betas: tuple[float, ...] = setting((0.5, 0.999), "Adam's β", 0.0, 0.999999, length=2)
    adversarial: float = setting(1.0, "adversarial", 0.0, 1000.0, on_panel=True)
    l1: float = setting(10.0, "L1", 0.0, 10_000.0, on_panel=True)
    l2: float = setting(0.0, "L2", 0.0, 10_000.0, on_panel=True)
    ema: float | None = setting(0.995, "EMA", 0.0, 0.99999, on_panel=True)
    image_size: int = setting(64, "image size", 8, 1024)
    maps: int = setting(2000, "maps to learn from", 1, 1_000_000)
    scale: float = setting(2.0, "pixels of the map per pixel of the Earth", 1.0, 16.0)
    painted: float = setting(0.3, "share of maps drawn anew", 0.0, 1.0)
    width: int = setting(24, "width", 1, 512, on_panel=True)
    depth: int = setting(5, "halvings of the U-Net", 2, 10)
    max_multiplier: int = setting(4, "widest map, in widths", 1, 64)
    skips: bool = setting(True, "skip connections")
    residual: bool = setting(True, "residual blocks")
    norm: str = setting("none", "G's norm", choices=NORMS)
    dropout: float = setting(0.5, "dropout", 0.0, 0.95)
    noise: int = setting(1, "channels of noise", 0, 16)
    discriminator_width: int = setting(32, "width of D", 1, 512)
    discriminator_norm: str = setting("none", "D's norm", choices=NORMS)
    patch_layers: int = setting(3, "D's strided layers", 0, 5)
    spectral: bool = setting(True, "spectral norm of D")
    contrast: float = setting(0.3, "contrast of the map in D's eyes", 0.0, 100.0, on_panel=True)
    detail: float = setting(1.5, "weight of detail in D's eyes", 0.0, 100.0, on_panel=True)


AS_PUBLISHED = {
    "loss": "non_saturating",
    "norm": "batch",
    "noise": 0,
    "discriminator_norm": "batch",
    "spectral": False,
    "contrast": 1.0,
    "detail": 0.0,
}


class Painter(OwnRecipe):
    """Lesson 07: a translator of relief maps into the Earth from space, of drawn maps, or of a person's own pairs."""

    Settings = Pix2PixSettings
    lesson = "07"
    layout = "pairs"
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
        "cpu": {"steps": 10_000},
        "gpu": {
            "steps": 40_000,
            "image_size": 128,
            "maps": 4000,
            "batch_size": 16,
            "width": 64,
            "depth": 6,
            "max_multiplier": 8,
            "discriminator_width": 64,
        },
    }

    @classmethod
    def implied(cls, given: dict[str, Any], profile: str) -> dict[str, Any]:
        """Textures are learned with the published players: their maps are not louder than their pictures.

        Of a person's own pairs nobody knows which side is louder; the U-Net halves them as often as their size allows.
        """
        if given.get("data") == FOLDER:
            defaults = Pix2PixSettings(cls.lesson, profile, **cls.profiles[profile])
            size = given.get("image_size", defaults.image_size)
            depth = halvings(size, defaults.depth) if isinstance(size, int) and size > 0 else defaults.depth
            return {"contrast": 1.0, "depth": max(2, depth)}
        if given.get("data") != "textures":
            return {}
        sizes = {"cpu": {"lr": 5e-4, "maps": 1000, "steps": 4_000}, "gpu": {"lr": 5e-4, "image_size": 64}}
        return AS_PUBLISHED | sizes.get(profile, {})

    def check(self) -> None:
        """The U-Net halves images depth times, and D has to have a logit left."""
        super().check()
        settings = self.settings
        if settings.image_size % 2**settings.depth:
            found = f"image_size is {settings.image_size} and depth {settings.depth}"
            raise CourseError(f"{found}, but the size has to divide by 2**depth, {2**settings.depth}")
        patches_fit(settings.image_size, settings.patch_layers)

    def sources(self) -> tuple:
        settings = self.settings
        if self.is_own:
            return (self._own_pairs(),)
        if settings.data == "textures":
            held_out = data.texture_maps(8, settings.image_size, settings.seed, "test")
            self.held_out = [data.to_float(part.images) for part in held_out]
            return (data.texture_maps(settings.maps, settings.image_size, settings.seed, "train"),)
        held_out = data.earth.pairs(8, settings.image_size, settings.scale, settings.seed, "test", latitude=True)
        self.held_out = [data.to_float(part.images) for part in held_out]
        size = settings.image_size
        return (earth_pairs(settings.maps, size, settings.scale, settings.painted, settings.seed),)

    def _own_pairs(self) -> tuple[Tensor, Tensor]:
        settings = self.settings
        pairs = data.own_pairs(self.open_folder(), settings.image_size, settings.channels, settings.seed)
        self.held_out = [data.to_float(side) for side in pairs.held_out.unbind(1)]
        self.columns = len(pairs.held_out)
        self.told((len(pairs.learned),), len(pairs.held_out))
        inputs, targets = pairs.learned.unbind(1)
        return inputs, targets

    def make_batches(self, sources: tuple) -> Iterator:
        batches = super().make_batches(sources)
        if self.is_own and self.settings.mirror:
            batches.transform = left_or_right
        if self.settings.data == "earth":
            batches.transform = CropsAndMirrors(self.settings.image_size)
        return batches

    def players(self) -> dict[str, nn.Module]:
        settings = self.settings
        channels = self.input_channels()
        translator = models.UNetGenerator(
            channels,
            self._target_channels(),
            width=settings.width,
            depth=settings.depth,
            norm=settings.norm,
            max_multiplier=settings.max_multiplier,
            residual=settings.residual,
            skips=settings.skips,
            dropout=settings.dropout,
            noise=settings.noise,
        )
        return {"generator": translator, "discriminator": self.discriminator(channels)}

    def input_channels(self) -> int:
        """Of what is translated: 3 for colour, 1 for grey, 4 for a relief map and its latitude."""
        if self.is_own:
            return self.settings.channels
        return 3 if self.settings.data == "textures" else 4

    def halvings(self) -> int:
        """How often the translator halves a picture."""
        return self.settings.depth

    def _target_channels(self) -> int:
        return self.settings.channels if self.is_own else 3

    def discriminator(self, channels: int) -> nn.Module:
        """D of pairs whose input has so many channels."""
        settings = self.settings
        width, layers = settings.discriminator_width, settings.patch_layers
        if settings.contrast == 1 and settings.detail == 0:
            judge = models.PatchDiscriminator(
                channels + self._target_channels(), width, layers, settings.discriminator_norm
            )
        else:
            judge = models.PairDiscriminator(
                channels,
                self._target_channels(),
                width=width,
                layers=layers,
                norm=settings.discriminator_norm,
                contrast=settings.contrast,
                detail=settings.detail,
            )
        return regularizers.spectral_norm(judge) if settings.spectral else judge

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
        return torch.cat([maps[:, :3], self.game.sample(maps), painted])
