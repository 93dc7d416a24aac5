"""Lesson 08: CycleGAN (arXiv:1703.10593), between two groups of typefaces, relief maps and the Earth, own pictures."""

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from course_gan import data, losses, models, regularizers
from course_gan.data import TYPEFACES
from course_gan.data.batches import Transform
from course_gan.errors import CourseError
from course_gan.models.layers import NORMS
from course_gan.recipes.earth import LATITUDE, earth_as_relief, earth_from_space, mirrored, with_latitude
from course_gan.recipes.own import FOLDER, OwnSettings
from course_gan.recipes.schema import setting
from course_gan.recipes.two_heaps import TwoHeaps
from course_gan.training import CycleGAN

# Every upright sans of regular weight, every bold serif italic.
_SANS = ("DejaVuSans", "DejaVuSansMono", "cmss10")
_SERIF = ("DejaVuSerif-BoldItalic", "STIXGeneralBolIta")


@dataclass(frozen=True)
class CycleGANSettings(OwnSettings):
    """Of a CycleGAN: its terms, its players, and two domains.

    data: "letters", two groups of typefaces, with characters held out of both, "earth", relief maps and the Earth from
    space, with the Americas held out, or "folder", two heaps of one's own.
    latitude puts a fourth channel beside both domains of the Earth, which tells where a pixel lies.
    For letters the cycle has a tenth of the published weight and the identity term is left out: letters have to change
    their shape. D sees patches of half a letter: one that sees whole letters learns those of the training by heart.
    """

    data: str = setting("letters", "domains", choices=("letters", "earth", FOLDER))
    batch_size: int = setting(8, "batch size", 1, 4096, on_panel=True)
    loss: str = setting("least_squares", "objective", choices=losses.NAMES)
    lr: float = setting(1e-3, "learning rate", 1e-7, 1.0, on_panel=True)
    betas: tuple[float, ...] = setting((0.5, 0.999), "Adam's β", 0.0, 0.999999, length=2)
    cycle: float = setting(1.0, "cycle", 0.0, 1000.0, on_panel=True)
    identity: float = setting(0.0, "identity", 0.0, 1000.0, on_panel=True)
    pool: int = setting(50, "pool", 0, 10_000, on_panel=True)
    ema: float | None = setting(0.99, "EMA", 0.0, 0.99999, on_panel=True)
    typefaces_a: tuple[str, ...] = setting(_SANS, "typefaces of A", choices=TYPEFACES)
    typefaces_b: tuple[str, ...] = setting(_SERIF, "typefaces of B", choices=TYPEFACES)
    held_out: str = setting("CHMRWbglqv05", "characters held out")
    image_size: int = setting(64, "image size", 8, 512)
    copies: int = setting(8, "copies of a letter", 1, 64)
    places: int = setting(2000, "places of each domain of the Earth", 2, 1_000_000)
    scale: float = setting(2.0, "pixels of the map per pixel of the Earth", 1.0, 16.0)
    latitude: bool = setting(False, "the Earth's latitude beside both domains")
    width: int = setting(16, "width", 1, 512, on_panel=True)
    blocks: int = setting(4, "residual blocks", 0, 32)
    downsamplings: int = setting(2, "halvings", 0, 5)
    norm: str = setting("instance", "translators' norm", choices=NORMS)
    discriminator_width: int = setting(16, "width of each D", 1, 512)
    discriminator_norm: str = setting("instance", "D's norm", choices=NORMS)
    spectral: bool = setting(False, "spectral norm in each D")
    patch_layers: int = setting(2, "D's strided layers", 0, 5)


# For the Earth and for photographs. The sea and a desert may differ in nothing but the mean, which instance norm takes
# away. Identity: half of the cycle's weight, as published, so that colours are kept.
FOR_COLOURS = {
    "norm": "none",
    "discriminator_norm": "none",
    "patch_layers": 3,
    "cycle": 5.0,
    "identity": 2.5,
    "lr": 4e-4,
    "ema": 0.995,
}


