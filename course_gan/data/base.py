"""One small interface for every set of images: a uint8 tensor, its labels, its licence and its source."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from numbers import Integral
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

LARGEST_SIZE = 4096  # pixels a side of what own images are resampled to


@dataclass(frozen=True, eq=False)
class ImageSet:
    """Images in one tensor, with one class index per image for every labelled factor.

    It is a map-style dataset too: image_set[k] is one image float (c, h, w) in [-1, 1], so that
    torch.utils.data.DataLoader(image_set, batch_size) draws what Batches draws, float (b, c, h, w). With labels:
    DataLoader(StackDataset(image_set, image_set.labels["digit"]), batch_size) draws (images, labels).

    name: what the set is called.
    images: uint8 (n, c, h, w), 0 to 255.
    labels: factor -> int64 (n,), an index into the factor's classes.
    classes: factor -> names of its classes.
    licence, source: under what terms the images may be used, and where they come from.
    Raises ValueError when shapes, dtypes or factors do not fit together.
    """

    name: str
    images: Tensor
    labels: Mapping[str, Tensor] = field(default_factory=dict)
    classes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    licence: str = "unknown"
    source: str = "unknown"

    def __post_init__(self) -> None:
        if self.images.dtype != torch.uint8 or self.images.ndim != 4:
            found = f"{self.images.dtype} {tuple(self.images.shape)}"
            raise ValueError(f"{self.name}: images are {found}, wanted torch.uint8 (n, c, h, w); see to_uint8")
        lengths = {factor: len(label) for factor, label in self.labels.items()}
        if lengths != dict.fromkeys(self.classes, len(self)):
            raise ValueError(f"{self.name}: labels {lengths}, wanted {len(self)} for each of {sorted(self.classes)}")

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> Tensor:
        """One image float (c, h, w) in [-1, 1], without its labels; negative counts from the end, else IndexError.

        A slice or a list of integers gives float (k, c, h, w); for a smaller set with its labels see subset.
        """
        return to_float(self.images[index])

    @property
    def channels(self) -> int:
        """1 for grey, 3 for colour."""
        return self.images.shape[1]

    @property
    def size(self) -> int:
        """Height of the images in pixels; those of every set in this course are square."""
        return self.images.shape[2]

    def subset(self, index: Tensor | slice) -> "ImageSet":
        """The images chosen by index: an integer or boolean tensor, or a slice."""
        labels = {factor: label[index] for factor, label in self.labels.items()}
        return replace(self, images=self.images[index], labels=labels)

    def where(self, **factors: str | list[str] | tuple[str, ...]) -> "ImageSet":
        """The images whose factors have one of the named classes, as in where(character=["a", "b"]).

        Raises ValueError for a factor or a class that the set does not have.
        """
        keep = torch.ones(len(self), dtype=torch.bool, device=self.images.device)
        for factor, names in factors.items():
            names = [names] if isinstance(names, str) else list(names)
            classes = self.classes.get(factor, ())
            unknown = [name for name in names if name not in classes]
            if unknown:
                known = classes or sorted(self.classes)
                raise ValueError(f"{self.name} has no {factor} {unknown}; choose from {known}")
            wanted = torch.tensor([classes.index(name) for name in names], device=keep.device)
            keep &= torch.isin(self.labels[factor], wanted)
        return self.subset(keep)

    def to(self, device: str | torch.device) -> "ImageSet":
        """The same set with images and labels on the device."""
        labels = {factor: label.to(device) for factor, label in self.labels.items()}
        return replace(self, images=self.images.to(device), labels=labels)


class Pairs(NamedTuple):
    """Two image sets of equal length that belong together image by image; Batches draws pairs from it."""

    inputs: ImageSet
    targets: ImageSet


def to_float(images: Tensor) -> Tensor:
    """uint8 images 0 to 255 as float32 in [-1, 1], the range of a generator's tanh."""
    return images.float().div_(127.5).sub_(1)


def to_uint8(images: Tensor) -> Tensor:
    """Float images in [-1, 1] (what lies outside is clipped) as uint8 0 to 255; the inverse of to_float."""
    return images.detach().float().add(1).mul_(127.5).round_().clamp_(0, 255).to(torch.uint8)


def resize(images: Tensor, size: int) -> Tensor:
    """uint8 images (n, c, h, w): the central square, resampled with antialiasing to (n, c, size, size)."""
    side = min(images.shape[2:])
    top = (images.shape[2] - side) // 2
    left = (images.shape[3] - side) // 2
    return resample(images[:, :, top : top + side, left : left + side], (size, size))


def resample(images: Tensor, shape: tuple[int, int]) -> Tensor:
    """uint8 images (n, c, h, w) at another height and width, bilinear with antialiasing."""
    if images.shape[2:] == shape:
        return images.contiguous()
    smooth = F.interpolate(images.float(), shape, mode="bilinear", antialias=True)
    return smooth.round_().clamp_(0, 255).to(torch.uint8)


def check_whole(name: str, value: Any, least: int, unit: str, most: int | None = None) -> None:
    """Raise ValueError, one line that names the argument, unless its value is a whole number from least to most."""
    is_whole = isinstance(value, Integral) and not isinstance(value, bool)
    if not is_whole or value < least or (most is not None and value > most):
        span = f"from {least} up" if most is None else f"from {least} to {most}"
        raise ValueError(f"{name} is {value!r:.60}, wanted one whole number of {unit} {span}")


def check_size(size: int) -> None:
    """Raise ValueError unless a size of square images is a whole number from 1 to 4096 pixels."""
    check_whole("size", size, 1, "pixels", LARGEST_SIZE)


def choose(split: str, train: Any, test: Any, everything: Any) -> Any:
    """What belongs to the split "train", "test" or "all"; raises ValueError for another name."""
    parts = {"train": train, "test": test, "all": everything}
    if split not in parts:
        raise ValueError(f"split is {split!r}, wanted train, test or all")
    return parts[split]
