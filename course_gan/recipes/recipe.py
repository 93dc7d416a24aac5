"""A recipe: data, players, game and preview of one training, each in a method that a subclass may replace."""

import re
from collections.abc import Iterator
from typing import Any, ClassVar

from torch import Tensor, nn

from course_gan.data import Batches, Listing
from course_gan.errors import CourseError
from course_gan.recipes.schema import Settings
from course_gan.training import Backend, Game

_DEVICE = re.compile(r"auto|cpu|mps|cuda(:\d+)?")


class Recipe:
    """A game ready to be trained, made of settings; the same settings give the same players, batches and samples.

    A family is a subclass with `Settings`, `sources`, `players`, `make_game` and `preview`. A lesson is a subclass of
    a family that says its number in `lesson`, and in `standard` and `profiles` which defaults it changes.

    settings: of the class's own `Settings`. game: the game. batches: an endless iterator of what the game eats.
    steps: how many steps it deserves. columns: images in a row of the preview. about: a line on what is learned from,
        or "". listing: the files of a person's own that are learned, or None.
    with_data: False makes the game alone, for weights that were trained elsewhere; then there are no batches, and no
        preview that shows data.
    Raises CourseError for settings that do not go together or for which there is no device.
    """

    Settings: ClassVar[type[Settings]] = Settings
    lesson: ClassVar[str] = ""
    standard: ClassVar[dict[str, Any]] = {}
    profiles: ClassVar[dict[str, dict[str, Any]]] = {"smoke": {}, "cpu": {}, "gpu": {}}
    columns: int = 8
    about: str = ""
    listing: Listing | None = None

    def __init__(self, settings: Settings, with_data: bool = True):
        self.settings = settings
        self.steps = settings.steps
        try:
            self.check()
            self.backend = self._backend()
            with self.backend.randomness(settings.seed):
                sources = self.sources() if with_data else None
                self.game = self.make_game(self.players())
            self.batches = self.make_batches(sources) if with_data else None
        except ValueError as error:  # of data, a model or a game that cannot be made so
            raise CourseError(str(error)) from error

    @classmethod
    def implied(cls, given: dict[str, Any], profile: str) -> dict[str, Any]:
        """Defaults that follow, under this profile, from settings that a person gave; what is given wins over them."""
        return {}

    def check(self) -> None:
        """Refuse settings that do not go together, with a CourseError of one line."""

    def sources(self) -> tuple:
        """What is learned from: one source of `Batches`, or the two of `UnpairedBatches`."""
        raise NotImplementedError

    def players(self) -> dict[str, nn.Module]:
        """The networks, by the names that the game's constructor has for them; their weights are drawn here."""
        raise NotImplementedError

    def make_game(self, players: dict[str, nn.Module]) -> Game:
        """The game of these players, with `self.settings` and `self.backend`."""
        raise NotImplementedError

    def make_batches(self, sources: tuple) -> Iterator:
        """Batches of the sources, on the device, this process's share of them."""
        return Batches(
            _moved(sources[0], self.backend),
            batch_size=self.settings.batch_size,
            seed=self.settings.seed,
            rank=self.backend.rank,
            world_size=self.backend.world_size,
        )

    def preview(self) -> Tensor:
        """What the game has learned: points (n, 2), or images (n, c, h, w) in [-1, 1] for `columns` columns."""
        raise NotImplementedError

    def _backend(self) -> Backend:
        settings = self.settings
        if not _DEVICE.fullmatch(settings.device):
            raise CourseError(f"device is {settings.device!r}, but has to be auto, cpu, cuda, cuda:0, … or mps")
        backend = Backend(settings.device, settings.dtype, compile=settings.compile)
        if settings.profile == "gpu" and backend.device.type == "cpu" and settings.device == "auto":
            found = "profile gpu wants a CUDA or MPS device and found none"
            raise CourseError(f"{found}: use cpu, or the setting device=cpu")
        return backend


def _moved(source: Any, backend: Backend) -> Any:
    """A tensor, an image set or a tuple of those on the device."""
    if isinstance(source, tuple):
        return tuple(part.to(backend.device) for part in source)
    return source.to(backend.device)


def patches_fit(image_size: int, layers: int) -> None:
    """Refuse a patch discriminator that leaves no logit of images this small, with a CourseError."""
    if layers and image_size // 2**layers < 3:
        raise CourseError(
            f"patch_layers is {layers}, but images of {image_size} pixels allow {_most_layers(image_size)} at most"
        )


def _most_layers(image_size: int) -> int:
    return max(layers for layers in range(10) if layers == 0 or image_size // 2**layers >= 3)
