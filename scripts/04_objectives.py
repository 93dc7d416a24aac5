"""Train lesson 04's six objectives and a control from three seeds and score them: python scripts/04_objectives.py

Equal budget means equal steps: each player moves once a step, on batches of one size, in one network, by one Adam.
Trainings (twelve minutes on a quiet core) are kept in build/04 and not repeated while they are there; the scores are
made anew. Writes results/04_objectives.json and results/04_OBJECTIVE.png, one row of samples a seed.
"""

import json
import platform
import time
from pathlib import Path

import torch
from PIL import Image

from course_gan import data, metrics
from course_gan.files import ROOT
from course_gan.losses import NAMES
from course_gan.models.features import load_features
from course_gan.plots.grids import mosaic
from course_gan.recipes import build
from course_gan.regularizers import spectral_norm
from course_gan.training import train

SEEDS = (0, 1, 2)
SETTINGS = {"width": 16, "batch_size": 32, "steps": 1200, "lr": 1e-3}  # all else as `course-gan train 04`
PLAYED = {name: {"loss": name} for name in NAMES}  # with the penalties of course_gan.recipes
PLAYED["non_saturating_r1_r2"] = {"loss": "non_saturating", "r1": 1.0, "r2": 1.0}  # the control: a leash borrowed
SAMPLES, LOOK_EVERY, COLUMNS = 512, 100, 16
KEPT = ROOT / "build" / "04"


def trained(objective: str, seed: int) -> dict:
    """One training: seconds, mean losses between looks, and at each look uint8 samples (512, 1, 32, 32)."""
    recipe = build("04", "cpu", seed=seed, **PLAYED[objective], **SETTINGS)
    game = recipe.game
    if objective == "hinge":
        spectral_norm(game.discriminator)
    kept = {"objective": objective, "seed": seed, "cpu_seconds": 0.0, "losses": [], "looks": []}
    losses, began = torch.zeros(2), time.process_time()
    for record in train(game, recipe.batches, recipe.steps):
        losses += torch.tensor([record["discriminator_loss"], record["generator_loss"]]) / LOOK_EVERY
        if record.step % LOOK_EVERY == 0:
            kept["cpu_seconds"] += time.process_time() - began
            kept["losses"].append(losses.tolist())
            kept["looks"].append(data.to_uint8(game.sample(n=SAMPLES)))
            losses, began = torch.zeros(2), time.process_time()
    others = torch.randn(SAMPLES, game.latent_dim, generator=torch.Generator().manual_seed(1))
    return kept | {"others": data.to_uint8(game.sample(others))}


def scores(real: torch.Tensor, fake: torch.Tensor) -> dict[str, float]:
    """The four numbers of lesson 05 for features real (n, d) and fake (m, d)."""
    near, kernel = metrics.precision_recall(real, fake), metrics.kernel_distance(real, fake)
    values = {"frechet": metrics.frechet_distance(real, fake), "kernel": kernel.value} | near._asdict()
    return {name: float(f"{value:.5g}") for name, value in values.items()}


def scored(kept: dict, features, real: torch.Tensor) -> dict:
    """A training's record for the JSON: its last scores, and how losses and Fréchet distance went."""
    looks = [metrics.frechet_distance(real, features.extract(look)) for look in kept["looks"]]
    d_losses, g_losses = zip(*kept["losses"])
    curve = {"frechet": looks, "discriminator_loss": d_losses, "generator_loss": g_losses}
    curve = {name: [float(f"{value:.5g}") for value in values] for name, values in curve.items()}
    result = {name: kept[name] for name in ("objective", "seed")} | {"cpu_seconds": round(kept["cpu_seconds"], 1)}
    result |= scores(real, features.extract(kept["looks"][-1]))
    result["frechet_other_latents"] = scores(real, features.extract(kept["others"]))["frechet"]
    return result | {"curve": curve}


def cpu() -> str:
    """The processor's name, as far as the system tells."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    return next((line.split(":")[1].strip() for line in lines if "model name" in line), platform.processor())


def report(runs: list[dict], features, real: torch.Tensor) -> dict:
    """The JSON: circumstances, what real training pictures score as if they were generated, and the runs."""
    turned = data.glyphs(split="train", copies=8)
    some = turned.images[torch.randperm(len(turned), generator=torch.Generator().manual_seed(0))[:SAMPLES]]
    bf16 = torch.ops.mkldnn._is_mkldnn_bf16_supported()
    shared = {"budget": "equal steps", "seeds": SEEDS, "look_every": LOOK_EVERY, "samples": SAMPLES}
    return {
        "command": "python scripts/04_objectives.py",
        "settings": SETTINGS | shared | {"reference": "test split"},
        "machine": {"cpu": cpu(), "threads": torch.get_num_threads(), "torch": torch.__version__, "bf16": bf16},
        "real": scores(real, features.extract(some)),
        "runs": [scored(kept, features, real) for kept in runs],
    }


def main() -> None:
    KEPT.mkdir(parents=True, exist_ok=True)
    for seed in SEEDS:
        for objective in PLAYED:
            path = KEPT / f"{objective}_{seed}.pt"
            if not path.exists():
                torch.save(trained(objective, seed), path)
                print(objective, seed, flush=True)
    runs = [torch.load(KEPT / f"{objective}_{seed}.pt") for objective in PLAYED for seed in SEEDS]
    features = load_features("glyphs")
    document = report(runs, features, features.extract(data.glyphs(split="test").images))
    (ROOT / "results" / "04_objectives.json").write_text(json.dumps(document, indent=1) + "\n")
    for objective in PLAYED:
        rows = torch.cat([kept["looks"][-1][:COLUMNS] for kept in runs if kept["objective"] == objective])
        sheet = Image.fromarray(mosaic(rows, COLUMNS, gap=0)[:, :, 0])
        sheet.save(ROOT / "results" / f"04_{objective}.png", optimize=True)


if __name__ == "__main__":
    main()