class Unpaired(TwoHeaps):
    """Lesson 08: sans letters into bold serif italics, relief maps into the Earth, own pictures, and back, unpaired."""

    Settings = CycleGANSettings
    lesson = "08"
    profiles: ClassVar = {
        "smoke": {
            "steps": 5,
            "image_size": 32,
            "copies": 1,
            "places": 16,
            "batch_size": 4,
            "width": 4,
            "blocks": 1,
            "downsamplings": 1,
            "discriminator_width": 4,
        },
        "cpu": {"steps": 4_000},
        "gpu": {
            "steps": 20_000,
            "copies": 16,
            "width": 64,
            "blocks": 6,
            "discriminator_width": 64,
            "lr": 4e-4,
        },
    }

    @classmethod
    def implied(cls, given: dict[str, Any], profile: str) -> dict[str, Any]:
        """The Earth and photographs have colours to keep and more to learn than letters."""
        if given.get("data") not in ("earth", FOLDER):
            return {}
        sizes = {
            "smoke": {"patch_layers": 2},
            "cpu": {"batch_size": 4, "blocks": 6, "downsamplings": 1, "discriminator_width": 32, "steps": 6_000},
            "gpu": {"image_size": 128, "places": 4000, "blocks": 9, "steps": 60_000},
        }
        return FOR_COLOURS | sizes[profile]

    def check(self) -> None:
        """Some characters are known, some held out."""
        super().check()
        settings = self.settings
        unknown = sorted(set(settings.held_out) - set(data.CHARACTERS))
        if unknown or not settings.held_out or len(set(settings.held_out)) == len(data.CHARACTERS):
            raise CourseError(f"held_out is {settings.held_out!r}, but has to be some of A to Z, a to z and 0 to 9")

    def sources(self) -> tuple:
        """Two heaps; beside them eight pictures of each domain that are in neither are kept for the preview."""
        if self.is_own:
            return self.own_domains()
        return self._earth() if self.settings.data == "earth" else self._letters()

    def _earth(self) -> tuple:
        settings = self.settings
        size, scale, seed = settings.image_size, settings.scale, settings.seed
        there = data.earth.pairs(8, size, scale, seed, "test")
        self.held_out_a = data.to_float(self._seen(there.inputs))
        self.held_out_b = data.to_float(self._seen(there.targets))
        # Two seeds: the heaps show different places.
        maps = earth_as_relief(settings.places, size, scale, 2 * seed)
        pictures = earth_from_space(settings.places, size, scale, 2 * seed + 1)
        return self._seen(maps), self._seen(pictures)

    def _seen(self, crops: data.earth.EarthCrops) -> Tensor:
        """The crops as the players see them, uint8 (n, 3 or 4, h, w)."""
        return with_latitude(crops) if self.settings.latitude else crops.images

    def _letters(self) -> tuple:
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
        return {
            "a_to_b": self._translator(),
            "b_to_a": self._translator(),
            "discriminator_a": self._discriminator(),
            "discriminator_b": self._discriminator(),
        }

    def _translator(self) -> nn.Module:
        settings = self.settings
        return models.ResNetGenerator(
            self._channels(),
            self._channels(),
            width=settings.width,
            blocks=settings.blocks,
            norm=settings.norm,
            downsamplings=settings.downsamplings,
            carried=self._carried(),
        )

    def _discriminator(self) -> nn.Module:
        settings = self.settings
        discriminator = models.PatchDiscriminator(
            self.input_channels(),
            settings.discriminator_width,
            settings.patch_layers,
            settings.discriminator_norm,
        )
        if settings.spectral:
            regularizers.spectral_norm(discriminator)
        return discriminator

    def _channels(self) -> int:
        if self.is_own:
            return self.settings.channels
        return 3 if self.settings.data == "earth" else 1

    def input_channels(self) -> int:
        """Of what is translated: 3 for colour, 1 for grey, 4 for a picture and its latitude."""
        return self._channels() + self._carried()

    def _carried(self) -> int:
        """Channels beside the images': the latitude, which both domains have."""
        return 1 if self.settings.data == "earth" and self.settings.latitude else 0

    def make_game(self, players: dict[str, nn.Module]) -> CycleGAN:
        settings = self.settings
        half = settings.steps // 2
        return CycleGAN(
            players["a_to_b"],
            players["b_to_a"],
            players["discriminator_a"],
            players["discriminator_b"],
            loss=settings.loss,
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

    def transform(self) -> Transform | None:
        """The Earth is mirrored both ways, letters are not mirrored."""
        return mirrored if self.settings.data == "earth" else super().transform()

    def preview(self) -> Tensor:
        """Held-out pictures of A, their translations, held-out pictures of B, and theirs."""
        a, b = self.held_out_a, self.held_out_b
        shown = torch.cat([a, self.game.sample(a), b, self.game.sample(b, "b_to_a")])
        return shown[:, :LATITUDE]
