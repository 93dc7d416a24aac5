"""Train lesson 10's encoder and decoder, and compare others: python scripts/10_adain.py [train] [compare] [long]

train: as `course-gan train 10 --profile cpu`, kept in build/10 and gone on with after an interruption; writes
checkpoints/10_adain.pt with its SHA-256. compare: arms that differ from a small base in one thing, three seeds each,
equal steps; trainings (six minutes on a quiet core) are kept in build/10, scores on test patches are made anew; writes
results/10_arms.png, a row an arm. long: the paper's loss with the size and steps of the shipped networks, one seed
(seven minutes), beside those; writes results/10_long.png. Each writes its part of results/10_adain.json.
"""

import json
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from course_gan import data
from course_gan.files import ROOT, write_whole
from course_gan.metrics import edges_kept, grain_distance, palette_distance
from course_gan.models import AdaINDecoder, AdaINEncoder, load_adain, save_weights, stylize
from course_gan.recipes import Settings, recipe_of, settings
from course_gan.runner.training import run
from course_gan.training import RunDirectory
from course_gan.training import train as steps_of
from workshop import study

SEEDS = (0, 1, 2)
SMALL = {"widths": (16, 32, 64), "repeats": (1, 1), "image_size": 64, "pretrain": 200, "steps": 600}
ARMS = {  # what each changes in the small base; all else as `course-gan train 10`
    "base": {},
    "style weight 1": {"style": 1.0},
    "style weight 100": {"style": 100.0},
    "one scale": {"scales": 1},
    "the paper's loss": {"normalise": False, "scales": 1},
    "random encoder": {"pretrain": 0},
    "autoencoder alone": {"pretrain": SMALL["steps"]},
}
PAIRS = 28
SIZE = 128
SHOWN = (8, 11)  # pairs in the picture of compare
WHOLE = (("china", "gravel"), ("coffee", "ihc"), ("astronaut", "retina"), ("chelsea", "hubble"))  # in that of long
KEPT = ROOT / "build" / "10"
COMMAND = "python scripts/10_adain.py"
Networks = tuple[nn.Module, nn.Module]  # encoder, decoder


def shape_of(chosen: Settings) -> dict[str, tuple[int, ...]]:
    """What it takes to build encoder and decoder again."""
    return {"widths": chosen.widths, "repeats": chosen.repeats}


def train() -> None:
    """The shipped networks, in half precision."""
    chosen = settings("10", "cpu")
    file = KEPT / "seconds.json"
    KEPT.mkdir(parents=True, exist_ok=True)
    before = json.loads(file.read_text(encoding="utf-8")) if file.exists() else 0.0  # of a run that was interrupted
    clock = study.Clock()
    try:
        began = bool(RunDirectory(KEPT / "train").checkpoints())
        game = run("10", "cpu", KEPT / "train", resume=began).game
    finally:
        seconds = before + clock.seconds
        write_whole(file, json.dumps(seconds))
    pair = nn.ModuleDict({"encoder": game.encoder, "decoder": game.decoder})
    values = {
        "seed": chosen.seed,
        "settings": chosen.as_dict(),
        "cpu_seconds": round(seconds),
        "parameters": sum(p.numel() for p in pair.parameters()),
        "sha256": save_weights("10_adain", pair, shape_of(chosen)),
    }
    study.record("10_adain", f"{COMMAND} train", values, part="train")


def pairs() -> list[tuple[Tensor, Tensor]]:
    """Contents and styles (1, 3, 128, 128) from the parts of pictures that no training sees."""
    photos = data.to_float(data.photos().patches(SIZE, 14, 9, "test").images)
    textures = data.to_float(data.textures().patches(SIZE, 12, 9, "test").images)
    return [(photos[i % 14, None], textures[i % 12, None]) for i in range(PAIRS)]


def settings_of(arm: str, seed: int, base: dict[str, Any]) -> Settings:
    """The settings of the recipe for one arm and seed; base: what all arms change."""
    changed = base | ARMS[arm]
    return settings("10", "cpu", seed=seed, **changed)


def trained(arm: str, seed: int, base: dict[str, Any]) -> dict[str, Any]:
    """One training: seconds of CPU, the networks, and what they make of each pair, uint8 (28, 3, 128, 128)."""
    recipe = recipe_of("10")(settings_of(arm, seed, base))
    game = recipe.game
    clock = study.Clock()
    for _ in steps_of(game, recipe.batches, recipe.steps):
        pass
    return {
        "arm": arm,
        "seed": seed,
        "cpu_seconds": round(clock.seconds, 1),
        "players": game.players.state_dict(),
        "images": styled_pairs(game.encoder, game.decoder),
    }


