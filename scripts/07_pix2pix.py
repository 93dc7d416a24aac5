"""Lesson 07's comparisons: python scripts/07_pix2pix.py

Trains thirteen variants of one pix2pix of textures from three seeds each, on the same maps for equally many steps, and
asks about held-out maps: results/07_comparisons.json and two sheets of pictures, results/07_losses.png and
results/07_architectures.png (for each variant four maps by seed 0, then the first of them by seeds 1 and 2).
"""

from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from course_gan import data, metrics
from course_gan.files import ROOT
from course_gan.models import load_features
from course_gan.recipes import Settings, recipe_of, settings
from course_gan.training import train
from workshop import study

SEEDS = (0, 1, 2)
SETTINGS = {  # all else as `course-gan train 07 -p data textures`
    "width": 16,
    "residual": False,
    "discriminator_width": 16,
    "patch_layers": 2,
    "steps": 400,
    "batch_size": 16,
    "lr": 1e-3,
    "ema": 0.0,  # the last weights
}
LOSSES = {
    "L1": {"adversarial": 0.0, "l1": 10.0, "l2": 0.0},
    "L2": {"adversarial": 0.0, "l1": 0.0, "l2": 10.0},
    "L1 + L2": {"adversarial": 0.0, "l1": 10.0, "l2": 10.0},
    "adversarial": {"adversarial": 1.0, "l1": 0.0, "l2": 0.0},
    "adversarial + L1": {"adversarial": 1.0, "l1": 10.0, "l2": 0.0},
    "adversarial + L2": {"adversarial": 1.0, "l1": 0.0, "l2": 10.0},
    "all three": {"adversarial": 1.0, "l1": 10.0, "l2": 10.0},
    "adversarial + 100·L1": {"adversarial": 1.0, "l1": 100.0, "l2": 0.0},
}
ARCHITECTURES = {  # all with adversarial + L1; the U-Net of depth 5 is that arm of LOSSES
    "encoder–decoder, depth 5": {"skips": False},
    "U-Net, depth 2": {"depth": 2},
    "U-Net, depth 3": {"depth": 3},
    "U-Net, depth 6": {"depth": 6},
    "residual U-Net, depth 5": {"residual": True},
}
VARIED = ("seed", "adversarial", "l1", "l2")  # not the same in all comparisons
MAPS = 1000
SIZE = 64
WINDOW = 32
DARK = 60  # mean of a pixel's three channels, of 255: below it is night sky
SHOWN = [(0, 3), (0, 5), (0, 7), (0, 4), (1, 3), (2, 3)]  # (seed, which map)
KEPT = ROOT / "build" / "07"
Window = tuple[int, int, int, int]  # map, class, top, left


