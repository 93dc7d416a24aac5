"""What a network's inner layers say, read from outside: for losses on features, as CUT's (arXiv:2007.15651)."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from typing import Any

from torch import Tensor, nn


@contextmanager
def taps(network: nn.Module, names: Iterable[str]) -> Iterator[dict[str, Tensor]]:
    """Inside, a forward pass of the network leaves what the named layers answered in the dict, with gradient.

    names: as in `network.named_modules()`, else ValueError. The dict has them in the order in which the layers
    answered; a layer that answers twice leaves its last answer.
    Raises ValueError on leaving when a later layer changed what was tapped, as nn.ReLU(inplace=True) does.
    """
    found: dict[str, Tensor] = {}
    versions: dict[str, int] = {}

    def keep(name: str, _layer: nn.Module, _inputs: Any, answer: Tensor) -> None:
        found[name] = answer
        versions[name] = answer._version

    with ExitStack() as stack:
        for name, layer in _layers(network, names).items():
            stack.enter_context(layer.register_forward_hook(partial(keep, name)))
        yield found
    for name, version in versions.items():
        if found[name]._version != version:
            raise ValueError(
                f"a layer after {name!r} changed its answer in place: build the network with inplace=False"
            )


def features(network: nn.Module, inputs: Tensor, names: Iterable[str]) -> list[Tensor]:
    """What the named layers answer to inputs, in the order of names, with gradient.

    The layers behind the last of them are not computed: of a translator, its encoder alone. Raises as `taps`, and
    ValueError for a layer that the forward pass does not reach.
    """
    names = list(names)
    missing = set(names)

    def stop_at_the_last(name: str, *_passed: Any) -> None:
        missing.discard(name)
        if not missing:
            raise _Enough

    with taps(network, names) as found, ExitStack() as stack:
        for name, layer in _layers(network, names).items():
            stack.enter_context(layer.register_forward_hook(partial(stop_at_the_last, name)))
        with suppress(_Enough):
            network(inputs)
    if missing:
        raise ValueError(f"the forward pass never came to {', '.join(sorted(missing))}")
    return [found[name] for name in names]


class _Enough(Exception):
    """All named layers have answered."""


def _layers(network: nn.Module, names: Iterable[str]) -> dict[str, nn.Module]:
    known = dict(network.named_modules())
    chosen = {}
    for name in names:
        if name not in known:
            raise ValueError(f"the network has no layer {name!r}: it has {', '.join(filter(None, known))}")
        chosen[name] = known[name]
    return chosen
