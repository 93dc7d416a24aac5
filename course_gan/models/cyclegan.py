"""CycleGAN: unpaired image-to-image translation with cycle-consistent networks (Zhu et al. 2017, arXiv:1703.10593)."""

from itertools import pairwise

import torch
from torch import Tensor, nn

from course_gan.models.layers import ResidualBlock, at_least, check_divisible, has_bias, initialise, norm_layer


class ResNetGenerator(nn.Module):
    """Images (b, in_channels, h, w) to images (b, out_channels, h, w) in [-1, 1]; arXiv:1703.10593.

    width: channels at full size; blocks: residual blocks at the smallest size; norm: see `norm_layer`; downsamplings:
    how often the image is halved, and its channels doubled, before the blocks (its sides must divide by
    2**downsamplings). carried: channels beside those of the images, in and out, that are looked at and handed on as
    they are, such as a place's latitude. Padded by reflection. Weights are drawn as DCGAN's, but with norm "none" as
    torch draws them: without norms, weights of N(0, 0.02) let a signal fade out.
    encoder: the layers at which CUT (arXiv:2007.15651) looks, by name with their channels: every halving, the first
    residual block and the one in the middle.
    ValueError for what cannot be built, or when sides do not divide.
    """

    encoder: dict[str, int]

    def __init__(
        self,
        in_channels: int = 3,
        out_channels: int = 3,
        width: int = 64,
        blocks: int = 9,
        norm: str = "instance",
        downsamplings: int = 2,
        carried: int = 0,
    ):
        super().__init__()
        at_least(1, in_channels=in_channels, out_channels=out_channels, width=width)
        at_least(0, blocks=blocks, downsamplings=downsamplings, carried=carried)
        self.downsamplings = downsamplings
        self.carried = carried
        widths = [width * 2**level for level in range(downsamplings + 1)]  # w, 2w, 4w
        bias = has_bias(norm)

        stem = nn.Conv2d(in_channels + carried, width, 7, padding=3, padding_mode="reflect", bias=bias)
        layers = [stem, norm_layer(norm, width), nn.ReLU()]
        self.encoder = {}
        for inputs, outputs in pairwise(widths):
            down = nn.Conv2d(inputs, outputs, 3, 2, 1, bias=bias)
            self.encoder[f"layers.{len(layers)}"] = outputs
            layers += [down, norm_layer(norm, outputs), nn.ReLU()]
        for block in range(blocks):
            if block in (0, blocks // 2):
                self.encoder[f"layers.{len(layers)}"] = widths[-1]
            layers.append(ResidualBlock(widths[-1], norm))
        for inputs, outputs in pairwise(widths[::-1]):
            up = nn.ConvTranspose2d(inputs, outputs, 3, 2, 1, output_padding=1, bias=bias)
            layers += [up, norm_layer(norm, outputs), nn.ReLU()]
        layers += [nn.Conv2d(width, out_channels, 7, padding=3, padding_mode="reflect"), nn.Tanh()]
        self.layers = nn.Sequential(*layers)
        if norm != "none":
            initialise(self.layers)

    def forward(self, x: Tensor) -> Tensor:
        check_divisible(x, 1 << self.downsamplings)  # a shift is an integer in TorchScript too; 2**n is a float there
        images = self.layers(x)  # (b, out_channels, h, w)
        if self.carried > 0:
            images = torch.cat([images, x[:, -self.carried :]], 1)
        return images