def windows(labels: Tensor) -> list[Window]:
    """A 32 × 32 window wholly in one region, at most one for each map and class, of label maps (n, h, w)."""
    found = []
    for k in range(len(data.MAP_CLASSES)):
        inside = F.avg_pool2d((labels == k).float(), WINDOW, 1) == 1  # (n, h - 31, w - 31)
        for i in inside.flatten(1).any(dim=1).nonzero().flatten().tolist():
            places = inside[i].nonzero()
            top, left = places[len(places) // 2].tolist()
            found.append((i, k, top, left))
    return found


def cut(images: Tensor, found: list[Window]) -> Tensor:
    """The windows of images uint8 (n, 3, h, w), twice as large: (m, 3, 64, 64)."""
    pieces = [images[i, :, top : top + WINDOW, left : left + WINDOW] for i, _, top, left in found]
    return data.resize(torch.stack(pieces), 2 * WINDOW)


def contrast(pieces: Tensor) -> Tensor:
    """Mean over pieces (m, 3, h, w) of the spread of a piece's grey values."""
    return pieces.float().mean(dim=1).flatten(1).std(dim=1).mean()


class Judge:
    """Held-out maps with room for a window, and the scores of whoever paints them.

    inputs, targets: maps and real paintings, uint8 (n, 3, 64, 64). labels: (n, 64, 64). found: the windows.
    """

    def __init__(self, maps: int = MAPS):
        inputs, targets = data.texture_maps(maps, SIZE, seed=0, split="test")
        with_room = {i for i, _, _, _ in windows(data.colour_decode(inputs.images))}
        keep = torch.tensor(sorted(with_room))
        self.inputs = inputs.images[keep]
        self.targets = targets.images[keep]
        self.labels = data.colour_decode(self.inputs)
        self.found = windows(self.labels)
        self.network = load_features("textures")
        self._asked = torch.tensor([k for _, k, _, _ in self.found])  # (m,) classes
        self._wanted = textures_of_classes()[self._asked]  # (m,) textures
        features = self.network.extract(cut(self.targets, self.found))
        self._unit = features.square().mean().sqrt()
        self._real = features / self._unit
        sky = (self.labels == data.MAP_CLASSES.index("night sky")).float()
        near = F.max_pool2d(sky, 5, 1, 2)
        far = -F.max_pool2d(-sky, 5, 1, 2)
        self._sky = sky.bool()
        self._border = near != far  # within two pixels of where the sky ends

    def scores(self, painted: Tensor) -> dict[str, Any]:
        """What the lesson reports of pictures uint8 (n, 3, 64, 64) painted for self.inputs."""
        pieces = cut(painted, self.found)
        right = (self.network.classify(pieces)["texture"] == self._wanted).float()
        dark = painted.float().mean(dim=1) < DARK
        values = {
            "accuracy": right.mean(),
            "frechet": metrics.frechet_distance(self._real, self.network.extract(pieces) / self._unit),
            "l1": (data.to_float(painted) - data.to_float(self.targets)).abs().mean(),
            "edge": (dark == self._sky)[self._border].float().mean(),
            "contrast": contrast(pieces) / contrast(cut(self.targets, self.found)),
        }
        rounded = {name: float(f"{float(value):.4g}") for name, value in values.items()}
        by_class = {c: round(right[self._asked == k].mean().item(), 3) for k, c in enumerate(data.MAP_CLASSES)}
        return rounded | {"by_class": by_class}

    def real_scores(self) -> dict[str, dict]:
        """What real paintings of the same maps score: other pieces of the held-out, and of the training, regions."""
        random = data.derived_generator(7)
        return {split: self.scores(data.paint(self.labels, split, random)) for split in ("test", "train")}


def textures_of_classes() -> Tensor:
    """For each class of a map the number of the texture that it is painted with."""
    names = list(data.textures())
    painted_with = {"night sky": "hubble"}
    return torch.tensor([names.index(painted_with.get(c, c)) for c in data.MAP_CLASSES])


def settings_of(variant: str, seed: int) -> Settings:
    """The settings of the recipe for one variant and seed."""
    changed = SETTINGS | (LOSSES | ARCHITECTURES)[variant]
    return settings("07", "cpu", data="textures", seed=seed, **changed)


def trained(chosen: Settings, inputs: Tensor) -> dict[str, Any]:
    """One training: CPU seconds, weights in the generator, what it paints of maps uint8 (n, 3, 64, 64)."""
    recipe = recipe_of("07")(chosen)
    clock = study.Clock()
    for _ in train(recipe.game, recipe.batches, recipe.steps):
        pass
    return {
        "cpu_seconds": round(clock.seconds, 1),
        "parameters": sum(p.numel() for p in recipe.game.generator.parameters()),
        "painted": data.to_uint8(recipe.game.sample(data.to_float(inputs))),
    }


def compare() -> None:
    """Every variant from every seed, the record and the sheets."""
    judge = Judge(MAPS)
    made = {}
    runs = []
    for seed in SEEDS:
        for variant in LOSSES | ARCHITECTURES:
            chosen = settings_of(variant, seed)
            path = KEPT / f"{variant}_{seed}.pt"
            one = study.kept(path, chosen.as_dict(), partial(trained, chosen, judge.inputs))
            made[variant, seed] = one
            run = {
                "variant": variant,
                "seed": seed,
                "cpu_seconds": one["cpu_seconds"],
                "parameters": one["parameters"],
            }
            runs.append(run | judge.scores(one["painted"]))
    common = settings("07", "cpu", data="textures", **SETTINGS).as_dict()
    values = {
        "settings": {name: value for name, value in common.items() if name not in VARIED},
        "variants": LOSSES | ARCHITECTURES,
        "seeds": SEEDS,
        "judged": {"maps": len(judge.inputs), "windows": len(judge.found)},
        "real": judge.real_scores(),
        "runs": runs,
    }
    study.record("07_comparisons", "python scripts/07_pix2pix.py compare", values)
    painted = {key: one["painted"] for key, one in made.items()}
    architectures = list(ARCHITECTURES)
    architectures.insert(3, "adversarial + L1")
    study.sheet("07_losses", rows(judge, painted, list(LOSSES)), len(SHOWN))
    study.sheet("07_architectures", rows(judge, painted, architectures), len(SHOWN))


def rows(judge: Judge, painted: dict[tuple[str, int], Tensor], variants: list[str]) -> Tensor:
    """Six pictures a row, uint8 (6r, 3, 64, 64): the maps, real paintings, then one row for each variant.

    painted: by variant and seed.
    """
    shown = [i for _, i in SHOWN]
    parts = [judge.inputs[shown], judge.targets[shown]]
    for variant in variants:
        parts.append(torch.stack([painted[variant, seed][i] for seed, i in SHOWN]))
    return torch.cat(parts)


if __name__ == "__main__":
    study.run({"compare": compare})
