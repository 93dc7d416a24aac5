"""AdaIN: arbitrary style transfer in real time with adaptive instance normalization (Huang & Belongie 2017,
arXiv:1703.06868).

Weights are He's (arXiv:1502.01852): there is no norm behind these convolutions that would rescale them.
"""

from pathlib import Path
from pickle import UnpicklingError

import torch
from torch import Tensor, nn

from course_gan.errors import CourseError
from course_gan.models.layers import at_least, check_count

Counts = tuple[int, ...]  # one a level
VGG19_FILE = "vgg19-dcbb9e9d.pth"  # torchvision's IMAGENET1K_V1
IMAGENET_MEAN = (0.485, 0.456, 0.406)  # of images in [0, 1]
IMAGENET_STD = (0.229, 0.224, 0.225)


def channel_statistics(features: Tensor, eps: float = 1e-5) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation sqrt(var + eps) over the pixels of features (b, c, h, w), each (b, c, 1, 1).

    The variance is divided by h·w, as in the paper's equation 6; half precision is widened to float32.
    """
    features = features.to(torch.promote_types(features.dtype, torch.float32))
    variance, mean = torch.var_mean(features, dim=(2, 3), correction=0, keepdim=True)
    return mean, (variance + eps).sqrt()


def adain(content: Tensor, style: Tensor, eps: float = 1e-5) -> Tensor:
    """Content features with each channel's mean and standard deviation exchanged for the style's; arXiv:1703.06868.

    content: (b, c, h, w); style: (b or 1, c, any, any). ValueError when they differ in channels.
    """
    if content.shape[1] != style.shape[1]:
        raise ValueError(f"content has {content.shape[1]} channels and style {style.shape[1]}, but they have to agree")
    content_mean, content_std = channel_statistics(content, eps)
    style_mean, style_std = channel_statistics(style, eps)
    return (style_std * (content - content_mean) / content_std + style_mean).to(content.dtype)


def _check(channels: int, widths: Counts, repeats: Counts) -> None:
    at_least(1, channels=channels)
    for index, width in enumerate(widths):
        check_count(1, f"widths[{index}]", width)
    for index, repeat in enumerate(repeats):
        check_count(1, f"repeats[{index}]", repeat)
    if len(repeats) != len(widths) - 1:
        raise ValueError(f"repeats has {len(repeats)} entries, but {len(widths)} widths want {len(widths) - 1}")


def _conv(inputs: int, outputs: int) -> nn.Conv2d:
    """A 3×3 convolution, padded by reflection as in the paper, with He's weights."""
    conv = nn.Conv2d(inputs, outputs, 3, padding=1, padding_mode="reflect")
    nn.init.kaiming_normal_(conv.weight, nonlinearity="relu")
    nn.init.zeros_(conv.bias)
    return conv


class AdaINEncoder(nn.Module):
    """Images (b, channels, h, w) in [-1, 1] to a list of features relu1_1, relu2_1, …, each half as wide and high.

    widths: channels of each level; repeats: convolutions of each level but the last, which has one; imagenet: shift and
    scale the images, of three channels then, as torchvision's networks expect. Keys and order are those of
    torchvision's VGG. The sides of the images have to be at least 2**len(widths). Train it by self-supervision, as an
    autoencoder: decoder(encoder(x)[-1]). ValueError for what cannot be built. arXiv:1703.06868.
    """

    def __init__(
        self,
        channels: int = 3,
        widths: Counts = (32, 64, 128, 256),
        repeats: Counts = (2, 2, 2),
        imagenet: bool = False,
    ):
        super().__init__()
        _check(channels, widths, repeats)
        if imagenet and channels != 3:
            raise ValueError(f"channels is {channels}, but ImageNet's images have 3")
        self.widths = tuple(widths)
        self.repeats = tuple(repeats)
        self.imagenet = imagenet
        # Of images in [-1, 1]. Plain numbers: a buffer that no state dict holds would be garbage after `to_empty`.
        self.shifts = [2 * mean - 1 for mean in IMAGENET_MEAN]
        self.scales = [2 * std for std in IMAGENET_STD]
        layers = []
        self.taps = []  # where relu1_1, relu2_1, … are
        inputs = channels
        for width, repeat in zip(widths, (*repeats, 1)):
            if layers:
                layers.append(nn.MaxPool2d(2))
            self.taps.append(len(layers) + 1)
            for _ in range(repeat):
                layers += [_conv(inputs, width), nn.ReLU()]
                inputs = width
        self.features = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> list[Tensor]:
        x = x.to(torch.promote_types(x.dtype, self.features[0].weight.dtype))
        if self.imagenet:
            x = self._on_imagenets_scale(x)
        found = []
        for index, layer in enumerate(self.features):
            x = layer(x)
            if index in self.taps:
                found.append(x)  # (b, widths[level], h / 2^level, w / 2^level)
        return found

    def _on_imagenets_scale(self, images: Tensor) -> Tensor:
        """Images (b, 3, h, w) in [-1, 1] with ImageNet's mean taken away, divided by its deviation."""
        channels = []
        for index, shift in enumerate(self.shifts):
            channels.append((images[:, index] - shift) / self.scales[index])
        return torch.stack(channels, dim=1)


class AdaINDecoder(nn.Module):
    """The deepest features (b, widths[-1], h / 2^levels, …) back to images (b, channels, h, w) in [-1, 1].

    The mirror image of AdaINEncoder(channels, widths, repeats), with nearest-neighbour upsampling for pooling and no
    norm, which would bring every style to the same statistics. ValueError for what cannot be built. arXiv:1703.06868.
    """

    def __init__(self, channels: int = 3, widths: Counts = (32, 64, 128, 256), repeats: Counts = (2, 2, 2)):
        super().__init__()
        _check(channels, widths, repeats)
        inputs = widths[-1]
        layers = []
        for width, repeat in zip(widths[-2::-1], repeats[::-1]):
            layers += [_conv(inputs, width), nn.ReLU(), nn.Upsample(scale_factor=2)]
            for _ in range(repeat - 1):
                layers += [_conv(width, width), nn.ReLU()]
            inputs = width
        self.layers = nn.Sequential(*layers, _conv(inputs, channels), nn.Tanh())

    def forward(self, features: Tensor) -> Tensor:
        return self.layers(features)


def vgg19_encoder(weights_path: str | Path | None = None) -> AdaINEncoder:
    """VGG-19 up to relu4_1 with torchvision's ImageNet weights, frozen: the paper's encoder. Nothing is downloaded.

    weights_path: torchvision's file; None looks where torchvision itself would have put it. Mirror it with
    AdaINDecoder(3, encoder.widths, encoder.repeats). CourseError when the file is not there or is another one.
    """
    path = Path(torch.hub.get_dir(), "checkpoints", VGG19_FILE) if weights_path is None else Path(weights_path)
    if not path.is_file():
        url = f"https://download.pytorch.org/models/{VGG19_FILE}"
        raise CourseError(f"no VGG-19 weights at {path}: put {url} there, or use AdaINEncoder, which is trained here")
    encoder = AdaINEncoder(3, (64, 128, 256, 512), (2, 2, 4), imagenet=True)  # VGG-19 (arXiv:1409.1556) up to relu4_1
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        encoder.load_state_dict({key: state[key] for key in encoder.state_dict()})
    except (RuntimeError, UnpicklingError, EOFError, LookupError, TypeError) as error:
        raise CourseError(f"{path} is not torchvision's {VGG19_FILE}: fetch it again or use AdaINEncoder") from error
    return encoder.eval().requires_grad_(False)
