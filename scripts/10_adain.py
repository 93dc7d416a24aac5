"""Train lesson 10's encoder and decoder, and compare others: python scripts/10_adain.py [train] [compare] [long]

train: as `course-gan train 10 --profile cpu`, kept in build/10 and gone on with after an interruption; writes
checkpoints/10_adain.pt with its SHA-256. compare: arms that differ from a small base in one thing, three seeds each,
equal steps; trainings (six minutes on a quiet core) are kept in build/10, scores on test patches are made anew; writes
results/10_arms.png, a row an arm. long: the paper's loss with the size and steps of the shipped networks, one seed
(seven minutes), beside those; writes results/10_long.png. Each writes its part of results/10_adain.json.
"""

import json
import sys
import time

import torch
from PIL import Image
from torch import nn

from course_gan import data
from course_gan.files import ROOT
from course_gan.metrics import edges_kept, grain_distance, palette_distance
from course_gan.models import AdaINDecoder, AdaINEncoder, load_adain, save_weights, stylize
from course_gan.plots.display import shrunk
from course_gan.plots.grids import mosaic
from course_gan.recipes import build, settings
from course_gan.runner.training import run
from course_gan.training import train as steps_of
from workshop.machine import machine

KEPT = ROOT / "build" / "10"
RESULTS = ROOT / "results" / "10_adain.json"
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
PAIRS, SIZE = 28, 128
SHOWN = (8, 11)  # pairs in the picture of compare
WHOLE = (("china", "gravel"), ("coffee", "ihc"), ("astronaut", "retina"), ("chelsea", "hubble"))  # in that of long


def record(part: str, **values) -> None:
    """Put one part's values, with what a time depends on, into the JSON, and leave the other part as it is."""
    document = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    about = machine() | {"threads": torch.get_num_threads(), "torch": torch.__version__}
    document[part] = {"command": f"python scripts/10_adain.py {part}", **values, "machine": about}
    RESULTS.write_text(json.dumps(document, indent=1) + "\n")


def train() -> None:
    """The shipped networks, in half precision."""
    out, clock = KEPT / "train", KEPT / "seconds.json"
    before = json.loads(clock.read_text()) if clock.exists() else 0.0  # of a run that was interrupted
    began = time.process_time()
    try:
        game = run("10", "cpu", out, resume=True).game
    finally:
        clock.write_text(json.dumps(before + time.process_time() - began))
    pair, chosen = nn.ModuleDict(dict(game.players)), settings("10", "cpu")
    digest = save_weights("10_adain", pair, {name: getattr(chosen, name) for name in ("widths", "repeats")})
    seconds, parameters = round(json.loads(clock.read_text())), sum(p.numel() for p in pair.parameters())
    record("train", seed=0, settings=chosen, cpu_seconds=seconds, parameters=parameters, sha256=digest)


