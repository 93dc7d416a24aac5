"""Lesson 07's comparisons and its shipped generator: python scripts/07_pix2pix.py [compare] [checkpoint]

compare trains thirteen variants of one pix2pix from three seeds each, on the same maps for the same number of steps,
and asks about held-out maps: results/07_comparisons.json and two sheets of pictures, results/07_losses.png and
results/07_architectures.png (for each variant four maps by seed 0, then the first of them by seeds 1 and 2).
checkpoint trains what `course-gan train 07` trains and ships the average of its generator: checkpoints/07_pix2pix.pt,
results/07_checkpoint.json. The comparisons' trainings are kept in build/07 and not repeated while they are there; the
scores are made anew.
"""

import json
import sys
import time

import torch
import torch.nn.functional as F
from PIL import Image

from course_gan import data, metrics
from course_gan.files import ROOT
from course_gan.models.features import load_features
from course_gan.models.shipped import save_weights
from course_gan.plots.grids import mosaic
from course_gan.recipes import build
from course_gan.training import train
from workshop.machine import machine

SEEDS = (0, 1, 2)
SETTINGS = {  # of the comparisons; all else as `course-gan train 07`
    **{"width": 16, "residual": False, "discriminator_width": 16, "patch_layers": 2},
    **{"steps": 400, "batch_size": 16, "lr": 1e-3, "ema": 0.0},  # ema 0: the last weights
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
MAPS, SIZE, WINDOW = 1000, 64, 32
KEPT = ROOT / "build" / "07"
SHAPE = ("width", "depth", "max_multiplier", "skips", "residual")


def windows(labels: torch.Tensor) -> list[tuple[int, int, int, int]]:
    """(map, class, top, left) of a 32 × 32 window wholly in one region, at most one for each map and class."""
    found = []
    for k in range(len(data.MAP_CLASSES)):
        inside = F.avg_pool2d((labels == k).float(), WINDOW, 1) == 1  # (n, h - 31, w - 31)
        for i in inside.flatten(1).any(dim=1).nonzero().flatten().tolist():
            places = inside[i].nonzero()
            found.append((i, k, *places[len(places) // 2].tolist()))
    return found


def cut(images: torch.Tensor, found: list) -> torch.Tensor:
    """The windows of images uint8 (n, 3, h, w), twice as large: (m, 3, 64, 64)."""
    pieces = [images[i, :, top : top + WINDOW, left : left + WINDOW] for i, _, top, left in found]
    return data.resize(torch.stack(pieces), 2 * WINDOW)


class Judge:
    """Held-out maps with room for a window, and the scores of whoever paints them."""

    def __init__(self, maps: int = MAPS):
        inputs, targets = data.texture_maps(maps, SIZE, seed=0, split="test")
        keep = torch.tensor(sorted({i for i, *_ in windows(data.colour_decode(inputs.images))}))
        self.inputs, self.targets = inputs.images[keep], targets.images[keep]
        self.labels = data.colour_decode(self.inputs)
        self.found, self.network = windows(self.labels), load_features("textures")
        names = list(data.textures())
        answers = torch.tensor([names.index({"night sky": "hubble"}.get(c, c)) for c in data.MAP_CLASSES])
        self.asked = torch.tensor([k for _, k, _, _ in self.found])
        self.wanted = answers[self.asked]
        features = self.network.extract(cut(self.targets, self.found))
        self.unit = features.square().mean().sqrt()
        self.real = features / self.unit
        sky = (self.labels == data.MAP_CLASSES.index("night sky")).float()
        near, far = F.max_pool2d(sky, 5, 1, 2), -F.max_pool2d(-sky, 5, 1, 2)
        self.sky, self.border = sky.bool(), near != far  # within two pixels of where the sky ends

    def scores(self, painted: torch.Tensor) -> dict:
        """What the lesson reports of pictures uint8 (n, 3, 64, 64) painted for self.inputs."""
        pieces = cut(painted, self.found)
        right = (self.network.classify(pieces)["texture"] == self.wanted).float()
        dark = painted.float().mean(dim=1) < 60
        values = {
            "accuracy": right.mean(),
            "frechet": metrics.frechet_distance(self.real, self.network.extract(pieces) / self.unit),
            "l1": (data.to_float(painted) - data.to_float(self.targets)).abs().mean(),
            "edge": (dark == self.sky)[self.border].float().mean(),
            "contrast": contrast(pieces) / contrast(cut(self.targets, self.found)),
        }
        by_class = {c: round(right[self.asked == k].mean().item(), 3) for k, c in enumerate(data.MAP_CLASSES)}
        return {name: float(f"{float(value):.4g}") for name, value in values.items()} | {"by_class": by_class}


def contrast(pieces: torch.Tensor) -> torch.Tensor:
    """Mean over pieces (m, 3, h, w) of the spread of a piece's grey values."""
    return pieces.float().mean(dim=1).flatten(1).std(dim=1).mean()


def trained(name: str, seed: int, judge: Judge) -> dict:
    """One variant from one seed: CPU seconds, weights in the generator, what it paints of the judge's maps."""
    path = KEPT / f"{name}_{seed}.pt"
    if not path.exists():
        recipe = build("07", "cpu", seed=seed, **SETTINGS | (LOSSES | ARCHITECTURES)[name])
        began = time.process_time()
        for _ in train(recipe.game, recipe.batches, recipe.steps):
            pass
        kept = {"cpu_seconds": round(time.process_time() - began, 1)}
        kept["parameters"] = sum(p.numel() for p in recipe.game.generator.parameters())
        kept["painted"] = data.to_uint8(recipe.game.sample(data.to_float(judge.inputs)))
        KEPT.mkdir(parents=True, exist_ok=True)
        torch.save(kept, path)
        print(name, seed, kept["cpu_seconds"], flush=True)
    return torch.load(path)


def real_scores(judge: Judge) -> dict:
    """What real paintings of the same maps score: other pieces of the held-out, and of the training, regions."""
    random = data.derived_generator(7)
    return {split: judge.scores(data.paint(judge.labels, split, random)) for split in ("test", "train")}


def compare() -> None:
    judge, runs = Judge(), []
    for seed in SEEDS:
        for name in LOSSES | ARCHITECTURES:
            kept = trained(name, seed, judge)
            told = {"variant": name, "seed": seed, "cpu_seconds": kept["cpu_seconds"], "parameters": kept["parameters"]}
            runs.append(told | judge.scores(kept["painted"]))
    common = build("07", "cpu", maps=16, **SETTINGS).settings | {"maps": 1000, "steps": SETTINGS["steps"]}
    document = {
        "command": "python scripts/07_pix2pix.py compare",
        "settings": {k: v for k, v in common.items() if k not in ("seed", "adversarial", "l1", "l2")},
        "variants": LOSSES | ARCHITECTURES,
        "seeds": SEEDS,
        "judged": {"maps": len(judge.inputs), "windows": len(judge.found)},
        "machine": machine() | {"threads": torch.get_num_threads(), "torch": torch.__version__},
        "real": real_scores(judge),
        "runs": runs,
    }
    write("07_comparisons", document)
    sheet("07_losses", judge, list(LOSSES))
    sheet("07_architectures", judge, [*list(ARCHITECTURES)[:3], "adversarial + L1", *list(ARCHITECTURES)[3:]])


SHOWN = [(0, 3), (0, 5), (0, 7), (0, 4), (1, 3), (2, 3)]  # (seed, which map)


def sheet(file: str, judge: Judge, names: list[str]) -> None:
    """Rows of six pictures: the maps, real paintings, then one row for each variant."""
    rows = [source[[i for _, i in SHOWN]] for source in (judge.inputs, judge.targets)]
    rows += [torch.stack([trained(name, seed, judge)["painted"][i] for seed, i in SHOWN]) for name in names]
    picture = Image.fromarray(mosaic(torch.cat(rows), len(SHOWN), gap=0)).quantize(256, kmeans=1)
    picture.save(ROOT / "results" / f"{file}.png", optimize=True)


def checkpoint() -> None:
    recipe, judge = build("07", "cpu"), Judge()
    inputs, seconds, began = data.to_float(judge.inputs), 0.0, time.process_time()
    for record in train(recipe.game, recipe.batches, recipe.steps):
        if record.step % 1000 == 0 or record.step == recipe.steps:
            seconds += time.process_time() - began
            scores = {ema: judge.scores(data.to_uint8(recipe.game.sample(inputs, ema))) for ema in (False, True)}
            print(record.step, round(seconds), scores, flush=True)
            began = time.process_time()
    KEPT.mkdir(parents=True, exist_ok=True)
    torch.save(recipe.game.state_dict(), KEPT / "checkpoint.pt")
    with recipe.game.evaluating("generator") as network:
        shape = {name: getattr(recipe.settings, name) for name in SHAPE}
        digest = save_weights("07_pix2pix", network, shape)
    document = {
        "command": "python scripts/07_pix2pix.py checkpoint",
        "settings": recipe.settings,
        "cpu_seconds": round(seconds),
        "machine": machine() | {"threads": torch.get_num_threads(), "torch": torch.__version__},
        "sha256": digest,
        "real": real_scores(judge),
        "scores": scores[True],
        "last_weights": scores[False],
    }
    write("07_checkpoint", document)


def write(name: str, document: dict) -> None:
    path = ROOT / "results" / f"{name}.json"
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    for job in sys.argv[1:] or ("compare", "checkpoint"):
        {"compare": compare, "checkpoint": checkpoint}[job]()