def kept(name: str, arm: str, seed: int, base: dict[str, Any]) -> dict[str, Any]:
    """A training from build/10, made first if it is not there."""
    about = settings_of(arm, seed, base).as_dict() | {"pairs": PAIRS, "size": SIZE}
    return study.kept(KEPT / f"{name}.pt", about, partial(trained, arm, seed, base))


def styled_pairs(encoder: nn.Module, decoder: nn.Module) -> Tensor:
    """Every content in its style, uint8 (28, 3, 128, 128)."""
    return data.to_uint8(torch.cat([stylize(encoder, decoder, content, [style]) for content, style in pairs()]))


def scores(images: Tensor) -> dict[str, float]:
    """Means over the pairs, of images float (28, 3, 128, 128).

    palette, grain: distances to the style; edges: kept of the content; tint: how far channels differ where the style is
    grey, which brick, grass and gravel are.
    """
    rows = []
    tints = []
    for image, (content, style) in zip(images.split(1), pairs(), strict=True):
        rows.append((palette_distance(image, style), grain_distance(image, style), edges_kept(image, content)))
        if torch.equal(style[:, 0], style[:, 2]):
            tints.append((image - image.mean(dim=1, keepdim=True)).abs().mean().item())
    palette, grain, edges = torch.tensor(rows).mean(dim=0).tolist()
    means = {"palette": palette, "grain": grain, "edges": edges, "tint": sum(tints) / len(tints)}
    return {name: round(value, 4) for name, value in means.items()}


def compare() -> None:
    """Every arm from every seed, the record and the sheet."""
    made = {}
    for seed in SEEDS:
        for arm in ARMS:
            made[arm, seed] = kept(f"{arm}_{seed}", arm, seed, SMALL)
    runs = []
    for arm in ARMS:
        for seed in SEEDS:
            one = made[arm, seed]
            about = {"arm": arm, "seed": seed, "cpu_seconds": one["cpu_seconds"]}
            runs.append(about | scores(data.to_float(one["images"])))
    values = {
        "seeds": SEEDS,
        "settings": SMALL,
        "arms": ARMS,
        "pairs": PAIRS,
        "untouched": scores(torch.cat([content for content, _ in pairs()])),
        "runs": runs,
    }
    study.record("10_adain", f"{COMMAND} compare", values, part="compare")
    images = {key: one["images"] for key, one in made.items()}
    study.sheet("10_arms", halved(sheet_of_arms(images)), columns=6)


def sheet_of_arms(images: dict[tuple[str, int], Tensor]) -> Tensor:
    """Six pictures a row, float (6r, 3, 128, 128): contents and styles, then a row an arm, each pair by every seed."""
    everything = pairs()
    blank = torch.ones(1, 3, SIZE, SIZE)
    parts = []
    for pair in SHOWN:
        content, style = everything[pair]
        parts += [content, style, blank]
    for arm in ARMS:
        for pair in SHOWN:
            parts += [data.to_float(images[arm, seed][[pair]]) for seed in SEEDS]
    return torch.cat(parts)


def long() -> None:
    """The paper's loss with the shipped networks' size, data and steps, and their scores side by side."""
    arm = "the paper's loss"
    made = kept("long", arm, 0, {})
    shipped = load_adain()
    values = {
        "seed": 0,
        "pairs": PAIRS,
        "cpu_seconds": made["cpu_seconds"],
        "runs": {
            "as shipped": scores(data.to_float(styled_pairs(*shipped))),
            arm: scores(data.to_float(made["images"])),
        },
    }
    study.record("10_adain", f"{COMMAND} long", values, part="long")
    shape = shape_of(settings("10", "cpu"))
    others = nn.ModuleDict({"encoder": AdaINEncoder(3, **shape), "decoder": AdaINDecoder(3, **shape)})
    others.load_state_dict(made["players"])
    rows = [styled_whole(shipped), styled_whole((others["encoder"], others["decoder"]))]
    study.sheet("10_long", halved(torch.cat(rows)), columns=4)


def styled_whole(networks: Networks) -> Tensor:
    """Whole photos in whole textures, float (4, 3, 256, 256)."""
    photos = data.photos()
    textures = data.textures()
    parts = []
    for content, style in WHOLE:
        parts.append(stylize(*networks, square(photos[content]), [square(textures[style])]))
    return torch.cat(parts)


def square(picture: Tensor) -> Tensor:
    """uint8 (3 or 1, h, w) to float (1, 3, 256, 256)."""
    return data.to_float(data.resize(picture.expand(3, -1, -1)[None], 256))


def halved(images: Tensor) -> Tensor:
    """Images (n, c, h, w) at half their size."""
    return nn.functional.avg_pool2d(images, 2)


PARTS = {"train": train, "compare": compare, "long": long}

if __name__ == "__main__":
    study.run(PARTS)
