"""pix2pix: image-to-image translation with conditional adversarial networks (Isola et al. 2016, arXiv:1611.07004)."""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from course_gan.models.layers import ResidualBlock, at_least, check_divisible, has_bias, initialise, norm_layer


class LastingDropout(nn.Dropout):
    """Dropout that `eval()` does not turn off: it is pix2pix's only source of noise, at test time too (section 3.2).

    p: probability of dropping. Draws from torch's global generator, as nn.Dropout does.
    """

    def forward(self, x: Tensor) -> Tensor:
        return F.dropout(x, self.p, training=True)


class UNetGenerator(nn.Module):
    """Images (b, in_channels, h, w) to images (b, out_channels, h, w) in [-1, 1]; arXiv:1611.07004.

    width: channels of the first map; depth: how often the image is halved (and both sides must divide by 2**depth);
    norm: see `norm_layer`; max_multiplier: no map is wider than max_multiplier · width; residual: a residual block
    behind every inner convolution (arXiv:1711.10684); skips: False leaves the plain encoder–decoder; dropout: its
    probability in the three innermost decoder blocks, active in training and at test time alike; 0 turns it off;
    noise: channels of N(0, 1) put beside the images, drawn anew at every call. Weights are drawn as DCGAN's, but with
    norm "none" as torch draws them: without norms, weights of N(0, 0.02) let a signal fade out.
    ValueError for what cannot be built, and for images whose sides do not divide.
    """

    def __init__(
        self,
        in_channels: int = 3,
        out_channels: int = 3,
        width: int = 64,
        depth: int = 8,
        norm: str = "batch",
        max_multiplier: int = 8,
        residual: bool = False,
        skips: bool = True,
        dropout: float = 0.5,
        noise: int = 0,
    ):
        super().__init__()
        at_least(0, noise=noise)
        at_least(1, in_channels=in_channels, out_channels=out_channels, width=width, max_multiplier=max_multiplier)
        at_least(2, depth=depth)
        self.in_channels = in_channels
        self.depth = depth
        self.skips = skips
        self.noise = noise
        widths = [width * min(2**level, max_multiplier) for level in range(depth)]  # w, 2w, 4w, 8w, 8w, …
        bias = has_bias(norm)

        downs = [[nn.Conv2d(in_channels + noise, width, 4, 2, 1, bias=bias)]]  # outermost: no norm
        for inputs, outputs in pairwise(widths[:-1]):
            conv = nn.Conv2d(inputs, outputs, 4, 2, 1, bias=bias)
            downs.append([nn.LeakyReLU(0.2), conv, norm_layer(norm, outputs)])
        # Innermost: no norm, which would erase a 1×1 map of a batch of one.
        downs.append([nn.LeakyReLU(0.2), nn.Conv2d(widths[-2], widths[-1], 4, 2, 1, bias=bias)])

        doubled = 2 if skips else 1  # a skip doubles a map's channels
        ups = []
        for level in range(depth - 1, 0, -1):
            below = 1 if level == depth - 1 else doubled  # nothing is put beside the innermost map
            conv = nn.ConvTranspose2d(below * widths[level], widths[level - 1], 4, 2, 1, bias=bias)
            up = [nn.ReLU(), conv, norm_layer(norm, widths[level - 1])]
            if level >= depth - 3:
                up.append(LastingDropout(dropout))
            ups.append(up)
        last = nn.ConvTranspose2d(doubled * widths[0], out_channels, 4, 2, 1)
        ups.append([nn.ReLU(), last, nn.Tanh()])

        if residual:
            for level in range(depth - 1):  # padded with zeros, as the U-Net's own convolutions
                downs[level].append(ResidualBlock(widths[level], norm, "zeros"))
                ups[depth - 2 - level].append(ResidualBlock(widths[level], norm, "zeros"))
        self.downs = nn.ModuleList(nn.Sequential(*block) for block in downs)
        self.ups = nn.ModuleList(nn.Sequential(*block) for block in ups)
        if norm != "none":
            initialise(self)

    def forward(self, x: Tensor) -> Tensor:
        check_divisible(x, 1 << self.depth)  # a shift is an integer in TorchScript too; 2**n is a float there
        if self.noise > 0:
            noise = torch.randn(x.shape[0], self.noise, x.shape[2], x.shape[3], device=x.device, dtype=x.dtype)
            x = torch.cat([x, noise], 1)
        maps = []
        for down in self.downs:
            x = down(x)  # (b, w·2^level, h / 2^(level+1), …)
            maps.append(x)
        maps.pop()
        for up in self.ups:
            x = up(x)
            if len(maps) > 0:  # `if maps` does not script
                skip = maps.pop()
                if self.skips:
                    x = torch.cat([skip, x], 1)
        return x  # (b, out_channels, h, w)


