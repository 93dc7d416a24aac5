"""Styles drawn by code: what a craft's marks look like, whatever they depict.

Each is a picture without a subject: light and dark drift over it in soft clouds, and the craft renders them by its own
marks, lines, dots or pieces. Colours are of one palette per craft.
"""

import math

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from course_gan.data.base import to_uint8
from course_gan.data.batches import derived_generator

CRAFTS = ("woodcut", "hatching", "stained glass", "stippling", "mosaic")
_OVERSAMPLE = 2  # drawn this much larger, then averaged: smooth edges


def craft(name: str, size: int = 256, scale: float = 1.0, seed: int = 0) -> Tensor:
    """A picture made of one craft's marks, uint8 (3, size, size).

    name: one of CRAFTS. size: height and width in pixels, at least 16. scale: of the marks, 0.25 to 4; at 1 a line or
        a piece is some 8 to 20 pixels wide. seed: of where they lie.
    Raises ValueError for another name, size or scale.
    """
    if name not in CRAFTS:
        raise ValueError(f"craft is {name!r}, but has to be one of {', '.join(CRAFTS)}")
    if size < 16 or not 0.25 <= scale <= 4:
        raise ValueError(f"size is {size} and scale {scale:g}, but wanted are at least 16 pixels and 0.25 to 4")
    generator = derived_generator(seed, CRAFTS.index(name))
    pixels = _DRAWN[name](size * _OVERSAMPLE, scale * _OVERSAMPLE, generator)  # (3, h, w) in [-1, 1]
    return to_uint8(F.avg_pool2d(pixels[None], _OVERSAMPLE))[0]


def _places(side: int) -> tuple[Tensor, Tensor]:
    """Row and column of every pixel, (side, side) each."""
    steps = torch.arange(side, dtype=torch.float32)
    return torch.meshgrid(steps, steps, indexing="ij")


def _clouds(side: int, width: float, generator: Generator) -> Tensor:
    """Soft light and dark, uniform in [0, 1], (side, side); width: of a cloud, pixels."""
    cells = max(3, round(side / width))
    field = torch.randn(1, 1, cells, cells, generator=generator)
    field = F.interpolate(field, (side, side), mode="bicubic", align_corners=True)[0, 0]
    return torch.special.ndtr((field - field.mean()) / field.std())


def _points(side: int, spacing: float, generator: Generator) -> Tensor:
    """One random point in every cell of a grid, (n, 2)."""
    cells = math.ceil(side / spacing) + 2
    rows, columns = torch.meshgrid(torch.arange(cells) - 1.0, torch.arange(cells) - 1.0, indexing="ij")
    corners = torch.stack([rows, columns], dim=-1).reshape(-1, 2)
    return (corners + torch.rand(corners.shape, generator=generator)) * spacing


def _two_nearest(side: int, points: Tensor) -> tuple[Tensor, Tensor]:
    """For every pixel the distances of its two nearest points (side, side, 2), and which these are."""
    rows, columns = _places(side)
    pixels = torch.stack([rows, columns], dim=-1).reshape(-1, 2)
    found = [torch.cdist(part, points).topk(2, largest=False) for part in pixels.split(8192)]
    distances = torch.cat([part.values for part in found])
    indices = torch.cat([part.indices for part in found])
    return distances.view(side, side, 2), indices.view(side, side, 2)


def _coloured(amount: Tensor, first: tuple, second: tuple) -> Tensor:
    """A mix of two colours in [0, 255] by an amount in [0, 1], as (3, h, w) in [-1, 1]."""
    first = torch.tensor(first).view(3, 1, 1)
    second = torch.tensor(second).view(3, 1, 1)
    return (first + amount * (second - first)) / 127.5 - 1


def _woodcut(side: int, scale: float, generator: Generator) -> Tensor:
    """Parallel cuts that follow the clouds, thick in the light and thin in the dark."""
    rows, columns = _places(side)
    light = _clouds(side, 60 * scale, generator)
    bend = _clouds(side, 90 * scale, generator)
    phase = (0.55 * columns + rows) / (9 * scale) + 5 * bend
    wave = (phase % 1 - 0.5).abs() * 2  # 0 in the middle of a cut, 1 between two
    cut = torch.sigmoid((0.15 + 0.7 * light - wave) * 14)
    return _coloured(cut, (28.0, 22.0, 20.0), (236.0, 222.0, 192.0))


