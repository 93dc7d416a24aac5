"""Keeping a player still while another one moves."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from torch import nn


@contextmanager
def frozen(modules: Iterable[nn.Module]) -> Iterator[None]:
    """Inside, the modules compute as in training, but nothing in them changes.

    Their parameters get no gradient. Their buffers (running statistics of batch norm, vectors of spectral norm) are
    replaced by copies: in D's move G still normalises with the statistics of its batch, yet does not record them.
    """
    players = nn.ModuleList(modules)
    parameters = [p for p in players.parameters() if p.requires_grad]
    buffers = [(layer, name, b) for layer in players.modules() for name, b in layer.named_buffers(recurse=False)]
    for parameter in parameters:
        parameter.requires_grad_(False)
    for layer, name, buffer in buffers:
        setattr(layer, name, buffer.clone())
    try:
        yield
    finally:
        for parameter in parameters:
            parameter.requires_grad_(True)
        for layer, name, buffer in buffers:
            setattr(layer, name, buffer)
