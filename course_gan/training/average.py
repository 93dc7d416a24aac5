"""The generator that is sampled and scored: an exponential moving average of the one that is trained."""

from collections.abc import Iterator
from itertools import chain

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn


class Average(AveragedModel):
    """torch's averaged model over weights and buffers, with a warm-up (Karras et al., arXiv:1710.10196, section 4).

    decay: weight of the past, in [0, 1). After n updates it is at most (1 + n) / (10 + n), so that a short training is
    not remembered for its first steps. Counts (integer buffers) are copied.
    """

    def __init__(self, module: nn.Module, decay: float):
        if not 0 <= decay < 1:
            raise ValueError(f"ema is {decay}, but has to be at least 0 and below 1")
        super().__init__(module, use_buffers=True)
        self.decay = decay
        self.requires_grad_(False).eval()

    @torch.no_grad()
    def update_parameters(self, module: nn.Module) -> None:
        """Move towards `module`; unlike torch's own update, this one does not make the host wait for the device."""
        updates = int(self.n_averaged)  # lives on the CPU
        decay = min(self.decay, (1 + updates) / (10 + updates)) if updates else 0.0
        averages = []
        currents = []
        for mine, theirs in zip(_tensors(self.module), _tensors(module), strict=True):
            if mine.is_floating_point():
                averages.append(mine)
                currents.append(theirs)
            else:
                mine.copy_(theirs)
        get_ema_multi_avg_fn(decay)(averages, currents, None)
        self.n_averaged += 1


def _tensors(module: nn.Module) -> Iterator[Tensor]:
    return chain(module.parameters(), module.buffers())
