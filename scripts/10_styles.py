"""Lesson 10's style network and what its methods are worth.

    python scripts/10_styles.py [training] [arms] [pixels] [scores]

training trains what `course-gan train 10` trains: forty minutes of one core. arms trains smaller networks for a shorter
time, with the distance of patches alone, the critic alone, and both, three seeds each: forty minutes. pixels moves the
pixels of photos themselves, three seeds: twenty minutes. scores ships the network (checkpoints/10_styles.pt), and asks
of each painting of two photos that no training saw what it is named as and whether it is found again:
results/10_styles.json and the pictures of results/10_styles_*.webp. Trainings and paintings are kept in build/10 and
not repeated while they are there.
"""

from functools import partial
from typing import Any

import torch

from course_gan import data
from course_gan.data import STYLES
from course_gan.files import ROOT
from course_gan.metrics.structure import crops_of
from course_gan.models import StyleNetwork, in_styles, load_adain, save_weights, stylize
from course_gan.recipes import Settings, recipe_of, settings
from course_gan.training import repaint
from scripts.style_judge import PHOTOS, SIDE, STRIDE, Judge, Paintings, controls, photos, whole
from workshop import study

KEPT = ROOT / "build" / "10"
SHOWN_STEPS = (1, 100, 300, 1_000, 3_000, 7_000)
SHOWN_STYLES = ("relief", "brick", "woodcut", "stained glass", "mosaic")
SEEDS = (0, 1, 2)
ARM_STEPS = 1_500
ARMS = {
    "distance": {"adversarial": 0.0},
    "critic": {"patches": 0.0},
    "both": {},
}
SMALL = {"width": 16, "steps": ARM_STEPS}


def trained(asked: Settings) -> dict[str, Any]:
    """One training: CPU seconds, losses, strips of the coffee cup in five styles on the way, and the last average."""
    recipe = recipe_of("10")(asked)
    cup = data.to_float(data.resize(data.photos()["coffee"][None], 128)).expand(len(SHOWN_STYLES), -1, -1, -1)
    style = torch.tensor([asked.styles.index(name) for name in SHOWN_STYLES])
    strips = []

    def look(step: int) -> None:
        painted = recipe.game.sample(cup, style)
        study.photographs("../build/10_now", painted, len(SHOWN_STYLES))
        if step in SHOWN_STEPS:
            strips.append(data.to_uint8(painted))

    made = study.played(recipe, look, SHOWN_STEPS)
    average = recipe.game.averages["network"].module
    return made | {"strips": torch.cat(strips), "network": average.state_dict()}


def kept(name: str, asked: Settings) -> dict[str, Any]:
    """A training from build/10, made first if it is not there."""
    return study.kept(KEPT / f"{name}.pt", asked.as_dict(), partial(trained, asked))


def network_of(made: dict[str, Any], asked: Settings) -> StyleNetwork:
    """The average of a training, for use."""
    network = StyleNetwork(asked.styles, asked.width, asked.blocks)
    network.load_state_dict(made["network"])
    return network.eval().requires_grad_(False)


def training() -> dict[str, Any]:
    """The training whose network is shipped."""
    return kept("styles", settings("10", "cpu"))


def arms() -> dict[tuple[str, int], dict[str, Any]]:
    """The shorter trainings, by arm and seed."""
    made = {}
    for seed in SEEDS:
        for arm, changed in ARMS.items():
            made[arm, seed] = kept(f"styles_{arm}_{seed}", settings("10", "cpu", seed=seed, **SMALL, **changed))
    return made


def by_network(network: StyleNetwork, seed: int = 0) -> Paintings:
    """Both photos in every style by a style network."""
    return {style: in_styles(network, photos(), [style], seed=seed) for style in STYLES}


def repainted(seed: int) -> dict[str, Any]:
    """Both photos in every style by moving their pixels, uint8, and the CPU seconds of all."""
    clock = study.Clock()
    paintings = {}
    for style in STYLES:
        parts = [repaint(one, whole(style), photo=one, seed=seed) for one in photos().split(1)]
        paintings[style] = data.to_uint8(torch.cat(parts))
        print("pixels", seed, style, round(clock.seconds), flush=True)
    return {"cpu_seconds": clock.seconds, "paintings": paintings}


def pixels() -> dict[int, dict[str, Any]]:
    """The paintings by pixels, by seed."""
    about = {"side": SIDE, "photos": PHOTOS}
    made = {}
    for seed in SEEDS:
        made[seed] = study.kept(KEPT / f"pixels_{seed}.pt", about | {"seed": seed}, partial(repainted, seed))
    return made


def by_statistics() -> Paintings:
    """Both photos in every style by AdaIN, with the networks that the lesson begins with."""
    networks = load_adain()
    return {style: stylize(*networks, photos(), [whole(style)]) for style in STYLES}


def scores() -> None:
    """Ship the network, and write the record and the pictures."""
    asked = settings("10", "cpu")
    made = training()
    network = network_of(made, asked)
    judge = Judge()
    rows = {name: judge.of(paintings) for name, paintings in controls().items()}
    rows["statistics (AdaIN)"] = judge.of(by_statistics())
    rows["network, as shipped"] = judge.of(by_network(network))
    runs = []
    for seed, given in pixels().items():
        paintings = {style: data.to_float(painted) for style, painted in given["paintings"].items()}
        about = {"method": "pixels", "seed": seed, "cpu_seconds": round(given["cpu_seconds"])}
        runs.append(about | judge.of(paintings))
    for (arm, seed), given in arms().items():
        small = settings("10", "cpu", seed=seed, **SMALL, **ARMS[arm])
        about = {"method": f"network, {arm}", "seed": seed, "cpu_seconds": round(given["cpu_seconds"])}
        runs.append(about | judge.of(by_network(network_of(given, small), seed)))
    values = {
        "settings": asked.as_dict(),
        "cpu_seconds": round(made["cpu_seconds"]),
        "parameters": sum(p.numel() for p in network.parameters()),
        "sha256": save_weights("10_styles", network, network.settings),
        "judged": {"photos": PHOTOS, "side": SIDE, "named": len(crops_of(photos(), STRIDE)), "found": len(judge.crops)},
        "arms": {"steps": ARM_STEPS, "width": SMALL["width"], "differ_in": ARMS},
        "rows": rows,
        "runs": runs,
        "steps": SHOWN_STEPS,
        "losses": made["losses"],
    }
    study.record("10_styles", "python scripts/10_styles.py", values)
    study.photographs("10_styles_steps", made["strips"], len(SHOWN_STYLES))
    shown = pixels()[0]["paintings"]
    sheet = [shown[style][[k]] for k in range(len(PHOTOS)) for style in SHOWN_STYLES]
    study.photographs("10_styles_pixels", torch.cat(sheet), len(SHOWN_STYLES))
    for name, row in rows.items():
        print(name, row, flush=True)
    for run in runs:
        print(run["method"], run["seed"], run["named"], run["found"], run["named_by_style"], flush=True)


if __name__ == "__main__":
    study.run({"training": training, "arms": arms, "pixels": pixels, "scores": scores})
