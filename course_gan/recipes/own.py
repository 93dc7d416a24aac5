"""What the recipes share that can learn a person's own pictures: three settings, and how the folder is opened."""

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Generator, Tensor

from course_gan import data
from course_gan.data import Listing
from course_gan.errors import CourseError
from course_gan.recipes.recipe import Recipe
from course_gan.recipes.schema import Settings, setting

FOLDER = "folder"  # the value of the setting data that means a folder of one's own


@dataclass(frozen=True)
class OwnSettings(Settings):
    """Of pictures of one's own, which are learned where data is "folder"; `--data PATH` says both."""

    folder: str = setting("", "folder of own pictures")
    channels: int = setting(3, "channels of own pictures, 3 for colour and 1 for grey", 1, 3)
    mirror: bool = setting(True, "own pictures are mirrored left to right, half of them")


class OwnRecipe(Recipe):
    """A recipe whose setting data may be "folder".

    layout: how the folder is read, see `data.pictures_in`.
    """

    Settings = OwnSettings
    layout: ClassVar[str] = "pictures"

    @property
    def is_own(self) -> bool:
        """Whether the pictures are a person's own."""
        return self.settings.data == FOLDER

    def check(self) -> None:
        """A folder is named where it is wanted, and nowhere else; there are two kinds of channels."""
        super().check()
        settings = self.settings
        if settings.channels == 2:
            raise CourseError("channels is 2, but has to be 3 for colour or 1 for grey")
        if self.is_own and not settings.folder.strip():
            raise CourseError("folder is empty, but data is 'folder': name it by --data PATH")
        if settings.folder and not self.is_own:
            raise CourseError(f"folder is {settings.folder!r}, but data is {settings.data!r}: say --data PATH instead")

    def open_folder(self) -> Listing:
        """What the folder holds; it is kept as `listing`."""
        self.listing = data.pictures_in(self.settings.folder, self.layout)
        return self.listing

    def told(self, counts: tuple[int, ...], held_out: int) -> None:
        """Say in `about` what is learned from; CourseError where a batch wants more.

        counts: pictures or pairs to learn from, of each side. held_out: how many more of each there are.
        """
        settings = self.settings
        path = self.listing.path
        there = self._counted(counts)
        wanted = settings.batch_size * self.backend.world_size
        least = min(counts)
        if least < wanted:
            smaller = f"or make it smaller with -p batch_size {least}" if least > 1 else "one is too few"
            raise CourseError(f"{path}: {there} to learn from, but a batch has {wanted}: add some, {smaller}")
        colour = "in colour" if settings.channels == 3 else "in grey"
        size = f"{settings.image_size}×{settings.image_size} pixels {colour}"
        each = " of each" if len(counts) > 1 else ""
        kept = f"; {held_out}{each} more are held out for the samples and never learned" if held_out else ""
        self.about = f"{path}: {there} to learn from, {size}{kept}"

    def _counted(self, counts: tuple[int, ...]) -> str:
        if len(counts) > 1:
            a, b = self.listing.sides
            return f"{counts[0]} picture(s) in {a} and {counts[1]} in {b}"
        if self.layout == "pictures":
            return f"{counts[0]} picture(s)"
        how = (
            "by name in {} and {}".format(*self.listing.sides) if self.listing.sides else "left and right in each file"
        )
        return f"{counts[0]} pair(s), {how},"


def left_or_right(batch: Tensor | tuple[Tensor, ...], generator: Generator) -> Any:
    """Images (b, c, h, w), half of them mirrored left to right; of a tuple, those that belong together alike."""
    parts = batch if isinstance(batch, tuple) else (batch,)
    flipped = (torch.rand(len(parts[0]), 1, 1, 1, generator=generator) < 0.5).to(parts[0].device)
    mirrored = tuple(torch.where(flipped, part.flip(3), part) for part in parts)
    return mirrored if isinstance(batch, tuple) else mirrored[0]


def halvings(image_size: int, most: int) -> int:
    """How often a side can be halved without a rest, `most` times at most."""
    return next(count for count in range(most, -1, -1) if image_size % 2**count == 0)
