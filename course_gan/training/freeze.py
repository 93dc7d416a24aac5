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
    modules = list(modules)
    parameters = [p for module in modules for p in module.parameters() if p.requires_grad]
    layers = [layer for module in modules for layer in module.modules()]
    buffers = [(layer, name, buffer) for layer in layers for name, buffer in layer.named_buffers(recurse=False)]
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