def _hatching(side: int, scale: float, generator: Generator) -> Tensor:
    """Up to four layers of thin lines, one across the other, more of them where it is dark."""
    rows, columns = _places(side)
    dark = _clouds(side, 60 * scale, generator)
    ink = torch.zeros(side, side)
    for layer, angle in enumerate((45, -45, 8, 80)):
        angle = math.radians(angle)
        across = (rows * math.cos(angle) + columns * math.sin(angle)) / (7 * scale)
        across = across + 0.5 * _clouds(side, 50 * scale, generator)  # no hand draws straight
        line = torch.sigmoid((0.3 - (across % 1 - 0.5).abs() * 2) * 9)
        drawn = torch.sigmoid((dark - 0.05 - 0.23 * layer) * 25)
        ink = torch.maximum(ink, line * drawn)
    return _coloured(ink, (243.0, 238.0, 226.0), (34.0, 40.0, 66.0))


def _stained_glass(side: int, scale: float, generator: Generator) -> Tensor:
    """Pieces of coloured glass in lead."""
    points = _points(side, 24 * scale, generator)
    distances, indices = _two_nearest(side, points)
    palette = torch.tensor(
        [[168, 28, 38], [226, 160, 36], [28, 84, 166], [30, 128, 96], [108, 52, 132], [236, 214, 150]]
    )
    choice = torch.randint(len(palette), (len(points),), generator=generator)
    brightness = 0.75 + 0.4 * torch.rand(len(points), 1, generator=generator)
    glass = (palette[choice] * brightness).clamp(0, 255)[indices[..., 0]].permute(2, 0, 1)
    streaks = 0.85 + 0.3 * _clouds(side, 10 * scale, generator)
    lead = torch.sigmoid((distances[..., 1] - distances[..., 0] - 3.2 * scale) * (2 / scale))
    return (glass * streaks * lead + 14 * (1 - lead)).clamp(0, 255) / 127.5 - 1


def _stippling(side: int, scale: float, generator: Generator) -> Tensor:
    """Dots of ink, each with room around it, larger where it is dark."""
    points = _points(side, 7 * scale, generator)
    distances, indices = _two_nearest(side, points)
    dark = _clouds(side, 60 * scale, generator)
    places = points.round().long().clamp(0, side - 1)
    radius = (0.6 + 2.9 * dark[places[:, 0], places[:, 1]]) * scale
    ink = torch.sigmoid((radius[indices[..., 0]] - distances[..., 0]) * (4 / scale))
    return _coloured(ink, (246.0, 241.0, 230.0), (24.0, 24.0, 30.0))


def _mosaic(side: int, scale: float, generator: Generator) -> Tensor:
    """Square stones in rows that follow the clouds, in a few colours, with grout between."""
    rows, columns = _places(side)
    bend = _clouds(side, 110 * scale, generator)
    stone = 11 * scale
    down = rows / stone + 2.5 * bend
    across = columns / stone + 0.5 * (down.floor() % 2)
    names, which = torch.stack([down.floor(), across.floor()]).flatten(1).unique(dim=1, return_inverse=True)
    n = names.shape[1]  # stones
    light = torch.zeros(n).scatter_reduce(
        0, which, _clouds(side, 70 * scale, generator).flatten(), "mean", include_self=False
    )
    noise = torch.rand(2, n, generator=generator)
    palette = torch.tensor([[24, 62, 92], [44, 118, 138], [196, 164, 104], [232, 214, 176], [168, 74, 44]])
    choice = ((light + 0.35 * (noise[0] - 0.5)) * len(palette)).long().clamp(0, len(palette) - 1)
    colours = palette[choice] * (0.85 + 0.3 * noise[1])[:, None]
    stones = colours[which].view(side, side, 3).permute(2, 0, 1)
    border = torch.minimum((down % 1 - 0.5).abs().neg() + 0.5, (across % 1 - 0.5).abs().neg() + 0.5) * 11
    grout = torch.sigmoid((border - 0.9) * 4)
    return (stones * grout + 208 * (1 - grout)).clamp(0, 255) / 127.5 - 1


_DRAWN = {
    "woodcut": _woodcut,
    "hatching": _hatching,
    "stained glass": _stained_glass,
    "stippling": _stippling,
    "mosaic": _mosaic,
}
