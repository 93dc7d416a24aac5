"""What a step of a game costs: time, in turns with other games, and what is kept for the backward pass."""

import statistics
import time
from typing import Any

import torch
from torch import Tensor

ROUNDS = 20


class KeptForBackward:
    """Bytes of all tensors that autograd holds at a time, each memory counted once: the most of them is what counts."""

    def __init__(self) -> None:
        self.now = 0
        self.most = 0
        self._holders: dict[int, int] = {}  # address of a memory -> how often it is held

    def pack(self, tensor: Tensor) -> "_Held":
        """Called by autograd for each tensor that it keeps."""
        return _Held(self, tensor)

    def hold(self, address: int, size: int) -> None:
        """Count one more holder of a memory."""
        self._holders[address] = self._holders.get(address, 0) + 1
        if self._holders[address] == 1:
            self.now += size
            self.most = max(self.most, self.now)

    def release(self, address: int, size: int) -> None:
        """Count one holder less."""
        self._holders[address] -= 1
        if self._holders[address] == 0:
            self.now -= size


class _Held:
    """A tensor in autograd's hands."""

    def __init__(self, kept: KeptForBackward, tensor: Tensor):
        storage = tensor.untyped_storage()
        self.tensor = tensor
        self._kept = kept
        self._address = storage.data_ptr()
        self._size = storage.nbytes()
        kept.hold(self._address, self._size)

    def __del__(self) -> None:
        self._kept.release(self._address, self._size)


def costs(recipes: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What a step of each game costs, by name: weights, networks, median seconds of CPU, megabytes kept for backward.

    recipes: of `course_gan.recipes`, by name. Their steps are made in turns, so that all see the same machine.
    """
    told = {}
    for name, recipe in recipes.items():
        kept = KeptForBackward()
        with torch.autograd.graph.saved_tensors_hooks(kept.pack, lambda held: held.tensor):
            recipe.game.step(recipe.batches)
        players = recipe.game.players
        told[name] = {
            "players": {player: sum(p.numel() for p in players[player].parameters()) for player in players},
            "megabytes": round(kept.most / 1e6, 1),
            "seconds": [],
        }
    for _ in range(ROUNDS):
        for name, recipe in recipes.items():
            began = time.process_time()
            recipe.game.step(recipe.batches)
            told[name]["seconds"].append(time.process_time() - began)
    for row in told.values():
        row["seconds"] = round(statistics.median(row["seconds"]), 4)
    return told
