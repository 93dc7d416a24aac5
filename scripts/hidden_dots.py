"""Letters with dots ↔ letters without, for `python scripts/08_cyclegan.py hidden`: a cycle closes only by hiding dots.

Whoever erases the dots has to tell the way back where they were, in pixels that D does not notice.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from course_gan import data
from course_gan.models import PatchDiscriminator, ResNetGenerator
from course_gan.recipes import settings
from course_gan.training import CycleGAN, train
from workshop import study

STEPS = 800
SHAPE = {"width": 16, "blocks": 2, "downsamplings": 1}
SIGMAS = (0.0, 0.01, 0.02, 0.05, 0.1, 0.2)
PAPER = -0.9  # darker than this, in [-1, 1], is empty


def with_dots(images: Tensor, generator: Generator, dots: int = 4) -> tuple[Tensor, Tensor]:
    """Float images (n, 1, h, w) with white 3×3 dots on empty paper, and a mask of where those are."""
    free = F.max_pool2d(images, 7, 1, 3) < PAPER  # no ink within three pixels
    free[:, :, :3] = False
    free[:, :, -3:] = False
    free[..., :3] = False
    free[..., -3:] = False
    chosen = torch.multinomial(free.flatten(1).float(), dots, generator=generator)  # (n, dots)
    centres = torch.zeros_like(images).flatten(1).scatter_(1, chosen, 1.0).view_as(images)
    mask = F.max_pool2d(centres, 3, 1, 1) > 0
    return torch.where(mask, 1.0, images), mask


def dotted_letters(split: str) -> tuple[Tensor, Tensor]:
    """Two heaps of different pictures of letters, float: to get dots, and to stay as they are.

    split: "train", or "test" for the characters that lesson 08 holds out.
    """
    letters = data.glyphs(32, "all", 8, 0).where(typeface=["DejaVuSans", "DejaVuSansMono"])
    held_out = settings("08").held_out
    known = [c for c in data.CHARACTERS if c not in held_out]
    characters = known if split == "train" else list(held_out)
    images = data.to_float(letters.where(character=characters).images)
    order = torch.randperm(len(images), generator=Generator().manual_seed(0))
    first, second = order.chunk(2)
    return images[first], images[second]


def trained_spies() -> dict[str, Any]:
    """One training: CPU seconds, and the averaged translators' weights."""
    torch.manual_seed(0)
    letters, plain = dotted_letters("train")
    dotted, _ = with_dots(letters, Generator().manual_seed(0))
    a_to_b = ResNetGenerator(1, 1, **SHAPE)
    b_to_a = ResNetGenerator(1, 1, **SHAPE)
    discriminator_a = PatchDiscriminator(1, 32, 1)
    discriminator_b = PatchDiscriminator(1, 32, 1)
    game = CycleGAN(
        a_to_b,
        b_to_a,
        discriminator_a,
        discriminator_b,
        cycle=10.0,
        identity=5.0,
        lr=1e-3,
        ema=0.99,
        decay=(STEPS // 2, STEPS // 2),
    )
    clock = study.Clock()
    for record in train(game, data.UnpairedBatches(dotted, plain, 8), STEPS):
        if record.step % 100 == 0:
            print(record.step, {name: round(record[name], 3) for name in record.values}, flush=True)
    seconds = round(clock.seconds, 1)
    spies = nn.ModuleDict({direction: game.averages[direction].module for direction in ("a_to_b", "b_to_a")})
    return {"cpu_seconds": seconds, "translators": spies.state_dict()}


@torch.no_grad()
def noise_table(spies: nn.ModuleDict) -> list[dict[str, float]]:
    """What is left of dots and letters after a way there and back, with noise added to the translation."""
    letters, _ = dotted_letters("test")
    dotted, mask = with_dots(letters, Generator().manual_seed(1))
    fake = spies["a_to_b"](dotted)
    noise = torch.randn(dotted.shape, generator=Generator().manual_seed(2))
    empty = ~mask & (letters < PAPER)
    rows = []
    for sigma in SIGMAS:
        back = spies["b_to_a"](fake + sigma * noise)
        error = (back - dotted).abs()
        values = {
            "dots_in_translation": fake[mask].mean(),
            "dots_back": (back[mask] > 0).float().mean(),
            "paper_back": (back[empty] > 0).float().mean(),
            "error": error.mean(),
            "error_letters": error[~mask].mean(),
        }
        row = {"sigma": sigma} | {name: round(value.item(), 4) for name, value in values.items()}
        print(row, flush=True)
        rows.append(row)
    return rows
