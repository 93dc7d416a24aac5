"""Heights read from the colours of a relief map, and relief maps drawn from painted heights."""

from functools import lru_cache

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from course_gan.data.batches import derived_generator

HEIGHTS = ("sea", "shore", "plain", "hill", "mountain", "snow")
"""Deep sea; shallow water of the shelves and lakes; green, sand-coloured and brown land; ice."""

HEIGHT_COLOURS = torch.tensor(
    [[30, 105, 225], [172, 219, 242], [96, 190, 104], [233, 200, 158], [150, 118, 40], [226, 226, 226]],
    dtype=torch.uint8,
)
"""One colour for each of HEIGHTS, as the relief map has it on even ground: for legends and brushes."""

_BITS = 6  # of each colour channel that the table of classes looks at

# The relief map's own colours from the deep sea to the highest plateau: (level, red, green, blue); class k of HEIGHTS
# lies in the middle of [k, k + 1). The coast, level 2, is a jump from light blue to dark green.
_RAMP = np.array(
    [
        (0.0, 20, 70, 190),
        (0.6, 22, 110, 235),
        (0.9, 60, 181, 240),
        (1.1, 120, 210, 245),
        (1.5, 172, 219, 242),
        (1.999, 182, 224, 243),
        (2.0, 55, 115, 25),
        (2.2, 51, 145, 55),
        (2.5, 97, 195, 105),
        (2.8, 150, 212, 145),
        (3.0, 205, 214, 158),
        (3.2, 238, 207, 168),
        (3.6, 230, 188, 125),
        (3.9, 214, 170, 72),
        (4.1, 180, 145, 35),
        (4.5, 152, 116, 30),
        (4.75, 135, 92, 52),
        (4.93, 158, 138, 134),
        (5.02, 212, 212, 212),
        (5.5, 226, 226, 226),
        (6.0, 236, 236, 236),
    ]
)
# How much the shading of such ground varies, by level: about as on the real map.
_ROUGHNESS = ((0.3, 0.13), (1.0, 0.08), (1.5, 0.03), (2.3, 0.05), (3.3, 0.10), (4.1, 0.26), (4.8, 0.26), (5.1, 0.02))
_SURROUNDINGS = 8.0  # σ in pixels: a plain grows lighter towards hills, a sea deeper away from the shore


def colour_index(pixels: np.ndarray) -> np.ndarray:
    """The place of each colour, uint8 (..., 3), in a table of 2¹⁸ colours, int32 (...)."""
    red, green, blue = (pixels[..., k].astype(np.int32) >> (8 - _BITS) for k in range(3))
    return (red << 2 * _BITS) | (green << _BITS) | blue


def all_colours() -> np.ndarray:
    """The colours of that table, float64 (2¹⁸, 3): each the middle of those that share a place."""
    steps = np.arange(2**_BITS)
    cube = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(-1, 3)
    return (cube + 0.5) * 2.0 ** (8 - _BITS) - 0.5


@lru_cache
def height_table() -> np.ndarray:
    """The class of HEIGHTS of each colour in the table, uint8 (2¹⁸,).

    Shading makes a colour darker and leaves the ratios of its channels, so that only ratios are asked.
    """
    colours = all_colours() + 1
    red, green, blue = colours.T
    brightest, darkest = colours.max(axis=1), colours.min(axis=1)
    blueish = (blue > 1.12 * red) & (blue > green)
    grey = (darkest > 0.93 * brightest) & (brightest > 160)
    brown = (blue < 0.33 * red) | (green < 0.72 * red)
    violet = (blue > 0.87 * green) & (red >= green)
    conditions = [
        blueish & (red < 0.42 * blue),
        blueish,
        grey,
        green > red,
        brown | violet,
    ]
    names = ["sea", "shore", "snow", "plain", "mountain"]
    return np.select(conditions, [HEIGHTS.index(name) for name in names], HEIGHTS.index("hill")).astype(np.uint8)


