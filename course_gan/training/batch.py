"""What a game is given: one tensor, or a tuple of tensors of equal length."""

import warnings
from collections.abc import Iterable, Iterator

from torch import Tensor

Batch = Tensor | tuple[Tensor, ...]
Pair = tuple[Tensor, Tensor]
MANY = 1000  # pixels: so many that some would be dark, were black -1


def parts_of(batch: Batch) -> tuple[Tensor, ...]:
    """The tensors of a batch: one or more."""
    return tuple(batch) if isinstance(batch, tuple | list) else (batch,)


def pair_of(batch: Batch, wanted: str) -> Pair:
    """The two tensors of a batch; ValueError that says what was wanted where they are not two."""
    parts = parts_of(batch)
    if len(parts) != 2:
        found = f"one tensor {tuple(parts[0].shape)}" if len(parts) == 1 else f"{len(parts)} tensors"
        raise ValueError(f"a batch is {found}, but this game plays with pairs: {wanted}")
    first, second = parts
    return first, second


def in_pieces(batch: Batch, length: int) -> Iterator[tuple[Tensor, ...]]:
    """The tensors of a batch in pieces of at most `length` samples."""
    return zip(*(part.split(length) for part in parts_of(batch)), strict=True)


def look_at_range(images: Iterable[Tensor]) -> None:
    """Warn of images (b, c, h, w) of real numbers that are never negative: a generator ending in tanh misses them."""
    for tensor in images:
        if tensor.is_floating_point() and tensor.dim() == 4 and tensor.numel() > MANY and tensor.min() >= 0:
            warnings.warn(
                f"the images of the first batch lie between {float(tensor.min()):g} and {float(tensor.max()):g}, but a "
                "generator that ends in tanh paints in [-1, 1]: scale them, from [0, 1] as images * 2 - 1",
                stacklevel=2,
            )
