"""A memory of fakes, so that D does not forget what G did a while ago (Shrivastava et al. 2016, arXiv:1612.07828)."""

import torch
from torch import Tensor


class ImagePool:
    """Keeps up to `size` images and mixes them with new ones, as CycleGAN does with 50 (arXiv:1703.10593).

    size: at least 0, else ValueError; 0 returns every batch as it came. generator: draws the coins (CPU).
    """

    def __init__(self, size: int, generator: torch.Generator | None = None):
        if size < 0:
            raise ValueError(f"the size of an image pool is {size}, but has to be at least 0")
        self.size = size
        self.generator = generator
        self.images: list[Tensor] = []

    def query(self, images: Tensor) -> Tensor:
        """Images (b, c, h, w) to images of the same shape, without gradient.

        While the pool fills, an image is stored and returned. Then with p = ½ a stored image is returned and the new
        one takes its place, else the new one is returned and not stored.
        """
        return torch.stack([self._exchange(image) for image in images.detach()])

    def _exchange(self, image: Tensor) -> Tensor:
        if len(self.images) < self.size:
            self.images.append(image)
        elif self.size and torch.rand((), generator=self.generator) < 0.5:
            place = int(torch.randint(self.size, (), generator=self.generator))
            old = self.images[place]
            self.images[place] = image
            return old
        return image

    def state_dict(self) -> dict[str, list[Tensor]]:
        """The stored images; the generator belongs to whoever passed it."""
        return {"images": [image.clone() for image in self.images]}

    def load_state_dict(self, state: dict[str, list[Tensor]]) -> None:
        """Go on with the images of state_dict, each where it was."""
        self.images = list(state["images"])
