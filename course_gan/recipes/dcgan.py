"""Lessons 03 and 04: DCGANs (arXiv:1511.06434) of letters, digits, the Earth, torchvision's sets or own pictures."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from torch import Tensor, nn

from course_gan import data, models
from course_gan.errors import CourseError
from course_gan.models.layers import NORMS
from course_gan.recipes.earth import earth_from_space, mirrored
from course_gan.recipes.gan import GANRecipe, GANSettings
from course_gan.recipes.own import FOLDER, OwnRecipe, OwnSettings, left_or_right
from course_gan.recipes.schema import setting


@dataclass(frozen=True)
class DCGANSettings(GANSettings, OwnSettings):
    """Of a DCGAN: which images, how large, and D's norm.

    data: letters, digits of scikit-learn, the Earth from space (at 64 pixels and scale 2 a crop is 950 km wide),
    torchvision's MNIST and CelebA, which have to lie on the disk, or a folder of one's own.
    """

    data: str = setting("glyphs", "data", choices=("glyphs", "digits", "earth", "mnist", "celeba", FOLDER))
    image_size: int = setting(32, "image size", 16, 256)
    copies: int = setting(8, "copies of a letter", 1, 64)
    places: int = setting(12_000, "places of the Earth", 2, 1_000_000)
    scale: float = setting(2.0, "pixels of the map per pixel of the Earth", 1.0, 16.0)
    discriminator_norm: str = setting("batch", "D's norm", choices=NORMS)


class DCGAN(OwnRecipe, GANRecipe):
    """A DCGAN of one of the course's sets of images, or of a person's own."""

    Settings = DCGANSettings

    def check(self) -> None:
        """The papers' networks double and halve: their images have sides that are powers of two."""
        super().check()
        size = self.settings.image_size
        if size & (size - 1):
            raise CourseError(f"image_size is {size}, but has to be a power of two: 16, 32, 64, 128 or 256")

    def sources(self) -> tuple:
        settings = self.settings
        if self.is_own:
            images = data.own_pictures(self.open_folder(), settings.image_size, settings.channels)
            self.told((len(images),), held_out=0)
            return (images,)
        if settings.data == "digits":
            return (data.digits("train", settings.image_size),)
        if settings.data == "earth":
            return (earth_from_space(settings.places, settings.image_size, settings.scale, settings.seed),)
        if settings.data == "mnist":
            return (data.mnist(size=settings.image_size),)
        if settings.data == "celeba":
            return (data.celeba(size=settings.image_size),)
        return (data.glyphs(settings.image_size, "train", settings.copies, settings.seed),)

    def players(self) -> dict[str, nn.Module]:
        settings = self.settings
        channels = self.channels()
        return {
            "generator": models.DCGANGenerator(settings.latent_dim, channels, settings.width, settings.image_size),
            "discriminator": models.DCGANDiscriminator(
                channels, settings.width, settings.image_size, settings.discriminator_norm
            ),
        }

    def channels(self) -> int:
        """Of the images: 3 for colour, 1 for grey."""
        if self.is_own:
            return self.settings.channels
        return 3 if self.settings.data in ("earth", "celeba") else 1

    def make_batches(self, sources: tuple) -> Iterator:
        batches = super().make_batches(sources)
        if self.is_own and self.settings.mirror:
            batches.transform = left_or_right
        if self.settings.data == "earth":
            batches.transform = mirrored
        return batches

    def preview(self) -> Tensor:
        return self.game.sample()


class Letters(DCGAN):
    """Lesson 03: letters out of noise, or with data=earth coasts that do not exist."""

    lesson = "03"
    standard: ClassVar = {"width": 32, "lr": 4e-4, "ema": 0.998}
    profiles: ClassVar = {
        "smoke": {"steps": 20, "width": 4, "image_size": 16, "copies": 1, "places": 32, "batch_size": 16},
        "cpu": {"steps": 3_000},
        "gpu": {"steps": 20_000, "width": 64, "image_size": 64, "copies": 16, "batch_size": 128},
    }

    @classmethod
    def implied(cls, given: dict[str, Any], profile: str) -> dict[str, Any]:
        """Coasts and photographs need more than letters: larger images, wider players, more steps of fewer images."""
        if given.get("data") not in ("earth", FOLDER) or profile != "cpu":
            return {}
        return {"image_size": 64, "width": 40, "batch_size": 32, "lr": 2e-4, "ema": 0.999, "steps": 20_000}


class Objectives(DCGAN):
    """Lesson 04: the same letters under six objectives, each with what it needs to be the published method."""

    lesson = "04"
    standard: ClassVar = {"width": 32, "discriminator_norm": "none"}
    profiles: ClassVar = {
        "smoke": {"steps": 20, "width": 4, "image_size": 16, "copies": 1, "places": 32, "batch_size": 16},
        "cpu": {"steps": 1_500},
        "gpu": {"steps": 20_000, "width": 64, "image_size": 64, "copies": 16, "batch_size": 128},
    }

    @classmethod
    def implied(cls, given: dict[str, Any], profile: str) -> dict[str, Any]:
        """A critic is kept Lipschitz (arXiv:1704.00028), a relativistic pair has both penalties (arXiv:2501.05441)."""
        if given.get("loss") == "wasserstein":
            return {"gradient_penalty": 10.0}
        if given.get("loss") == "relativistic":
            return {"r1": 1.0, "r2": 1.0}
        return {}
