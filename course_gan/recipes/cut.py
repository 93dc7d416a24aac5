"""Lesson 09: CUT (arXiv:2007.15651), between relief maps and the Earth, one photo and one style, or own pictures."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from course_gan import data, losses, models, regularizers
from course_gan.data.batches import Transform
from course_gan.data.pictures import crop
from course_gan.errors import CourseError
from course_gan.models.layers import NORMS
from course_gan.recipes.earth import earth_as_relief, earth_from_space, mirrored
from course_gan.recipes.own import FOLDER, OwnSettings
from course_gan.recipes.schema import setting
from course_gan.recipes.two_heaps import TwoHeaps
from course_gan.training import CUT


@dataclass(frozen=True)
class CUTSettings(OwnSettings):
    """Of CUT: its terms, its players, and two domains.

    data: "earth", relief maps and the Earth from space with the Americas held out, or "picture", crops of one photo
    and crops of one picture in the wanted style (SinCUT). into: for the Earth, which domain is translated into.
    photo, style: names of photos and styles of the course, or paths of pictures. contrast and identity have half of
    the published weight for the Earth, and twice as much for a picture. D has spectral norms, so that it is never sure
    of one picture's few patches, and no player has another norm, which would take away the mean of sea and desert.
    """

    data: str = setting("earth", "domains", choices=("earth", "picture", FOLDER))
    into: str = setting("satellite", "translated into", choices=("satellite", "relief"))
    photo: str = setting("china", "photo, a name or a path")
    style: str = setting("woodcut", "style, a name or a path")
    batch_size: int = setting(4, "batch size", 1, 4096, on_panel=True)
    loss: str = setting("hinge", "objective", choices=losses.NAMES)
    lr: float = setting(1e-3, "learning rate", 1e-7, 1.0, on_panel=True)
    betas: tuple[float, ...] = setting((0.5, 0.999), "Adam's β", 0.0, 0.999999, length=2)
    contrast: float = setting(0.5, "contrast", 0.0, 1000.0, on_panel=True)
    identity: float = setting(0.5, "identity", 0.0, 1000.0, on_panel=True)
    patches: int = setting(256, "patches compared", 2, 65_536, on_panel=True)
    temperature: float = setting(0.07, "temperature", 1e-3, 100.0, on_panel=True)
    ema: float | None = setting(0.995, "EMA", 0.0, 0.99999, on_panel=True)
    image_size: int = setting(64, "image size", 8, 512)
    places: int = setting(2000, "crops of each domain", 2, 1_000_000)
    scale: float = setting(2.0, "pixels of the map per pixel of the Earth", 1.0, 16.0)
    width: int = setting(16, "width", 1, 512, on_panel=True)
    blocks: int = setting(6, "residual blocks", 0, 32)
    downsamplings: int = setting(1, "halvings", 0, 5)
    norm: str = setting("none", "generator's norm", choices=NORMS)
    discriminator_width: int = setting(32, "width of D", 1, 512)
    discriminator_norm: str = setting("none", "D's norm", choices=NORMS)
    spectral: bool = setting(True, "spectral norm in D")
    patch_layers: int = setting(3, "D's strided layers", 0, 5)
    heads_width: int = setting(64, "numbers per description of a patch", 1, 4096)


LONGEST = 640  # pixels of the longest side of a picture of one's own


class Contrastive(TwoHeaps):
    """Lesson 09: relief maps into the Earth from space, or back; one photo into one style; own pictures, unpaired."""

    Settings = CUTSettings
    lesson = "09"
    profiles: ClassVar = {
        "smoke": {
            "steps": 5,
            "image_size": 32,
            "places": 16,
            "width": 4,
            "blocks": 1,
            "discriminator_width": 4,
            "patch_layers": 2,
            "patches": 16,
            "heads_width": 8,
        },
        "cpu": {"steps": 6_000},
        "gpu": {
            "steps": 60_000,
            "image_size": 128,
            "places": 4000,
            "width": 64,
            "blocks": 9,
            "downsamplings": 2,
            "discriminator_width": 64,
            "heads_width": 256,
        },
    }

    @classmethod
    def implied(cls, given: dict[str, Any], profile: str) -> dict[str, Any]:
        """One photo and one style take fewer steps; with less contrast a game may end in one colour."""
        if given.get("data") != "picture":
            return {}
        weights = {"contrast": 2.0, "identity": 2.0}
        sizes = {"smoke": {}, "cpu": {"steps": 1_000, "ema": 0.99}, "gpu": {"steps": 10_000}}
        return weights | sizes[profile]

    def sources(self) -> tuple:
        """Two heaps; beside them what the preview shows: pictures held out, or eight crops of the photo."""
        if self.is_own:
            heaps = self.own_domains()
            self.shown = self.held_out_a
            return heaps
        return self._pictures() if self.settings.data == "picture" else self._earth()

    def _earth(self) -> tuple:
        settings = self.settings
        size, scale, seed = settings.image_size, settings.scale, settings.seed
        there = data.earth.pairs(8, size, scale, seed, "test")
        # Two seeds: the heaps show different places.
        maps = earth_as_relief(settings.places, size, scale, 2 * seed).images
        pictures = earth_from_space(settings.places, size, scale, 2 * seed + 1).images
        if settings.into == "satellite":
            self.shown = data.to_float(there.inputs.images)
            return maps, pictures
        self.shown = data.to_float(there.targets.images)
        return pictures, maps

    def _pictures(self) -> tuple:
        settings = self.settings
        size, count, seed = settings.image_size, settings.places, settings.seed
        # Two seeds, as for the Earth.
        crops_of_photo = crops(photo(settings.photo), size, count, 2 * seed)
        crops_of_style = crops(style(settings.style), size, count, 2 * seed + 1)
        self.shown = data.to_float(crops_of_photo[:8])
        return crops_of_photo, crops_of_style

    def players(self) -> dict[str, nn.Module]:
        settings = self.settings
        channels = self.input_channels()
        generator = models.ResNetGenerator(
            channels,
            channels,
            width=settings.width,
            blocks=settings.blocks,
            norm=settings.norm,
            downsamplings=settings.downsamplings,
        )
        discriminator = models.PatchDiscriminator(
            channels, settings.discriminator_width, settings.patch_layers, settings.discriminator_norm
        )
        if settings.spectral:
            regularizers.spectral_norm(discriminator)
        heads = models.PatchHeads([channels, *generator.encoder.values()], settings.heads_width)
        return {"generator": generator, "discriminator": discriminator, "heads": heads}

    def make_game(self, players: dict[str, nn.Module]) -> CUT:
        settings = self.settings
        half = settings.steps // 2
        return CUT(
            players["generator"],
            players["discriminator"],
            players["heads"],
            tuple(players["generator"].encoder),
            loss=settings.loss,
            contrast=settings.contrast,
            identity=settings.identity,
            patches=settings.patches,
            temperature=settings.temperature,
            lr=settings.lr,
            betas=settings.betas,
            ema=settings.ema,
            seed=settings.seed,
            decay=(half, half),
            backend=self.backend,
        )

    def transform(self) -> Transform | None:
        """Crops of the Earth and of a picture are mirrored both ways."""
        return super().transform() if self.is_own else mirrored

    def input_channels(self) -> int:
        """Of what is translated: 3 for colour, 1 for grey."""
        return self.settings.channels if self.is_own else 3

    def preview(self) -> Tensor:
        """Pictures of a that nobody trains on, or crops of the photo, and their translations."""
        return torch.cat([self.shown, self.game.sample(self.shown)])


def photo(word: str) -> Tensor:
    """A photo of the course by its name, or a picture file of one's own, uint8 (3, h, w); CourseError for neither."""
    if word in data.PHOTO_NAMES:
        return data.photos()[word]
    return _own("photo", word, data.PHOTO_NAMES)


def style(word: str) -> Tensor:
    """A style of the course by its name, or a picture file of one's own, uint8 (3, h, w); CourseError for neither."""
    if word in data.STYLES:
        return data.style_picture(word)
    return _own("style", word, data.STYLES)


def _own(setting_name: str, path: str, names: tuple[str, ...]) -> Tensor:
    if not Path(path).is_file():
        raise CourseError(f"{setting_name} is {path!r}, which is no file: give a picture, or one of {', '.join(names)}")
    return data.to_uint8(data.read_picture(path, LONGEST))[0]


def crops(picture: Tensor, size: int, count: int, seed: int) -> Tensor:
    """Random squares of a picture (3, h, w), uint8 (count, 3, size, size); ValueError where it is smaller."""
    generator = data.derived_generator(seed)
    return torch.stack([crop(picture, size, generator) for _ in range(count)])
