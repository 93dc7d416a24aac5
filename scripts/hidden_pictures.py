"""Satellite pictures ↔ maps of land and sea, for `python scripts/08_earth.py hidden`: two colours hide a whole picture.

A map of two flat colours cannot show forest, desert or clouds of sand; the way back from it has to. So the translators
agree on a code in pixels that D does not notice, as in arXiv:1712.02950.
"""

from typing import Any

import torch
from torch import Generator, Tensor, nn

from course_gan import data
from course_gan.models import PatchDiscriminator, ResNetGenerator
from course_gan.recipes.earth import earth_as_relief, earth_from_space, mirrored
from course_gan.training import CycleGAN, train
from workshop import study

STEPS = 1_500
SHAPE = {"width": 16, "blocks": 4, "norm": "none", "downsamplings": 1}
PLACES = 2000
SIGMAS = (0.05, 0.1, 0.2)
SEA = (118, 176, 220)
LAND = (240, 236, 224)


def land_and_sea(relief: Tensor) -> Tensor:
    """Relief maps uint8 (n, 3, h, w) as maps of two flat colours, uint8 (n, 3, h, w)."""
    land = data.earth.heights(relief, smooth=1) >= data.earth.HEIGHTS.index("plain")
    sea_colour = torch.tensor(SEA, dtype=torch.uint8).view(1, 3, 1, 1)
    land_colour = torch.tensor(LAND, dtype=torch.uint8).view(1, 3, 1, 1)
    return torch.where(land[:, None], land_colour, sea_colour)


def trained_spies(steps: int = STEPS) -> dict[str, Any]:
    """One training, A pictures and B maps: CPU seconds, and the averaged translators' weights."""
    torch.manual_seed(0)
    pictures = earth_from_space(PLACES, 64, 2.0, seed=1)
    maps = land_and_sea(earth_as_relief(PLACES, 64, 2.0, seed=0).images)
    game = CycleGAN(
        ResNetGenerator(**SHAPE),
        ResNetGenerator(**SHAPE),
        PatchDiscriminator(3, 32, 2),
        PatchDiscriminator(3, 32, 2),
        cycle=10.0,
        identity=0.0,
        lr=4e-4,
        ema=0.99,
        decay=(steps // 2, steps // 2),
    )
    clock = study.Clock()
    for record in train(game, data.UnpairedBatches(pictures, maps, 4, transform=mirrored), steps):
        if record.step % 100 == 0:
            print(record.step, {name: round(float(record[name]), 3) for name in record.values}, flush=True)
    seconds = round(clock.seconds, 1)
    spies = nn.ModuleDict({direction: game.averages[direction].module for direction in ("a_to_b", "b_to_a")})
    return {"cpu_seconds": seconds, "translators": spies.state_dict()}


def rounded(maps: Tensor) -> Tensor:
    """Float maps (n, 3, h, w) with every pixel in the nearer of the two colours."""
    colours = data.to_float(torch.tensor([SEA, LAND], dtype=torch.uint8))  # (2, 3)
    pixels = maps.permute(0, 2, 3, 1)
    nearer = torch.cdist(pixels.flatten(0, 2), colours).argmin(dim=1)
    return colours[nearer].view(pixels.shape).permute(0, 3, 1, 2)


@torch.no_grad()
def errors(spies: nn.ModuleDict, n: int = 200) -> dict[str, float]:
    """Mean error of pictures of the Americas that went to a map and back, by what was done to the map on the way."""
    places = data.earth.pairs(n, 64, 2.0, seed=1, split="test")
    pictures = data.to_float(places.targets.images)
    drawn = spies["a_to_b"](pictures)
    noise = torch.randn(drawn.shape, generator=Generator().manual_seed(0))
    honest = data.to_float(land_and_sea(places.inputs.images))
    given = {"nothing": drawn} | {f"noise of {sigma:g}": drawn + sigma * noise for sigma in SIGMAS}
    given |= {"rounded to two colours": rounded(drawn), "replaced by the true map": honest}
    found = {name: (spies["b_to_a"](maps) - pictures).abs().mean() for name, maps in given.items()}
    found["(how far the map is from two colours)"] = (drawn - rounded(drawn)).abs().mean()
    return {name: round(value.item(), 4) for name, value in found.items()}
