"""What the recipes of lessons 08 and 09 share: two unpaired heaps, which may be a person's own, and a translator."""

from collections.abc import Iterator
from typing import ClassVar

from course_gan import data
from course_gan.data.batches import Transform
from course_gan.errors import CourseError
from course_gan.recipes.own import OwnRecipe, left_or_right
from course_gan.recipes.recipe import patches_fit


class TwoHeaps(OwnRecipe):
    """A recipe of unpaired images of two domains, with the settings image_size, downsamplings and patch_layers."""

    layout: ClassVar[str] = "domains"

    def check(self) -> None:
        """A translator halves images, and D has to have a logit left."""
        super().check()
        settings = self.settings
        smallest = settings.image_size // 2**settings.downsamplings
        if settings.image_size % 2**settings.downsamplings or smallest < 2:
            found = f"image_size is {settings.image_size} and downsamplings {settings.downsamplings}"
            raise CourseError(f"{found}, but the size has to divide by 2**downsamplings, and leave 2 pixels at least")
        patches_fit(settings.image_size, settings.patch_layers)

    def own_domains(self) -> tuple:
        """Two heaps of a person's own; beside them, those held out of each are kept for the preview."""
        settings = self.settings
        a, b = data.own_domains(self.open_folder(), settings.image_size, settings.channels, settings.seed)
        self.held_out_a = data.to_float(a.held_out)
        self.held_out_b = data.to_float(b.held_out)
        self.columns = len(a.held_out)
        self.told((len(a.learned), len(b.learned)), len(a.held_out))
        return a.learned, b.learned

    def make_batches(self, sources: tuple) -> Iterator:
        a, b = sources
        return data.UnpairedBatches(
            a.to(self.backend.device),
            b.to(self.backend.device),
            batch_size=self.settings.batch_size,
            seed=self.settings.seed,
            rank=self.backend.rank,
            world_size=self.backend.world_size,
            transform=self.transform(),
        )

    def transform(self) -> Transform | None:
        """What is done to each batch: a person's own pictures are mirrored left to right, if they may be."""
        return left_or_right if self.is_own and self.settings.mirror else None

    def halvings(self) -> int:
        """How often a translator halves a picture."""
        return self.settings.downsamplings