def heights(relief: Tensor, smooth: int = 0) -> Tensor:
    """The class of HEIGHTS of every pixel of relief maps, read from their colours: int64 (n, h, w).

    relief: uint8 (n, 3, h, w), crops of the relief map or what colour_of_heights draws; further channels are left out.
    smooth: each pixel takes the class that most pixels up to this far away have; shading leaves single wrong ones.
    The classes are colours, not metres: the map colours shallow lakes as shore, and ground below the sea as plain.
    """
    pixels = relief[:, :3].permute(0, 2, 3, 1).cpu().numpy()
    classes = torch.from_numpy(height_table()[colour_index(pixels)]).long()
    if smooth:
        votes = F.one_hot(classes, len(HEIGHTS)).movedim(3, 1).float()  # (n, 6, h, w)
        window = 2 * smooth + 1
        classes = F.avg_pool2d(votes, window, stride=1, padding=smooth, count_include_pad=False).argmax(dim=1)
    return classes.to(relief.device)


def colour_of_heights(classes: Tensor, softness: float = 1.0, rough: float = 1.0, seed: int = 0) -> Tensor:
    """Draw relief maps of painted heights, with slopes, ranges and shading: uint8 (n, 3, h, w).

    classes: int64 (n, h, w) of 0 to 5, in the order of HEIGHTS.
    softness: how many pixels wide the slope between two classes is (the σ of a Gaussian); 0 leaves cliffs. From sea to
        mountain a slope passes shore, plain and hill.
    rough: how strongly ranges are shaded; 1 as on the real map, 0 not at all.
    seed: of the ranges; equal sizes and seeds have them in equal places, so that a stroke changes only what is near.
    """
    painted = classes.cpu().float()
    generator = derived_generator(seed)
    ranges = _ranges(painted.shape[1:], (12, 6, 3), generator)
    swell = _ranges(painted.shape[1:], (40, 20), generator)
    surroundings = _blur(painted, _SURROUNDINGS)
    within = 0.5 + 0.5 * (surroundings - painted) + 0.15 * swell + 0.08 * ranges
    ground = _blur(painted + within.clamp(0.05, 0.95), softness)
    # A slope must not move the coast, which is a jump: it stays where it was painted.
    ground = torch.where(painted < 2, ground.clamp(0, 1.99), ground.clamp(2, 6))
    slope = ranges - ranges.roll((1, 1), dims=(0, 1))
    shade = 1 + rough * _interpolate(ground, _ROUGHNESS) * slope / (slope.std() + 1e-6)
    colours = [_interpolate(ground, _RAMP[:, [0, channel]]) * shade.clamp(0.35, 1.15) for channel in (1, 2, 3)]
    return torch.stack(colours, dim=1).round().clamp(0, 255).to(torch.uint8).to(classes.device)


def _interpolate(levels: Tensor, table: tuple | np.ndarray) -> Tensor:
    """Values of a table of (level, value), linear between its rows."""
    at, value = np.asarray(table, dtype=np.float64).T
    return torch.from_numpy(np.interp(levels.numpy(), at, value)).float()


def _blur(levels: Tensor, sigma: float) -> Tensor:
    if sigma <= 0:
        return levels
    reach = max(1, round(3 * sigma))
    offsets = torch.arange(-reach, reach + 1).float()
    weights = torch.exp(-offsets.square() / (2 * sigma**2))
    weights = weights / weights.sum()
    padded = F.pad(levels.unsqueeze(1), (reach, reach, reach, reach), mode="replicate")
    across = F.conv2d(padded, weights.view(1, 1, 1, -1))
    return F.conv2d(across, weights.view(1, 1, -1, 1))[:, 0]


def _ranges(shape: torch.Size, cells: tuple[int, ...], generator: torch.Generator) -> Tensor:
    """Ridges (h, w) of mean 0 and deviation 1: noise with cells of so many pixels, folded at 0; finer is weaker."""
    height, width = shape
    total = torch.zeros(height, width)
    for cell in cells:
        grid = torch.randn(1, 1, height // cell + 2, width // cell + 2, generator=generator)
        noise = F.interpolate(grid, (height, width), mode="bicubic", align_corners=True)[0, 0]
        total -= noise.abs() * cell / cells[0]
    return (total - total.mean()) / (total.std() + 1e-6)
