"""A picture whose own pixels learn: moved until its patches are those of a style (arXiv:2203.11862)."""

import torch
import torch.nn.functional as F
from torch import Tensor

from course_gan.data import derived_generator
from course_gan.style_losses import BLOCK, content_distance, every_patch_distance

SIZES = (0.25, 0.5, 0.75, 1.0)  # of the picture, one after the other: large forms before small ones
LEAST = 48  # pixels a side: at a quarter of the size a patch and two blocks of light have to fit
DECAY = 0.01  # of the learning rate, by the end of each size


def repaint(
    start: Tensor,
    style: Tensor,
    photo: Tensor | None = None,
    content: float = 0.02,
    steps: int = 80,
    lr: float = 0.05,
    directions: int = 16,
    seed: int = 0,
) -> Tensor:
    """A picture with the style's patches, float (1, 3, h, w) in [-1, 1]: half a minute of one core at 256 × 256.

    start: where the pixels begin, (1, 3, h, w): noise gives a new texture, a photo gives that photo in the style.
    style: (1, 3, any, any). photo: whose light and dark is kept, of the size of start; None keeps nothing but what the
        start leaves. content: weight of that. steps: of Adam at each of four sizes; lr: its rate, which falls to a
        hundredth at each. directions: of the distance; seed: of all randomness.
    ValueError for a start or a style of fewer than 48 pixels a side.
    """
    for name, picture in (("start", start), ("style", style)):
        if min(picture.shape[2:]) < LEAST:
            found = f"{name} has {picture.shape[2]}×{picture.shape[3]} pixels"
            raise ValueError(f"{found}, wanted at least {LEAST} a side: a smaller one has too few patches")
    generator = derived_generator(seed)
    pixels = start
    for size in SIZES:
        pixels = _resized(pixels.detach(), start, size).requires_grad_()
        wanted = _resized(style, style, size)
        kept = None if photo is None else _resized(photo, start, size)
        room = min(BLOCK, min(pixels.shape[2:]) - 2 * BLOCK + 1)
        optimizer = torch.optim.Adam([pixels], lr)
        schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, DECAY, total_iters=steps)
        for _ in range(steps):
            loss = every_patch_distance(pixels, wanted, directions, generator)
            if kept is not None:
                # From another corner each time, or the blocks of coarse light would show.
                top, left = torch.randint(room, (2,), generator=generator).tolist()
                loss = loss + content * content_distance(pixels[..., top:, left:], kept[..., top:, left:])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            with torch.no_grad():
                pixels.clamp_(-1, 1)
    return pixels.detach()


def _resized(picture: Tensor, like: Tensor, size: float) -> Tensor:
    """A picture (1, 3, any, any) at `size` times the height and width of `like`."""
    shape = [round(size * side) for side in like.shape[2:]]
    return F.interpolate(picture, shape, mode="bilinear", antialias=True)
