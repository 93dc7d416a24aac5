"""DCGAN: unsupervised representation learning with deep convolutional GANs (Radford et al. 2015, arXiv:1511.06434)."""

from itertools import pairwise

from torch import Tensor, nn

from course_gan.models.layers import at_least, has_bias, initialise, norm_layer


def _widths(width: int, image_size: int) -> list[int]:
    """Channels of the maps from image_size / 2 down to 4×4, doubling at each halving: 64×64 gives w, 2w, 4w, 8w."""
    at_least(16, image_size=image_size)
    if image_size & (image_size - 1):
        raise ValueError(f"image_size is {image_size}, but has to be a power of two (16, 32, 64, …)")
    return [width * 2**level for level in range(image_size.bit_length() - 3)]


class DCGANGenerator(nn.Module):
    """Latents (b, latent_dim) to images (b, channels, image_size, image_size) in [-1, 1]; arXiv:1511.06434.

    width: channels of the largest hidden map; image_size: a power of two ≥ 16; norm: see `norm_layer`.
    ValueError for a size or a count that cannot be built.
    """

    def __init__(
        self, latent_dim: int = 100, channels: int = 3, width: int = 64, image_size: int = 64, norm: str = "batch"
    ):
        super().__init__()
        at_least(1, latent_dim=latent_dim, channels=channels, width=width)
        self.latent_dim = latent_dim
        widths = _widths(width, image_size)[::-1]  # 8w, 4w, 2w, w

        def rise(inputs: int, outputs: int, stride: int, padding: int) -> list[nn.Module]:
            up = nn.ConvTranspose2d(inputs, outputs, 4, stride, padding, bias=has_bias(norm))
            return [up, norm_layer(norm, outputs), nn.ReLU()]

        layers = rise(latent_dim, widths[0], 1, 0)  # 1×1 → 4×4
        for inputs, outputs in pairwise(widths):
            layers += rise(inputs, outputs, 2, 1)  # each doubles the side
        layers += [nn.ConvTranspose2d(widths[-1], channels, 4, 2, 1, bias=False), nn.Tanh()]
        self.layers = initialise(nn.Sequential(*layers))

    def forward(self, z: Tensor) -> Tensor:
        return self.layers(z[:, :, None, None])  # (b, channels, s, s)


class DCGANDiscriminator(nn.Module):
    """Images (b, channels, image_size, image_size) in [-1, 1] to logits (b,); arXiv:1511.06434.

    width: channels of the first map; image_size: a power of two ≥ 16; norm: see `norm_layer` ("none" or "layer" for a
    gradient penalty, which wants the samples of a batch apart). ValueError for what cannot be built or another size.
    """

    def __init__(self, channels: int = 3, width: int = 64, image_size: int = 64, norm: str = "batch"):
        super().__init__()
        at_least(1, channels=channels, width=width)
        self.image_size = image_size
        widths = _widths(width, image_size)  # w, 2w, 4w, 8w
        layers = [nn.Conv2d(channels, width, 4, 2, 1, bias=False), nn.LeakyReLU(0.2)]
        for inputs, outputs in pairwise(widths):  # each halves the side
            down = nn.Conv2d(inputs, outputs, 4, 2, 1, bias=has_bias(norm))
            layers += [down, norm_layer(norm, outputs), nn.LeakyReLU(0.2)]
        layers.append(nn.Conv2d(widths[-1], 1, 4, bias=False))  # 4×4 → 1×1
        self.layers = initialise(nn.Sequential(*layers))

    def forward(self, x: Tensor) -> Tensor:
        size = self.image_size
        if x.shape[-2:] != (size, size):
            raise ValueError(f"images are {x.shape[-2]}×{x.shape[-1]}, but this discriminator wants {size}×{size}")
        return self.layers(x).flatten()  # (b,)
