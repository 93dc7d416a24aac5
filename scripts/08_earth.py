"""Lesson 08's maps and satellite pictures, unpaired: python scripts/08_earth.py [training] [arms] [scores] [hidden]

training trains what `course-gan train 08 -p data earth` trains, and beside it the same with the latitude in the place
of the identity term: half an hour of one core. arms plays shorter games with and without the identity term and the
latitude, three seeds each. scores ships the averages of both translators and both discriminators
(checkpoints/08_earth.pt and checkpoints/08_earth_discriminators.pt) and asks on the Americas, which nobody has seen,
what was kept and what invented, beside controls: results/08_earth.json, and the pictures of
results/08_earth_*.webp. hidden: satellite pictures ↔ maps of two flat colours,
which hide a picture: checkpoints/08_hidden_maps.pt, results/08_hidden_maps.json. Trainings are kept in build/08 and
not repeated while they are there.
"""

from functools import partial
from typing import Any

import torch
from torch import nn

from course_gan import data
from course_gan.files import ROOT
from course_gan.models import PatchDiscriminator, ResNetGenerator, save_weights
from course_gan.recipes import Settings, recipe_of, settings
from course_gan.recipes.earth import LATITUDE
from scripts import hidden_pictures
from scripts.earth_judge import PLACES, Judge, shown_places
from workshop import study

KEPT = ROOT / "build" / "08"
WAYS = ("a_to_b", "b_to_a")
SHOWN = (100, 300, 1_000, 3_000, 6_000)
PLACES_ON_THE_WAY = 200
SEEDS = (0, 1, 2)
ARM_STEPS = 1_000
ARMS = {
    "neither": {"identity": 0.0},
    "identity": {},
    "latitude": {"latitude": True, "identity": 0.0},
    "both": {"latitude": True},
}


def chosen(**changed: Any) -> Settings:
    """The settings of a training."""
    return settings("08", "cpu", data="earth", **changed)


def trained(asked: Settings, shown: tuple[int, ...]) -> dict[str, Any]:
    """One training: CPU seconds, the losses of every hundredth step, half cycles on the way, and the last weights.

    A half cycle, uint8 (15, 3, 128, 128): the five satellite pictures as maps, those back again, the five maps from
    space.
    """
    recipe = recipe_of("08")(asked)
    game = recipe.game
    maps, pictures = shown_places(asked.latitude)
    judge = Judge(PLACES_ON_THE_WAY, asked.latitude)
    strips = []
    curve = []

    def look(step: int) -> None:
        if step in shown:
            drawn = game.sample(pictures, "b_to_a")
            half_cycle = torch.cat([drawn, game.sample(drawn), game.sample(maps)])
            strips.append(data.to_uint8(half_cycle[:, :LATITUDE]))
        if step % 500 == 0:
            curve.append({"step": step} | judge.of_pictures(game.sample(judge.maps)))
        if step % 1000 == 0:
            print(asked.identity, curve[-1])
            study.photographs("../build/08_now", game.sample(maps)[:, :LATITUDE], len(PLACES))

    made = study.played(recipe, look, shown)
    averages = nn.ModuleDict({way: game.averages[way].module for way in WAYS})
    judges = nn.ModuleDict({name: game.players[name] for name in ("discriminator_a", "discriminator_b")})
    return made | {
        "curve": curve,
        "strips": torch.cat(strips),
        "translators": averages.state_dict(),
        "discriminators": judges.state_dict(),
    }


def kept(name: str, asked: Settings, shown: tuple[int, ...]) -> dict[str, Any]:
    """A training from build/08, made first if it is not there."""
    return study.kept(KEPT / f"{name}.pt", asked.as_dict(), partial(trained, asked, shown))


def training() -> dict[str, Any]:
    """The training whose translators are shipped."""
    return kept("earth", chosen(), SHOWN)


def beside() -> dict[str, Any]:
    """As long a training with the latitude in the place of the identity term."""
    return kept("earth_latitude", chosen(**ARMS["latitude"]), SHOWN)


def both_long() -> None:
    """Both trainings."""
    training()
    beside()


def arms() -> dict[tuple[str, int], dict[str, Any]]:
    """The shorter games, by arm and seed."""
    made = {}
    for seed in SEEDS:
        for arm, changed in ARMS.items():
            asked = chosen(seed=seed, steps=ARM_STEPS, **changed)
            made[arm, seed] = kept(f"earth_{arm}_{seed}", asked, (ARM_STEPS,))
    return made