def pairs() -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Contents and styles (1, 3, 128, 128) from the parts of pictures that no training sees."""
    photos, textures = (
        data.to_float(pictures.patches(SIZE, n, 9, "test").images)
        for pictures, n in ((data.photos(), 14), (data.textures(), 12))
    )
    return [(photos[i % 14, None], textures[i % 12, None]) for i in range(PAIRS)]


def trained(arm: str, seed: int, base: dict) -> dict:
    """One training: seconds of CPU, the networks, and what they make of each pair, uint8 (28, 3, 128, 128)."""
    recipe = build("10", "cpu", seed=seed, **(base | ARMS[arm]))
    began = time.process_time()
    for _ in steps_of(recipe.game, recipe.batches, recipe.steps):
        pass
    seconds, game = time.process_time() - began, recipe.game
    kept = {"arm": arm, "seed": seed, "cpu_seconds": round(seconds, 1), "players": game.players.state_dict()}
    return kept | {"images": styled_pairs(game.encoder, game.decoder)}


def styled_pairs(encoder: nn.Module, decoder: nn.Module) -> torch.Tensor:
    """Every content in its style, uint8 (28, 3, 128, 128)."""
    return data.to_uint8(torch.cat([stylize(encoder, decoder, content, [style]) for content, style in pairs()]))


def scores(images: torch.Tensor) -> dict[str, float]:
    """Means over the pairs, of images float (28, 3, 128, 128).

    palette, grain: distances to the style; edges: kept of the content; tint: how far channels differ where the style is
    grey, which brick, grass and gravel are.
    """
    rows, tints = [], []
    for image, (content, style) in zip(images.split(1), pairs(), strict=True):
        rows.append((palette_distance(image, style), grain_distance(image, style), edges_kept(image, content)))
        if torch.equal(style[:, 0], style[:, 2]):
            tints.append((image - image.mean(dim=1, keepdim=True)).abs().mean().item())
    means = dict(zip(("palette", "grain", "edges"), torch.tensor(rows).mean(dim=0).tolist(), strict=True))
    return {name: round(value, 4) for name, value in (means | {"tint": sum(tints) / len(tints)}).items()}


def compare() -> None:
    """Every arm from every seed."""
    for seed in SEEDS:
        for arm in ARMS:
            path = KEPT / f"{arm}_{seed}.pt"
            if not path.exists():
                torch.save(trained(arm, seed, SMALL), path)
                print(arm, seed, flush=True)
    kept = [torch.load(KEPT / f"{arm}_{seed}.pt") for arm in ARMS for seed in SEEDS]
    runs = [
        {name: run[name] for name in ("arm", "seed", "cpu_seconds")} | scores(data.to_float(run["images"]))
        for run in kept
    ]
    untouched = scores(torch.cat([content for content, _ in pairs()]))
    record("compare", seeds=SEEDS, settings=SMALL, arms=ARMS, pairs=PAIRS, untouched=untouched, runs=runs)
    asked = [x for k in SHOWN for x in (*pairs()[k], torch.ones(1, 3, SIZE, SIZE))]
    rows = [data.to_float(run["images"][[k]]) for arm in ARMS for k in SHOWN for run in kept if run["arm"] == arm]
    save(torch.cat([*asked, *rows]), "10_arms", columns=6)


def long() -> None:
    """The paper's loss with the shipped networks' size, data and steps, and their scores side by side."""
    path = KEPT / "long.pt"
    if not path.exists():
        torch.save(trained("the paper's loss", 0, {}), path)
    kept, shipped = torch.load(path), load_adain()
    images = {"as shipped": styled_pairs(*shipped), kept["arm"]: kept["images"]}
    runs = {arm: scores(data.to_float(image)) for arm, image in images.items()}
    record("long", seed=0, pairs=PAIRS, cpu_seconds=kept["cpu_seconds"], runs=runs)
    shape = {name: getattr(settings("10", "cpu"), name) for name in ("widths", "repeats")}
    others = nn.ModuleDict({"encoder": AdaINEncoder(3, **shape), "decoder": AdaINDecoder(3, **shape)})
    others.load_state_dict(kept["players"])
    whole = [(square(data.photos()[c]), [square(data.textures()[s])]) for c, s in WHOLE]
    save(torch.cat([stylize(*networks, *pair) for networks in (shipped, others.values()) for pair in whole]), "10_long")


def square(picture: torch.Tensor) -> torch.Tensor:
    """uint8 (3 or 1, h, w) to float (1, 3, 256, 256)."""
    return data.to_float(data.resize(picture.expand(3, -1, -1)[None], 256))


def save(images: torch.Tensor, name: str, columns: int = 4) -> None:
    """A sheet of images, float in [-1, 1], at half their size, in results/."""
    small = data.to_uint8(torch.nn.functional.avg_pool2d(images, 2))
    shrunk(Image.fromarray(mosaic(small, columns, gap=0))).save(ROOT / "results" / f"{name}.png", optimize=True)


PARTS = {"train": train, "compare": compare, "long": long}

if __name__ == "__main__":
    KEPT.mkdir(parents=True, exist_ok=True)
    for part in sys.argv[1:] or PARTS:
        PARTS[part]()
