"""The two terms of style transfer by patches: what a picture looks like near by, and what is where.

A style is the distribution of a picture's patches. Two such clouds of points in 243 dimensions are compared by the
sliced Wasserstein distance: look along one random direction at a time, where sorting is all it takes (Elnekave and
Weiss 2022, arXiv:2203.11862).
"""

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

SIDE = 9  # pixels a side of a patch
SHRUNK = (1, 2, 4)  # how many times smaller a picture is looked at
BLOCK = 6  # pixels a side of a block of coarse light


def random_directions(count: int, length: int, generator: Generator | None = None) -> Tensor:
    """Directions in `length` dimensions, evenly spread: (count, length), each row of length 1."""
    return F.normalize(torch.randn(count, length, generator=generator), dim=1)


def patches(images: Tensor, most: int = 4096, generator: Generator | None = None, side: int = SIDE) -> Tensor:
    """Patches of all images (b, c, h, w), one a column: (c · side², at most `most`), at random places where not all.

    ValueError where an image is smaller than a patch.
    """
    batch, _, height, width = images.shape
    if min(height, width) < side:
        raise ValueError(f"images have {height}×{width} pixels, but a patch has {side}×{side}: wanted larger images")
    places = images.unfold(2, side, 1).unfold(3, side, 1)  # a view: (b, c, rows, columns, side, side)
    rows, columns = places.shape[2:4]
    count = batch * rows * columns
    if count <= most:
        return places.permute(1, 4, 5, 0, 2, 3).reshape(-1, count)
    chosen = torch.randint(count, (most,), generator=generator)
    image = chosen // (rows * columns)
    row = chosen // columns % rows
    column = chosen % columns
    return places[image, :, row, column].reshape(most, -1).T


def sliced_wasserstein(first: Tensor, second: Tensor, directions: Tensor) -> Tensor:
    """The mean squared distance between sorted projections of two clouds, in units of the second's variance: a scalar.

    first, second: (d, m) each, a point a column, as many in both; directions: (k, d). 0 for equal clouds, in any order.
    """
    found = (directions @ first).sort(dim=1).values
    wanted = (directions @ second).sort(dim=1).values
    unit = wanted.var(dim=1, keepdim=True) + 1e-4  # a flat style has nothing to divide by
    return ((found - wanted).square() / unit).mean()


def every_patch_distance(
    image: Tensor, style: Tensor, directions: int = 16, generator: Generator | None = None
) -> Tensor:
    """The mean distance between sorted projections of all patches of an image and as many of a style's: a scalar.

    A patch's projection on a direction is what a filter answers there: one convolution projects them all. The distance
    is not squared, in units of the style's deviation. image: (1, c, h, w), mirrored at its border so that pixels there
    are in as many patches as others; style: (1, c, any, any); both at least 9 pixels a side.
    """
    filters = random_directions(directions, image.shape[1] * SIDE**2, generator).unflatten(1, (-1, SIDE, SIDE))
    mirrored = F.pad(image, [SIDE - 1] * 4, mode="reflect")
    found = F.conv2d(mirrored, filters.to(image)).flatten(2)[0].sort(dim=1).values  # (directions, patches)
    answers = F.conv2d(style, filters.to(style)).flatten(2)[0]
    some = torch.randint(answers.shape[1], (found.shape[1],), generator=generator)
    wanted = answers[:, some.to(answers.device)].sort(dim=1).values
    unit = wanted.std(dim=1, keepdim=True) + 1e-2
    return ((found - wanted).abs() / unit).mean()


class PatchDistance:
    """How far the patches of pictures are from a style's: a loss with a gradient, other directions at every call.

    Looks at up to 4,096 patches of 9 pixels a side at three sizes, so that they see 9, 18 and 36 pixels.
    style: float (1, c, h, w) in [-1, 1], at least 40 pixels a side: two patches along each side at a quarter of the
    size. directions: how many are looked along; generator: draws directions and places.
    ValueError where the style is too small.
    """

    def __init__(self, style: Tensor, directions: int = 24, generator: Generator | None = None):
        least = (SIDE + 1) * SHRUNK[-1]
        if min(style.shape[2:]) < least:
            found = f"style has {style.shape[2]}×{style.shape[3]} pixels"
            raise ValueError(f"{found}, wanted at least {least} a side: a smaller one has too few patches")
        self.pyramid = [shrink(style, times) for times in SHRUNK]
        self.directions = directions
        self.generator = generator

    def __call__(self, images: Tensor) -> Tensor:
        """A scalar: the mean over sizes. images: (b, c, h, w) in [-1, 1], together one heap of patches."""
        distances = []
        for times, style in zip(SHRUNK, self.pyramid):
            found = patches(shrink(images, times), generator=self.generator)
            wanted = self._as_many(style, found.shape[1])
            directions = random_directions(self.directions, len(found), self.generator).to(found)
            distances.append(sliced_wasserstein(found, wanted.to(found), directions))
        return torch.stack(distances).mean()

    def _as_many(self, style: Tensor, count: int) -> Tensor:
        """Patches of the style, `count` of them: drawn anew, or all of them repeated at random where it has fewer."""
        some = patches(style, count, self.generator)
        if some.shape[1] == count:
            return some
        return some[:, torch.randint(some.shape[1], (count,), generator=self.generator)]


def shrink(images: Tensor, times: int) -> Tensor:
    """Images (b, c, h, w), each `times` × `times` pixels averaged."""
    return images if times == 1 else F.avg_pool2d(images, times)


def coarse_light(images: Tensor, block: int = BLOCK) -> Tensor:
    """What is light and what is dark in images (b, c, h, w), without colour and contrast: (b, 1, h / block, w / block).

    The mean over blocks of `block` × `block` pixels, shifted and divided to mean 0 and deviation 1 for each image.
    """
    light = F.avg_pool2d(images.mean(dim=1, keepdim=True), block)
    light = light - light.mean(dim=(2, 3), keepdim=True)
    return light / (light.std(dim=(2, 3), keepdim=True) + 0.05)


def content_distance(images: Tensor, photos: Tensor) -> Tensor:
    """How far images (b, c, h, w) have moved from the photos they show: the mean difference of coarse light."""
    return (coarse_light(images) - coarse_light(photos)).abs().mean()
