"""What more than one paper uses: the choice of norm, the initialisation, residual blocks, receptive fields."""

from collections.abc import Iterable
from functools import partial

import torch
from torch import Tensor, nn

NORMS = {
    "batch": nn.BatchNorm2d,
    "instance": nn.InstanceNorm2d,  # torch's default: no affine map, no running statistics, as in CycleGAN
    "layer": partial(nn.GroupNorm, 1),
    "none": nn.Identity,
}
CONVOLUTIONS = (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)
NORM_LAYERS = (nn.BatchNorm2d, nn.InstanceNorm2d, nn.GroupNorm)


def at_least(minimum: int, **arguments: int) -> None:
    """Refuse arguments that are not integers of at least `minimum`, with a ValueError that names the argument."""
    for name, value in arguments.items():
        check_count(minimum, name, value)


def check_count(minimum: int, name: str, value: int) -> None:
    """Refuse a value that is not an integer of at least `minimum`, with a ValueError that uses this name for it."""
    if not isinstance(value, int) or isinstance(value, bool) or value < minimum:
        raise ValueError(f"{name} is {value!r}, but has to be an integer of at least {minimum}")


def norm_layer(norm: str, channels: int) -> nn.Module:
    """The normalisation layer of this name for `channels` channels.

    norm: "batch", "instance" (neither affine map nor running statistics), "layer" or "none"; else ValueError.
    """
    if norm not in NORMS:
        raise ValueError(f"norm is {norm!r}, but has to be one of {', '.join(NORMS)}")
    return NORMS[norm](channels)


def has_bias(norm: str) -> bool:
    """Whether a convolution before this norm has a bias: the published code leaves it out before batch norm alone.

    Before instance norm, which subtracts the mean too, the bias is there but dead: its gradient is 0.
    """
    return norm != "batch"


@torch.no_grad()
def initialise(module: nn.Module, std: float = 0.02, generator: torch.Generator | None = None) -> nn.Module:
    """Draw the weights of `module` as the DCGAN paper does (arXiv:1511.06434), in place; return `module`.

    std: weights of convolutions and linear layers are N(0, std), those of norms N(1, std), every bias is 0.
    generator: on the module's device; None draws from torch's global one.
    """
    for layer in module.modules():
        if isinstance(layer, CONVOLUTIONS + NORM_LAYERS):
            if layer.weight is not None:
                mean = 1.0 if isinstance(layer, NORM_LAYERS) else 0.0
                nn.init.normal_(layer.weight, mean, std, generator=generator)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
    return module


class ResidualBlock(nn.Module):
    """x + conv(relu(conv(x))) with a norm behind each 3×3 convolution, as in ResNet (arXiv:1512.03385).

    channels: of the maps (b, channels, h, w), in and out; norm: see `norm_layer`;
    padding: "reflect" (needs maps of at least 2×2) or "zeros".
    """

    def __init__(self, channels: int, norm: str, padding: str = "reflect"):
        super().__init__()
        conv = partial(nn.Conv2d, channels, channels, 3, padding=1, padding_mode=padding, bias=has_bias(norm))
        self.layers = nn.Sequential(conv(), norm_layer(norm, channels), nn.ReLU(), conv(), norm_layer(norm, channels))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.layers(x)  # (b, channels, h, w), as x


def receptive_field(layers: nn.Module | Iterable[tuple[int, int]]) -> int:
    """Side of the square of input pixels that one output sees, by the formula for convolutions and poolings in a row.

    layers: a module, or (kernel, stride) pairs from input to output. ValueError for layers that enlarge. A norm that
    looks at the whole map (instance, layer; batch in training) lets more through than this counts.
    """
    if isinstance(layers, nn.Module):
        layers = [_span(layer) for layer in layers.modules() if hasattr(layer, "kernel_size")]
    field = 1
    step = 1  # input pixels between two neighbouring outputs
    for kernel, stride in layers:
        field += (kernel - 1) * step
        step *= stride
    return field


def _span(layer: nn.Module) -> tuple[int, int]:
    """(kernel, stride) of a square layer; a dilated kernel counts at its full extent."""
    if isinstance(layer, nn.ConvTranspose2d):
        raise ValueError("the receptive field is counted through convolutions and poolings, but found ConvTranspose2d")
    kernel = _side(layer.kernel_size)
    dilation = _side(getattr(layer, "dilation", 1))
    return dilation * (kernel - 1) + 1, _side(layer.stride)


def _side(value: int | tuple[int, ...]) -> int:
    """One number for both directions."""
    return value[0] if isinstance(value, tuple) else value


def check_divisible(images: Tensor, by: int) -> None:
    """Refuse images (b, c, h, w) whose sides a network that halves them cannot give back, with a ValueError."""
    height, width = images.shape[-2:]
    if height % by or width % by:
        raise ValueError(f"images are {height}×{width}, but this generator wants sides divisible by {by}: crop or pad")
