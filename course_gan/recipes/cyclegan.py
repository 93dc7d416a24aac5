"""Lesson 08: CycleGAN (arXiv:1703.10593), between two groups of typefaces."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from course_gan import data, models
from course_gan.errors import CourseError
from course_gan.recipes.recipe import Recipe, patches_fit
from course_gan.recipes.schema import Settings, setting
from course_gan.training import CycleGAN

# Every upright sans of regular weight, every bold serif italic.
_SANS = ("DejaVuSans", "DejaVuSansMono", "cmss10")
_SERIF = ("DejaVuSerif-BoldItalic", "STIXGeneralBolIta")


@dataclass(frozen=True)
class CycleGANSettings(Settings):
    """Of a CycleGAN of letters: its terms, the two groups of typefaces, and who is held out of both.

    A tenth of the published cycle weight and no identity term: letters have to change their shape. Patches of 16
    pixels, half a letter: a D that sees whole letters learns those of the training by heart.
    """

    batch_size: int = setting(8, "batch size", 1, 4096, on_panel=True)
    lr: float = setting(1e-3, "learning rate", 1e-7, 1.0, on_panel=True)
    betas: tuple[float, ...] = setting((0.5, 0.999), "Adam's β", 0.0, 0.999999, length=2)
    cycle: float = setting(1.0, "cycle", 0.0, 1000.0, on_panel=True)
    identity: float = setting(0.0, "identity", 0.0, 1000.0, on_panel=True)
    pool: int = setting(50, "pool", 0, 10_000, on_panel=True)
    ema: float | None = setting(0.99, "EMA", 0.0, 0.99999, on_panel=True)
    typefaces_a: tuple[str, ...] = setting(_SANS, "typefaces of A", choices=data.TYPEFACES)
    typefaces_b: tuple[str, ...] = setting(_SERIF, "typefaces of B", choices=data.TYPEFACES)
    held_out: str = setting("CHMRWbglqv05", "characters held out")
    image_size: int = setting(32, "image size", 8, 512)
    copies: int = setting(8, "copies of a letter", 1, 64)
    width: int = setting(16, "width", 1, 512, on_panel=True)
    blocks: int = setting(4, "residual blocks", 0, 32)
    downsamplings: int = setting(1, "halvings", 0, 5)
    patch_layers: int = setting(1, "D's strided layers", 0, 5)


class Typefaces(Recipe):
    """Lesson 08: sans letters into bold serif italics and back, unpaired."""

    Settings = CycleGANSettings
    lesson = "08"
    profiles: ClassVar = {
        "smoke": {"steps": 5, "width": 4, "blocks": 1, "copies": 1, "batch_size": 4},
        "cpu": {"steps": 4_000},
        "gpu": {"steps": 20_000, "width": 64, "blocks": 6, "copies": 16, "lr": 4e-4},
    }

    def check(self) -> None:
        """The translator halves images, D has to have a logit left, and some characters are known, some held out."""
        settings = self.settings
        unknown = sorted(set(settings.held_out) - set(data.CHARACTERS))
        if unknown or not settings.held_out or len(set(settings.held_out)) == len(data.CHARACTERS):
            raise CourseError(f"held_out is {settings.held_out!r}, but has to be some of A to Z, a to z and 0 to 9")
        smallest = settings.image_size // 2**settings.downsamplings
        if settings.image_size % 2**settings.downsamplings or smallest < 2:
            found = f"image_size is {settings.image_size} and downsamplings {settings.downsamplings}"
            raise CourseError(f"{found}, but the size has to divide by 2**downsamplings, and leave 2 pixels at least")
        patches_fit(settings.image_size, settings.patch_layers)

    def sources(self) -> tuple:
        settings = self.settings
        glyphs = data.glyphs(settings.image_size, "all", settings.copies, settings.seed)
        held_out = list(settings.held_out)
        known = [c for c in data.CHARACTERS if c not in held_out]  # the others are shown to nobody, in no typeface
        faces_a, faces_b = settings.typefaces_a, settings.typefaces_b
        self.held_out_a = data.to_float(glyphs.where(typeface=faces_a[0], character=held_out).images[:8])
        self.held_out_b = data.to_float(glyphs.where(typeface=faces_b[0], character=held_out).images[:8])
        return (
            glyphs.where(typeface=list(faces_a), character=known),
            glyphs.where(typeface=list(faces_b), character=known),
        )

    def players(self) -> dict[str, nn.Module]:
        settings = self.settings

        def translator() -> nn.Module:
            return models.ResNetGenerator(
                1, 1, width=settings.width, blocks=settings.blocks, downsamplings=settings.downsamplings
            )

        def discriminator() -> nn.Module:
            return models.PatchDiscriminator(1, settings.width, settings.patch_layers)

        return {
            "a_to_b": translator(),
            "b_to_a": translator(),
            "discriminator_a": discriminator(),
            "discriminator_b": discriminator(),
        }

    def make_game(self, players: dict[str, nn.Module]) -> CycleGAN:
        settings = self.settings
        half = settings.steps // 2
        return CycleGAN(
            players["a_to_b"],
            players["b_to_a"],
            players["discriminator_a"],
            players["discriminator_b"],
            cycle=settings.cycle,
            identity=settings.identity,
            pool=settings.pool,
            lr=settings.lr,
            betas=settings.betas,
            ema=settings.ema,
            seed=settings.seed,
            decay=(half, half),
            backend=self.backend,
        )

    def make_batches(self, sources: tuple) -> Iterator:
        a, b = sources
        return data.UnpairedBatches(
            a.to(self.backend.device),
            b.to(self.backend.device),
            batch_size=self.settings.batch_size,
            seed=self.settings.seed,
            rank=self.backend.rank,
            world_size=self.backend.world_size,
        )

    def preview(self) -> Tensor:
        """Held-out characters of A, their translations, held-out characters of B, and theirs."""
        a, b = self.held_out_a, self.held_out_b
        return torch.cat([a, self.game.sample(a), b, self.game.sample(b, "b_to_a")])