class EncoderDecoder(UNetGenerator):
    """The U-Net without its skips, which pix2pix is compared with: all passes through the innermost map.

    Arguments and errors are those of UNetGenerator.
    """

    def __init__(
        self,
        in_channels: int = 3,
        out_channels: int = 3,
        width: int = 64,
        depth: int = 8,
        norm: str = "batch",
        max_multiplier: int = 8,
        residual: bool = False,
        dropout: float = 0.5,
    ):
        super().__init__(
            in_channels, out_channels, width, depth, norm, max_multiplier, residual, skips=False, dropout=dropout
        )


class PatchDiscriminator(nn.Module):
    """Images (b, in_channels, h, w) to logits (b, 1, h', w'), one for each overlapping patch; arXiv:1611.07004.

    in_channels: 3, or 6 for pix2pix's pair of input and output on top of each other; width: channels of the first map;
    layers: strided convolutions, so patches of 16, 34, 70, 142, 286 pixels for 1 to 5, and 0 for one logit a pixel;
    norm: see `norm_layer`. ValueError for what cannot be built.
    """

    def __init__(self, in_channels: int = 3, width: int = 64, layers: int = 3, norm: str = "instance"):
        super().__init__()
        at_least(1, in_channels=in_channels, width=width)
        at_least(0, layers=layers)
        if layers:
            kernel, padding = 4, 1
            strides = [2] * layers + [1]  # of all but the last convolution, which maps to the logit
        else:
            kernel, padding = 1, 0
            strides = [1, 1]
        widths = [width * min(2**level, 8) for level in range(len(strides))]
        parts = [nn.Conv2d(in_channels, width, kernel, strides[0], padding), nn.LeakyReLU(0.2)]
        for inputs, outputs, stride in zip(widths, widths[1:], strides[1:]):
            conv = nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=has_bias(norm))
            parts += [conv, norm_layer(norm, outputs), nn.LeakyReLU(0.2)]
        parts.append(nn.Conv2d(widths[-1], 1, kernel, 1, padding, bias=layers > 0 or has_bias(norm)))
        self.layers = initialise(nn.Sequential(*parts))

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)  # (b, 1, h', w')


class PairDiscriminator(nn.Module):
    """A PatchDiscriminator of pairs that is shown the input quietly and the image's fine detail loudly.

    Pairs (b, in_channels + out_channels, h, w) to logits (b, 1, h', w'), as pix2pix stacks them. Where the input is
    louder than the image, a coloured map above a dark photograph, D learns slowly that a painting is blurred, and G
    meanwhile follows L1 alone.
    contrast: the input is multiplied by it. detail: the image's detail, its difference from the mean over 5 × 5
    pixels, comes as further channels, multiplied by it; 0 leaves them out. width, layers, norm: of the
    PatchDiscriminator. ValueError for what cannot be built.
    """

    def __init__(
        self,
        in_channels: int = 3,
        out_channels: int = 3,
        width: int = 64,
        layers: int = 3,
        norm: str = "none",
        contrast: float = 1.0,
        detail: float = 0.0,
    ):
        super().__init__()
        at_least(1, in_channels=in_channels, out_channels=out_channels)
        if contrast < 0 or detail < 0:
            raise ValueError(f"contrast {contrast:g}, detail {detail:g}: wanted 0 or more of both")
        self.in_channels = in_channels
        self.contrast = contrast
        self.detail = detail
        seen = in_channels + out_channels * (2 if detail else 1)
        self.patches = PatchDiscriminator(seen, width, layers, norm)

    def forward(self, pairs: Tensor) -> Tensor:
        source = self.contrast * pairs[:, : self.in_channels]
        image = pairs[:, self.in_channels :]
        parts = [source, image]
        if self.detail > 0:
            smooth = F.avg_pool2d(image, 5, 1, 2, count_include_pad=False)
            parts.append(self.detail * (image - smooth))
        return self.patches(torch.cat(parts, 1))  # (b, 1, h', w')
