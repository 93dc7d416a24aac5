"""Train lesson 04's six objectives and a control from three seeds and score them: python scripts/04_objectives.py

Equal budget means equal steps: each player moves once a step, on batches of one size, in one network, by one Adam.
Trainings (twelve minutes on a quiet core) are kept in build/04 and not repeated while they are there; the scores are
made anew. Writes results/04_objectives.json and results/04_OBJECTIVE.png, one row of samples a seed.
"""

from functools import partial
from typing import Any

import torch
from torch import Tensor

from course_gan import data, metrics
from course_gan.files import ROOT
from course_gan.losses import NAMES
from course_gan.models import FeatureNetwork, load_features
from course_gan.recipes import Settings, recipe_of, settings
from course_gan.regularizers import spectral_norm
from course_gan.training import train
from workshop import study

SEEDS = (0, 1, 2)
SETTINGS = {"width": 16, "batch_size": 32, "steps": 1200, "lr": 1e-3}  # all else as `course-gan train 04`
PLAYED = {name: {"loss": name} for name in NAMES}  # with the penalties of course_gan.recipes
PLAYED["non_saturating_r1_r2"] = {"loss": "non_saturating", "r1": 1.0, "r2": 1.0}  # the control: a leash borrowed
SAMPLES = 512
LOOK_EVERY = 100
COLUMNS = 16
KEPT = ROOT / "build" / "04"


def settings_of(objective: str, seed: int) -> Settings:
    """The settings of the recipe for one objective and seed."""
    changed = SETTINGS | PLAYED[objective]
    return settings("04", "cpu", seed=seed, **changed)


def trained(objective: str, seed: int) -> dict[str, Any]:
    """One training: seconds, mean losses between looks, and at each look uint8 samples (512, 1, 32, 32)."""
    recipe = recipe_of("04")(settings_of(objective, seed))
    game = recipe.game
    if objective == "hinge":
        with recipe.backend.randomness(seed):  # it draws the vectors of its power iterations
            spectral_norm(game.discriminator)
    means = []
    looks = []
    losses = torch.zeros(2)
    clock = study.Clock()
    for record in train(game, recipe.batches, recipe.steps):
        losses += torch.tensor([record["discriminator_loss"], record["generator_loss"]]) / LOOK_EVERY
        if record.step % LOOK_EVERY == 0:
            with clock.paused():
                means.append(losses.tolist())
                looks.append(data.to_uint8(game.sample(n=SAMPLES)))
                losses = torch.zeros(2)
    seconds = clock.seconds
    others = torch.randn(SAMPLES, game.latent_dim, generator=torch.Generator().manual_seed(1))
    return {
        "objective": objective,
        "seed": seed,
        "cpu_seconds": seconds,
        "losses": means,
        "looks": looks,
        "others": data.to_uint8(game.sample(others)),
    }


def rounded(value: float) -> float:
    """Five digits of a number."""
    return float(f"{value:.5g}")


def scores(real: Tensor, fake: Tensor) -> dict[str, float]:
    """The four numbers of lesson 05 for features real (n, d) and fake (m, d)."""
    near = metrics.precision_recall(real, fake)
    return {
        "frechet": rounded(metrics.frechet_distance(real, fake)),
        "kernel": rounded(metrics.kernel_distance(real, fake).value),
        "precision": rounded(near.precision),
        "recall": rounded(near.recall),
    }


def scored(kept: dict[str, Any], features: FeatureNetwork, real: Tensor) -> dict[str, Any]:
    """A training's record for the JSON: its last scores, and how losses and Fréchet distance went."""
    looks = [metrics.frechet_distance(real, features.extract(look)) for look in kept["looks"]]
    others = scores(real, features.extract(kept["others"]))
    return {
        "objective": kept["objective"],
        "seed": kept["seed"],
        "cpu_seconds": round(kept["cpu_seconds"], 1),
        **scores(real, features.extract(kept["looks"][-1])),
        "frechet_other_latents": others["frechet"],
        "curve": {
            "frechet": [rounded(look) for look in looks],
            "discriminator_loss": [rounded(d_loss) for d_loss, _ in kept["losses"]],
            "generator_loss": [rounded(g_loss) for _, g_loss in kept["losses"]],
        },
    }


def real_scores(features: FeatureNetwork, real: Tensor) -> dict[str, float]:
    """What real training pictures score as if they were generated."""
    turned = data.glyphs(split="train", copies=8)
    order = torch.randperm(len(turned), generator=torch.Generator().manual_seed(0))
    return scores(real, features.extract(turned.images[order[:SAMPLES]]))


def objectives() -> None:
    """Every objective from every seed, the record and the sheets."""
    made = {}
    for seed in SEEDS:
        for objective in PLAYED:
            about = settings_of(objective, seed).as_dict() | {"samples": SAMPLES, "look_every": LOOK_EVERY}
            path = KEPT / f"{objective}_{seed}.pt"
            made[objective, seed] = study.kept(path, about, partial(trained, objective, seed))
    features = load_features("glyphs")
    real = features.extract(data.glyphs(split="test").images)
    shared = {"budget": "equal steps", "seeds": SEEDS, "look_every": LOOK_EVERY, "samples": SAMPLES}
    values = {
        "settings": SETTINGS | shared | {"reference": "test split"},
        "real": real_scores(features, real),
        "runs": [scored(made[objective, seed], features, real) for objective in PLAYED for seed in SEEDS],
    }
    study.record("04_objectives", "python scripts/04_objectives.py", values)
    for objective in PLAYED:
        rows = [made[objective, seed]["looks"][-1][:COLUMNS] for seed in SEEDS]
        study.sheet(f"04_{objective}", torch.cat(rows), COLUMNS)


if __name__ == "__main__":
    study.run({"objectives": objectives})
