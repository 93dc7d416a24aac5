"""One network, many styles: conditional instance normalisation (Dumoulin et al. 2017, arXiv:1610.07629)."""

from collections.abc import Iterable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_gan.models.layers import at_least

# Scales and shifts are kept divided by this. Adam moves every weight as far at a step, and a style's own weights move
# only when it is that style's turn: so their steps have to be longer.
STRETCH = 10.0


class ConditionalInstanceNorm(nn.Module):
    """Instance norm whose scale and shift belong to a style: all else of a network is shared; arXiv:1610.07629.

    channels: of the maps; styles: how many there are. Weights begin at scale 1, shift 0 for every style.
    """

    def __init__(self, channels: int, styles: int):
        super().__init__()
        at_least(1, channels=channels, styles=styles)
        self.scale = nn.Parameter(torch.zeros(styles, channels))
        self.shift = nn.Parameter(torch.zeros(styles, channels))

    def forward(self, x: Tensor, shares: Tensor) -> Tensor:
        """Maps x (b, c, h, w) in a mixture of styles; shares: (b, styles, 1, 1), or (b, styles, any, any) by place."""
        if shares.shape[2] * shares.shape[3] > 1:
            shares = F.interpolate(shares, x.shape[2:], mode="area")
        scale = 1 + STRETCH * torch.einsum("bshw,sc->bchw", shares, self.scale)
        shift = STRETCH * torch.einsum("bshw,sc->bchw", shares, self.shift)
        return F.instance_norm(x) * scale + shift


class StyleNetwork(nn.Module):
    """Photos to paintings in one of many styles or a mixture of them, at once.

    styles: their names. width: channels at full size, doubled at a half and again at a quarter of it; blocks: residual
    blocks at a quarter. Beside the photo goes a channel of noise, from which texture grows where the photo is flat.
    Padded by reflection; upsampled by repeating pixels, which leaves no checkerboard. ValueError for what cannot be
    built, or when sides do not divide by 4.
    """

    def __init__(self, styles: Iterable[str], width: int = 16, blocks: int = 5):
        super().__init__()
        self.styles = tuple(styles)
        at_least(1, styles=len(self.styles), width=width)
        at_least(0, blocks=blocks)
        self.settings = {"styles": self.styles, "width": width, "blocks": blocks}
        self.downs = nn.ModuleList([self._layer(4, width, 7), self._layer(width, 2 * width, 3, stride=2)])
        self.downs.append(self._layer(2 * width, 4 * width, 3, stride=2))
        self.blocks = nn.ModuleList()
        for _ in range(blocks):
            self.blocks.append(nn.ModuleList([self._layer(4 * width, 4 * width, 3) for _ in range(2)]))
        self.ups = nn.ModuleList([self._layer(4 * width, 2 * width, 3), self._layer(2 * width, width, 3)])
        self.last = nn.Conv2d(width, 3, 7, padding=3, padding_mode="reflect")

    def _layer(self, inputs: int, outputs: int, kernel: int, stride: int = 1) -> nn.ModuleDict:
        """A convolution and the norm behind it."""
        conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, padding_mode="reflect")
        return nn.ModuleDict({"conv": conv, "norm": ConditionalInstanceNorm(outputs, len(self.styles))})

    def forward(self, photos: Tensor, shares: Tensor, noise: Tensor | None = None) -> Tensor:
        """Paintings (b, 3, h, w) in [-1, 1] of photos (b, 3, h, w).

        shares: how much of each style, (b, styles), or (b, styles, any, any) by place, summing to 1. noise:
        (b, 1, h, w), else drawn from torch's global random state.
        """
        height, width = photos.shape[2:]
        if height % 4 or width % 4:
            raise ValueError(f"photos are {height}×{width}, but this network wants sides divisible by 4: pad")
        if shares.dim() == 2:
            shares = shares[:, :, None, None]
        if noise is None:
            noise = torch.randn_like(photos[:, :1])
        x = torch.cat([photos, noise], dim=1)
        for layer in self.downs:
            x = F.relu(layer["norm"](layer["conv"](x), shares))
        for first, second in self.blocks:
            y = F.relu(first["norm"](first["conv"](x), shares))
            x = x + second["norm"](second["conv"](y), shares)
        for layer in self.ups:
            x = F.interpolate(x, scale_factor=2.0)
            x = F.relu(layer["norm"](layer["conv"](x), shares))
        return torch.tanh(self.last(x))

    def shares_of(self, style: Tensor) -> Tensor:
        """All of one style for each sample: int64 (b,) to (b, styles)."""
        return F.one_hot(style, len(self.styles)).float()
