"""Endless batches in an order that is known beforehand, so that a run can stop, resume and be shared by processes."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from course_gan.data.base import ImageSet, to_float


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

    def __init__(self, source, batch_size: int, seed: int = 0, rank: int = 0, world_size: int = 1, transform=None):
        self.is_tuple = isinstance(source, tuple)
        parts = source if self.is_tuple else (source,)
        self.tensors = tuple(part.images if isinstance(part, ImageSet) else part for part in parts)
        lengths = [len(tensor) for tensor in self.tensors]
        self.length, self.global_batch = lengths[0], batch_size * world_size
        if len(set(lengths)) > 1:
            raise ValueError(f"the parts of the source have lengths {lengths}, wanted equal ones")
        if batch_size < 1 or not 0 <= rank < world_size:
            found = f"batch_size {batch_size}, rank {rank}, world_size {world_size}"
            raise ValueError(f"{found}: wanted batch_size >= 1 and 0 <= rank < world_size")
        if self.length < self.global_batch:
            raise ValueError(f"{self.length} samples, but a batch needs {self.global_batch}; use a smaller batch_size")
        self.batch_size, self.rank, self.transform = batch_size, rank, transform
        self.seed, self.epoch, self.position, self._order = seed, 0, 0, None

    def __next__(self) -> Tensor | tuple[Tensor, ...]:
        if (self.position + 1) * self.global_batch > self.length:
            self.epoch, self.position, self._order = self.epoch + 1, 0, None
        if self._order is None:
            order = torch.randperm(self.length, generator=derived_generator(self.seed, self.epoch))
            self._order = order.to(self.tensors[0].device)
        start = self.position * self.global_batch + self.rank * self.batch_size
        chosen = tuple(tensor[self._order[start : start + self.batch_size]] for tensor in self.tensors)
        batch = tuple(to_float(part) if part.dtype == torch.uint8 else part for part in chosen)
        batch = batch if self.is_tuple else batch[0]
        if self.transform is not None:
            batch = self.transform(batch, derived_generator(self.seed, self.epoch, self.position, self.rank))
        self.position += 1
        return batch

    def state_dict(self) -> dict[str, int]:
        """Where the iterator stands, in plain integers; after loading it the next batch is the one that was next."""
        return {name: getattr(self, name) for name in ("seed", "epoch", "position", "length", "global_batch")}

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Go on where state_dict was taken. Raises ValueError when the source or the global batch has another size."""
        for name in ("length", "global_batch"):
            if state[name] != getattr(self, name):
                raise ValueError(f"the saved batches have {name} {state[name]}, these have {getattr(self, name)}")
        self.seed, self.epoch, self.position, self._order = state["seed"], state["epoch"], state["position"], None


class UnpairedBatches(Iterator):
    """An endless iterator over (batch from a, batch from b), each side shuffled in its own order and its own epochs.

    a, b: sources as in Batches, of any lengths; batch_size, seed and options are those of Batches; a transform is
        called on each side's batch alone.
    """

    def __init__(self, a, b, batch_size: int, seed: int = 0, **options):
        # Two seeds: with one, sets of equal length would be drawn in the same order and so be paired after all.
        self.a = Batches(a, batch_size, 2 * seed, **options)
        self.b = Batches(b, batch_size, 2 * seed + 1, **options)

    def __next__(self) -> tuple[Tensor, Tensor]:
        return next(self.a), next(self.b)

    def state_dict(self) -> dict[str, dict[str, int]]:
        """Where both sides stand."""
        return {"a": self.a.state_dict(), "b": self.b.state_dict()}

    def load_state_dict(self, state: dict[str, dict[str, int]]) -> None:
        """Go on where state_dict was taken."""
        self.a.load_state_dict(state["a"])
        self.b.load_state_dict(state["b"])
