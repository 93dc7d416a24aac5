"""Endless batches in an order that is known beforehand, so that a run can stop, resume and be shared by processes."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from course_gan.data.base import ImageSet, to_float

Part = ImageSet | Tensor
Source = Part | tuple[Part, ...]
Transform = Callable[[Any, torch.Generator], Any]  # (batch or tuple of batches, generator) -> what is yielded


def derived_generator(*numbers: int) -> torch.Generator:
    """A CPU random generator that depends on all the non-negative numbers and on nothing else."""
    key = (len(numbers), *numbers)  # SeedSequence alone takes (1, 2) and (1, 2, 0) for the same
    seed = np.random.SeedSequence(key).generate_state(1, np.uint64)
    return torch.Generator().manual_seed(int(seed[0]))


class Batches(Iterator):
    """An endless iterator over shuffled batches; every epoch shows each sample at most once, in an order of its own.

    source: ImageSet or tensor (n, ...), or a tuple of those with equal n, which yields tuples. uint8 comes out as
        float32 in [-1, 1], everything else as it is.
    batch_size: samples per batch and process; an incomplete last batch is dropped.
    seed: non-negative; seed and epoch determine the order.
    rank, world_size: this process among all. Batch k of an epoch is cut in world_size equal slices, so that
        together the processes see what one process with batch_size * world_size would see.
    transform: called as transform(batch, generator); its CPU generator depends on seed, epoch, position and rank.
    Raises ValueError when the source is shorter than one batch of all processes, or its parts differ in length.
    """

    def __init__(
        self,
        source: Source,
        batch_size: int,
        seed: int = 0,
        rank: int = 0,
        world_size: int = 1,
        transform: Transform | None = None,
    ):
        self.is_tuple = isinstance(source, tuple)
        parts = source if self.is_tuple else (source,)
        self.tensors = tuple(part.images if isinstance(part, ImageSet) else part for part in parts)
        lengths = [len(tensor) for tensor in self.tensors]
        self.length = lengths[0]
        self.global_batch = batch_size * world_size
        if len(set(lengths)) > 1:
            raise ValueError(f"the parts of the source have lengths {lengths}, wanted equal ones")
        if batch_size < 1 or not 0 <= rank < world_size:
            found = f"batch_size {batch_size}, rank {rank}, world_size {world_size}"
            raise ValueError(f"{found}: wanted batch_size >= 1 and 0 <= rank < world_size")
        if self.length < self.global_batch:
            raise ValueError(f"{self.length} samples, but a batch needs {self.global_batch}; use a smaller batch_size")
        self.batch_size = batch_size
        self.rank = rank
        self.transform = transform
        self.seed = seed
        self.epoch = 0
        self.position = 0  # batches of this epoch that were drawn
        self._order: Tensor | None = None  # of this epoch, drawn when it is first asked for

    def __next__(self) -> Tensor | tuple[Tensor, ...]:
        """The next batch (b, ...), or a tuple of them, or what the transform makes of it."""
        if (self.position + 1) * self.global_batch > self.length:
            self.epoch += 1
            self.position = 0
            self._order = None
        index = self._index()
        parts = tuple(_drawn(tensor, index) for tensor in self.tensors)
        batch = parts if self.is_tuple else parts[0]
        if self.transform is not None:
            batch = self.transform(batch, derived_generator(self.seed, self.epoch, self.position, self.rank))
        self.position += 1
        return batch

    def _index(self) -> Tensor:
        """Where this process's samples of the batch are in the source, int64 (b,)."""
        if self._order is None:
            order = torch.randperm(self.length, generator=derived_generator(self.seed, self.epoch))
            self._order = order.to(self.tensors[0].device)
        start = self.position * self.global_batch + self.rank * self.batch_size
        return self._order[start : start + self.batch_size]

    def state_dict(self) -> dict[str, int]:
        """Where the iterator stands, in plain integers; after loading it the next batch is the one that was next."""
        return {
            "seed": self.seed,
            "epoch": self.epoch,
            "position": self.position,
            "length": self.length,
            "global_batch": self.global_batch,
        }

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Go on where state_dict was taken. Raises ValueError when the source or the global batch has another size."""
        for name in ("length", "global_batch"):
            if state[name] != getattr(self, name):
                raise ValueError(f"the saved batches have {name} {state[name]}, these have {getattr(self, name)}")
        self.seed = state["seed"]
        self.epoch = state["epoch"]
        self.position = state["position"]
        self._order = None


def _drawn(tensor: Tensor, index: Tensor) -> Tensor:
    """The rows at the index, uint8 as float32 in [-1, 1]."""
    part = tensor[index]
    return to_float(part) if part.dtype == torch.uint8 else part


class UnpairedBatches(Iterator):
    """An endless iterator over (batch from a, batch from b), each side shuffled in its own order and its own epochs.

    a, b: sources as in Batches, of any lengths; batch_size, seed and options (rank, world_size, transform) are those
        of Batches; a transform is called on each side's batch alone.
    """

    def __init__(self, a: Source, b: Source, batch_size: int, seed: int = 0, **options: Any):
        # Two seeds: with one, sets of equal length would be drawn in the same order and so be paired after all.
        self.a = Batches(a, batch_size, 2 * seed, **options)
        self.b = Batches(b, batch_size, 2 * seed + 1, **options)

    def __next__(self) -> tuple[Tensor, Tensor]:
        """The next batch of each side."""
        return next(self.a), next(self.b)

    def state_dict(self) -> dict[str, dict[str, int]]:
        """Where both sides stand."""
        return {"a": self.a.state_dict(), "b": self.b.state_dict()}

    def load_state_dict(self, state: dict[str, dict[str, int]]) -> None:
        """Go on where state_dict was taken."""
        self.a.load_state_dict(state["a"])
        self.b.load_state_dict(state["b"])
