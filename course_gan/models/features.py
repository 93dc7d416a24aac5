"""Small classifiers whose inner layer is the space in which generated images are measured, in Inception's place."""

from collections.abc import Iterator, Mapping
from itertools import pairwise

import torch
from torch import Tensor, nn

from course_gan.data.base import to_float
from course_gan.models.shipped import load_weights

NAMES = ("glyphs", "letters", "textures", "earth", "styles")


class FeatureNetwork(nn.Module):
    """A convolutional classifier with one head for every factor on a common feature vector.

    channels, image_size: of the images, size a multiple of 8; classes: factor -> number of classes.
    width: channels of the first layer; features: length of the feature vector.
    settings: these arguments by name, as they are kept beside shipped weights.
    """

    def __init__(self, channels: int, image_size: int, classes: Mapping[str, int], width: int = 32, features: int = 64):
        super().__init__()
        self.settings = {
            "channels": channels,
            "image_size": image_size,
            "width": width,
            "features": features,
            "classes": dict(classes),
        }
        widths = [channels, width, 2 * width, 4 * width, 4 * width]
        self.stages = nn.Sequential()
        for index, (inputs, outputs) in enumerate(pairwise(widths)):
            stride = 1 if index == 0 else 2
            conv = nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)
            self.stages.append(nn.Sequential(conv, nn.BatchNorm2d(outputs), nn.ReLU()))
        self.project = nn.Linear(2 * widths[-1], features)
        self.heads = nn.ModuleDict({factor: nn.Linear(features, count) for factor, count in classes.items()})

    def forward(self, images: Tensor) -> Tensor:
        """Features (b, features) of images float (b, channels, h, w) in [-1, 1]."""
        maps = self.stages(images)  # (b, 4 * width, h / 8, w / 8)
        pooled = torch.cat([maps.mean(dim=(2, 3)), maps.amax(dim=(2, 3))], dim=1)  # (b, 8 * width)
        return self.project(pooled)

    def logits(self, images: Tensor) -> dict[str, Tensor]:
        """Factor -> logits (b, classes) of images float (b, channels, h, w) in [-1, 1]."""
        inner = torch.relu(self(images))
        return {factor: head(inner) for factor, head in self.heads.items()}

    @torch.no_grad()
    def extract(self, images: Tensor, batch_size: int = 256) -> Tensor:
        """Features (n, features), on the network's device, of any number of images.

        images: (n, channels, image_size, image_size), float in [-1, 1] or uint8, on any device;
        batch_size: how many go through the network at once. Raises ValueError for another shape.
        """
        return torch.cat([self(part) for part in self._parts(images, batch_size)])

    @torch.no_grad()
    def classify(self, images: Tensor, batch_size: int = 256) -> dict[str, Tensor]:
        """Factor -> most likely class, int64 (n,); images, batch_size and errors are those of extract."""
        parts = [self.logits(part) for part in self._parts(images, batch_size)]
        return {factor: torch.cat([part[factor].argmax(dim=1) for part in parts]) for factor in self.heads}

    def _parts(self, images: Tensor, batch_size: int) -> Iterator[Tensor]:
        """The images in batches, float in [-1, 1], on the network's device."""
        channels = self.settings["channels"]
        size = self.settings["image_size"]
        if images.ndim != 4 or len(images) == 0 or images.shape[1:] != (channels, size, size):
            raise ValueError(f"images: got shape {tuple(images.shape)}, wanted (n > 0, {channels}, {size}, {size})")
        device = self.project.weight.device
        for part in images.split(batch_size):
            part = part.to(device)
            yield to_float(part) if part.dtype == torch.uint8 else part.float()


def load_features(name: str) -> FeatureNetwork:
    """The shipped feature network of that name, frozen and in eval mode, as scripts/05_features.py trained it.

    name: "glyphs" (1 × 32 × 32; heads character, typeface), "letters" (1 × 32 × 32; head character, whatever its slant
        and however soft its edges), "textures" (3 × 64 × 64; heads texture, damage) or "earth" (3 × 64 × 64; heads
        surface, whose probabilities are shares of earth.COVERS, and damage; trained by scripts/earth_features.py on
        satellite crops of the train split, so that the Americas are new to it) or "styles" (1 × 64 × 64, of
        metrics.structure.colourless; head style, one of data.STYLES; trained by scripts/style_features.py).
    Raises ValueError for another name, CourseError for weights that are missing or are not those that were shipped.
    """
    if name not in NAMES:
        raise ValueError(f"name: got {name!r}, wanted one of {', '.join(NAMES)}")
    settings, weights = load_weights(f"features_{name}")
    network = FeatureNetwork(**settings)
    network.load_state_dict(weights)
    return network.eval().requires_grad_(False)
