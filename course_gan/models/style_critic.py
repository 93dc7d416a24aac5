"""A critic of patches that knows many styles: a PatchGAN with a projection for the style.

Its patches are those of Markovian GANs (Li and Wand 2016, arXiv:1604.04382) and of pix2pix; the style enters by a
projection (Miyato and Koyama 2018, arXiv:1802.05637); its weights have spectral norm 1 (arXiv:1802.05957).
"""

from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from course_gan.models.layers import at_least


class StyleCritic(nn.Module):
    """Pictures and the style that each is said to be in, to logits: is this patch from a picture of that style?

    styles: how many; width: channels of the first map, doubled at each halving but not beyond four times; layers:
    halvings, so that with 3 a logit sees 38 pixels. ValueError for what cannot be built.
    """

    def __init__(self, styles: int, width: int = 32, layers: int = 3):
        super().__init__()
        at_least(1, styles=styles, width=width, layers=layers)
        parts = []
        inputs = 3
        for level in range(layers):
            outputs = width * 2 ** min(level, 2)
            parts += [spectral_norm(nn.Conv2d(inputs, outputs, 4, 2, 1)), nn.LeakyReLU(0.2)]
            inputs = outputs
        features = 2 * inputs
        parts += [spectral_norm(nn.Conv2d(inputs, features, 3, padding=1)), nn.LeakyReLU(0.2)]
        self.features = nn.Sequential(*parts)
        self.logit = spectral_norm(nn.Conv2d(features, 1, 1))
        self.style = spectral_norm(nn.Embedding(styles, features))

    def forward(self, images: Tensor, style: Tensor) -> Tensor:
        """Logits (b, 1, h', w') of images (b, 3, h, w) in [-1, 1]; style: int64 (b,)."""
        features = self.features(images)
        direction = self.style(style)[:, :, None, None]
        return self.logit(features) + (features * direction).sum(dim=1, keepdim=True)