def shape_of(asked: Settings) -> dict[str, Any]:
    """What it takes to build a translator again."""
    return {
        "width": asked.width,
        "blocks": asked.blocks,
        "norm": asked.norm,
        "downsamplings": asked.downsamplings,
        "carried": int(asked.latitude),
    }


def translators(made: dict[str, Any], asked: Settings) -> nn.ModuleDict:
    """Both averages of a training, for use."""
    pair = nn.ModuleDict({way: ResNetGenerator(**shape_of(asked)) for way in WAYS})
    pair.load_state_dict(made["translators"])
    return pair.eval().requires_grad_(False)


def scores() -> None:
    """Ship the translators, and write the record and the pictures."""
    asked = chosen()
    best = training()
    short = arms()
    pair = translators(best, asked)
    judges = nn.ModuleDict({f"discriminator_{d}": PatchDiscriminator(**judges_shape(asked)) for d in "ab"})
    judges.load_state_dict(best["discriminators"])
    judge = Judge()
    runs = []
    for (arm, seed), made in short.items():
        of_arm = chosen(**ARMS[arm])
        told = Judge(latitude=of_arm.latitude).scores(translators(made, of_arm))
        runs.append({"arm": arm, "seed": seed, "cpu_seconds": round(made["cpu_seconds"]), **told})
        print(arm, seed, told, flush=True)
    of_other = chosen(**ARMS["latitude"])
    other = beside()
    scores_of_other = Judge(latitude=True).scores(translators(other, of_other))
    values = {
        "settings": asked.as_dict(),
        "cpu_seconds": {"identity": round(best["cpu_seconds"]), "latitude": round(other["cpu_seconds"])},
        "sha256": save_weights("08_earth", pair, shape_of(asked)),
        "sha256_discriminators": save_weights("08_earth_discriminators", judges, judges_shape(asked)),
        "judged": {"places": len(judge.maps), "clear": int(judge.clear.sum())},
        "of_each_surface": {c: int((judge.surface == k).sum()) for k, c in enumerate(data.earth.COVERS)},
        "scores": {"identity": judge.scores(pair), "latitude": scores_of_other} | judge.controls(),
        "shown": {"places": PLACES, "steps": SHOWN},
        "losses": best["losses"],
        "curve_with_latitude": other["curve"],
        "arms": {"steps": ARM_STEPS, "seeds": SEEDS, "differ_in": ARMS},
        "runs": runs,
    }
    study.record("08_earth", "python scripts/08_earth.py", values)
    study.photographs("08_earth_steps", best["strips"], len(PLACES))
    study.photographs("08_earth_latitude", other["strips"][-len(PLACES) :], len(PLACES))
    sheet = [short[arm, seed]["strips"][-len(PLACES) :] for seed in SEEDS for arm in ARMS]
    study.photographs("08_earth_arms", torch.cat(sheet), len(PLACES))


def hidden() -> None:
    """The translators that hide pictures in maps of two colours, and what comes back after noise and rounding."""
    about = hidden_pictures.SHAPE | {"steps": hidden_pictures.STEPS}
    made = study.kept(KEPT / "hidden_maps.pt", about, hidden_pictures.trained_spies)
    spies = nn.ModuleDict({way: ResNetGenerator(**hidden_pictures.SHAPE) for way in WAYS})
    spies.load_state_dict(made["translators"])
    values = {
        "seed": 0,
        "steps": hidden_pictures.STEPS,
        "cpu_seconds": made["cpu_seconds"],
        "sha256": save_weights("08_hidden_maps", spies, hidden_pictures.SHAPE),
        "errors": hidden_pictures.errors(spies.eval().requires_grad_(False)),
    }
    study.record("08_hidden_maps", "python scripts/08_earth.py hidden", values)


def judges_shape(asked: Settings) -> dict[str, Any]:
    """What it takes to build a discriminator again."""
    return {
        "in_channels": 4 if asked.latitude else 3,
        "width": asked.discriminator_width,
        "layers": asked.patch_layers,
        "norm": asked.discriminator_norm,
    }


if __name__ == "__main__":
    study.run({"training": both_long, "arms": arms, "scores": scores, "hidden": hidden})
