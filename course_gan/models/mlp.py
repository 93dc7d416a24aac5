"""Players for points on a line or in the plane (Goodfellow et al. 2014, arXiv:1406.2661): a few linear layers.

They keep torch's own initialisation: N(0, 0.02) is meant for convolutions with a norm behind them.
"""

from itertools import pairwise

from torch import Tensor, nn

from course_gan.models.layers import at_least


def _mlp(in_features: int, out_features: int, width: int, layers: int, activation: nn.Module) -> nn.Sequential:
    """`layers` linear layers with `width` features between them and the activation behind all but the last."""
    widths = [in_features] + [width] * (layers - 1)
    parts = []
    for inputs, outputs in pairwise(widths):
        parts.append(nn.Linear(inputs, outputs))
        parts.append(activation)
    parts.append(nn.Linear(widths[-1], out_features))
    return nn.Sequential(*parts)


class MLPGenerator(nn.Module):
    """Latents (b, latent_dim) to points (b, out_features), unbounded; arXiv:1406.2661.

    width: features of each hidden layer; layers: linear layers in all. ValueError for anything below 1.
    """

    def __init__(self, latent_dim: int = 2, out_features: int = 2, width: int = 128, layers: int = 3):
        super().__init__()
        at_least(1, latent_dim=latent_dim, out_features=out_features, width=width, layers=layers)
        self.latent_dim = latent_dim
        self.layers = _mlp(latent_dim, out_features, width, layers, nn.ReLU())

    def forward(self, z: Tensor) -> Tensor:
        return self.layers(z)  # (b, out_features)


class MLPDiscriminator(nn.Module):
    """Points (b, in_features), or anything of as many elements a sample, to logits (b,); arXiv:1406.2661.

    width: features of each hidden layer; layers: linear layers in all. ValueError for anything below 1.
    """

    def __init__(self, in_features: int = 2, width: int = 128, layers: int = 3):
        super().__init__()
        at_least(1, in_features=in_features, width=width, layers=layers)
        self.layers = _mlp(in_features, 1, width, layers, nn.LeakyReLU(0.2))

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x.flatten(1)).squeeze(1)  # (b,)
