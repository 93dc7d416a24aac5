"""Lesson 09's study: python scripts/09_cut.py [training] [arms] [cycles] [long_cycle] [pictures] [dial] [cost] [scores]

training trains what `course-gan train 09` trains, and half as long into relief maps: twenty minutes of one core. arms
plays shorter games without and with each term, three seeds each: fifteen minutes. cycles plays lesson 08's as long, to
compare with: ten minutes; long_cycle plays one as long as the shipped: seventeen. pictures trains one photo into six
styles, one network each, and another photo into one: fifteen minutes. dial trains one photo into woodcut with five
weights of the contrast, three seeds each: thirty minutes. cost makes steps of lesson 08's game and of this one in
turns: results/09_cost.json. scores ships the translators (checkpoints/09_earth.pt, checkpoints/09_pictures.pt) and
writes results/09_cut.json and the pictures of results/09_*.webp. Trainings are kept in build/09 and not repeated while
they are there.
"""

from functools import partial
from typing import Any

import torch
from torch import nn

from course_gan import data
from course_gan.data.base import resample
from course_gan.files import ROOT
from course_gan.metrics.structure import crops_of
from course_gan.models import ResNetGenerator, save_weights
from course_gan.recipes import Settings, recipe_of, settings
from scripts.earth_judge import PLACES, Judge, in_parts, shown_places
from scripts.picture_judge import PictureJudge, whole_photo
from scripts.step_costs import ROUNDS, costs
from workshop import study

KEPT = ROOT / "build" / "09"
SEEDS = (0, 1, 2)
STEPS = {"satellite": 6_000, "relief": 3_000}
INTO = tuple(STEPS)
SHOWN = (100, 300, 1_000, 3_000, 6_000)
PLACES_ON_THE_WAY = 200
ARM_STEPS = 1_000
ARMS = {
    "neither": {"contrast": 0.0, "identity": 0.0},
    "contrast": {"identity": 0.0},
    "both": {},
}
PICTURES = (
    ("china", "woodcut"),
    ("china", "stained glass"),
    ("china", "relief"),
    ("china", "earth"),
    ("china", "mosaic"),
    ("china", "flower"),
    ("coffee", "woodcut"),
)
SHOWN_OF_PICTURE = (100, 300, 1_000)
DIAL = (0.0, 0.25, 0.5, 1.0, 2.0)  # weights of the contrast, and of the identity with it
DIALLED = ("china", "woodcut")
SHEET = (213, 320)  # height and width of a painting on a sheet
SHIPPED = {"contrast": 0.5, "identity": 0.5}  # of the painters: half of the recipe's, for more of the style


def of_earth(into: str = "satellite", **changed: Any) -> Settings:
    """The settings of a training on the Earth."""
    given = {"into": into, "steps": STEPS[into]}
    given.update(changed)
    return settings("09", "cpu", **given)


def of_picture(photo_name: str, style_name: str, **changed: Any) -> Settings:
    """The settings of a training on one photo and one style."""
    return settings("09", "cpu", data="picture", photo=photo_name, style=style_name, **changed)


def earth_trained(asked: Settings, shown: tuple[int, ...]) -> dict[str, Any]:
    """One training on the Earth: CPU seconds, losses, five places on the way, scores on the way, the last average."""
    recipe = recipe_of("09")(asked)
    maps, pictures = shown_places()
    judge = Judge(PLACES_ON_THE_WAY)
    into_satellite = asked.into == "satellite"
    strips = []
    curve = []

    def look(step: int) -> None:
        if step in shown:
            strips.append(data.to_uint8(recipe.game.sample(maps if into_satellite else pictures)))
        if step % 500 == 0 and into_satellite:
            curve.append({"step": step} | judge.of_pictures(recipe.game.sample(judge.maps)))
        if step % 500 == 0 and not into_satellite:
            curve.append({"step": step} | judge.of_maps(recipe.game.sample(judge.pictures)))
        if step % 1000 == 0:
            print(curve[-1], flush=True)

    made = study.played(recipe, look, shown)
    average = recipe.game.averages["generator"].module
    return made | {"curve": curve, "strips": torch.cat(strips), "generator": average.state_dict()}


def picture_trained(asked: Settings) -> dict[str, Any]:
    """One training on a photo and a style: CPU seconds, losses, the photo on the way, and the last average."""
    recipe = recipe_of("09")(asked)
    whole = whole_photo(asked.photo)
    strips = []

    def look(step: int) -> None:
        if step in SHOWN_OF_PICTURE:
            strips.append(data.to_uint8(recipe.game.sample(whole)))

    made = study.played(recipe, look, SHOWN_OF_PICTURE)
    average = recipe.game.averages["generator"].module
    return made | {"strips": torch.cat(strips), "generator": average.state_dict()}


def earth_kept(name: str, asked: Settings, shown: tuple[int, ...]) -> dict[str, Any]:
    """A training on the Earth from build/09, made first if it is not there."""
    return study.kept(KEPT / f"{name}.pt", asked.as_dict(), partial(earth_trained, asked, shown))


def picture_kept(name: str, asked: Settings) -> dict[str, Any]:
    """A training on a photo and a style from build/09, made first if it is not there."""
    return study.kept(KEPT / f"{name}.pt", asked.as_dict(), partial(picture_trained, asked))


def training() -> dict[str, dict[str, Any]]:
    """Both trainings whose translators are shipped."""
    return {into: earth_kept(into, of_earth(into), SHOWN) for into in INTO}


def of_arm(arm: str, seed: int) -> Settings:
    """The settings of a shorter game, into satellite pictures."""
    return of_earth(seed=seed, steps=ARM_STEPS, **ARMS[arm])


def arms() -> dict[tuple[str, int], dict[str, Any]]:
    """The shorter games, by arm and seed."""
    made = {}
    for seed in SEEDS:
        for arm in ARMS:
            made[arm, seed] = earth_kept(f"{arm}_{seed}", of_arm(arm, seed), (ARM_STEPS,))
    return made


def cycle_trained(asked: Settings) -> dict[str, Any]:
    """A CycleGAN, lesson 08's with its own discriminators: CPU seconds, losses, and its way into satellite pictures."""
    recipe = recipe_of("08")(asked)
    made = study.played(recipe, lambda step: None)
    return made | {"generator": recipe.game.averages["a_to_b"].module.state_dict()}


def of_cycle(seed: int, steps: int = ARM_STEPS) -> Settings:
    """The settings of a CycleGAN whose D and objective are CUT's, its rate its own."""
    return settings("08", "cpu", data="earth", steps=steps, seed=seed, loss="hinge", spectral=True)


def cycle_kept(name: str, asked: Settings) -> dict[str, Any]:
    """A CycleGAN from build/09, made first if it is not there."""
    return study.kept(KEPT / f"{name}.pt", asked.as_dict(), partial(cycle_trained, asked))


def cycles() -> dict[int, dict[str, Any]]:
    """CycleGANs to compare with, by seed: as long as an arm."""
    return {seed: cycle_kept(f"cycle_{seed}", of_cycle(seed)) for seed in SEEDS}


def long_cycle() -> dict[str, Any]:
    """One as long as the game that is shipped."""
    return cycle_kept("cycle_long", of_cycle(0, STEPS["satellite"]))


def pictures() -> dict[tuple[str, str], dict[str, Any]]:
    """The translators of one photo each, by photo and style."""
    made = {}
    for photo_name, style_name in PICTURES:
        asked = of_picture(photo_name, style_name, **SHIPPED)
        made[photo_name, style_name] = picture_kept(f"{photo_name}_{style_name}", asked)
    return made


def dial() -> dict[tuple[float, int], dict[str, Any]]:
    """One photo in one style with several weights of the contrast, by weight and seed."""
    made = {}
    for seed in SEEDS:
        for weight in DIAL:
            asked = of_picture(*DIALLED, contrast=weight, identity=weight, seed=seed)
            made[weight, seed] = picture_kept(f"dial_{weight}_{seed}", asked)
    return made


def shape_of(asked: Settings) -> dict[str, Any]:
    """What it takes to build a translator again."""
    return {
        "width": asked.width,
        "blocks": asked.blocks,
        "norm": asked.norm,
        "downsamplings": asked.downsamplings,
    }


def generator_of(made: dict[str, Any], asked: Settings) -> nn.Module:
    """The average of a training, for use."""
    generator = ResNetGenerator(**shape_of(asked))
    generator.load_state_dict(made["generator"])
    return generator.eval().requires_grad_(False)


def of_translations(judge: Judge, into: str, generator: nn.Module) -> dict[str, Any]:
    """What the lesson reports of a translator of the Earth."""
    if into == "satellite":
        return judge.of_pictures(in_parts(generator, judge.maps))
    return judge.of_maps(in_parts(generator, judge.pictures))


def cost() -> None:
    """What a step costs beside lesson 08's, with players of the same widths and without the identity term too."""
    games = {
        "CycleGAN": recipe_of("08")(settings("08", "cpu", data="earth")),
        "CUT": recipe_of("09")(of_earth()),
        "CUT without identity": recipe_of("09")(of_earth(identity=0.0)),
    }
    study.record("09_cost", "python scripts/09_cut.py cost", {"rounds": ROUNDS, "games": costs(games)})


def scores() -> None:
    """Ship the translators, and write the record and the pictures."""
    best = training()
    short = arms()
    single = pictures()
    dialled = dial()
    judge = Judge()
    earth = nn.ModuleDict({into: generator_of(best[into], of_earth(into)) for into in INTO})
    runs = []
    for (arm, seed), made in short.items():
        generator = generator_of(made, of_arm(arm, seed))
        about = {"arm": arm, "seed": seed, "cpu_seconds": round(made["cpu_seconds"])}
        runs.append(about | of_translations(judge, "satellite", generator))
        print(runs[-1], flush=True)
    for seed, made in cycles().items():
        generator = generator_of(made, of_cycle(seed))
        about = {"arm": "cycle", "seed": seed, "cpu_seconds": round(made["cpu_seconds"])}
        runs.append(about | of_translations(judge, "satellite", generator))
        print(runs[-1], flush=True)
    made = long_cycle()
    generator = generator_of(made, of_cycle(0))
    long = {"cpu_seconds": round(made["cpu_seconds"])} | of_translations(judge, "satellite", generator)
    print("long cycle", long, flush=True)
    painters = nn.ModuleDict()
    pairs = []
    for (photo_name, style_name), made in single.items():
        asked = of_picture(photo_name, style_name, **SHIPPED)
        painter = generator_of(made, asked)
        painters[f"{photo_name}, {style_name}"] = painter
        judged = PictureJudge(photo_name, style_name).of(painter(whole_photo(photo_name)))
        pairs.append({"photo": photo_name, "style": style_name, "cpu_seconds": round(made["cpu_seconds"])} | judged)
        print(pairs[-1], flush=True)
    of_dial = PictureJudge(*DIALLED)
    steps_of_dial = []
    for (weight, seed), made in dialled.items():
        painting = data.to_float(made["strips"][-1:])
        about = {"contrast": weight, "seed": seed, "cpu_seconds": round(made["cpu_seconds"])}
        steps_of_dial.append(about | of_dial.of(painting))
        print(steps_of_dial[-1], flush=True)
    values = {
        "settings": of_earth().as_dict(),
        "cpu_seconds": {into: round(best[into]["cpu_seconds"]) for into in INTO},
        "sha256": save_weights("09_earth", earth, shape_of(of_earth())),
        "sha256_pictures": save_weights("09_pictures", painters, shape_of(of_picture(*DIALLED))),
        "judged": {"places": len(judge.maps), "clear": int(judge.clear.sum()), "crops": len(crops_of(of_dial.photo))},
        "scores": {into: of_translations(judge, into, earth[into]) for into in INTO},
        "controls": judge.controls(),
        "curves": {into: best[into]["curve"] for into in INTO},
        "losses": {into: best[into]["losses"] for into in INTO},
        "arms": {"steps": ARM_STEPS, "seeds": SEEDS, "differ_in": ARMS},
        "runs": runs,
        "long_cycle": long,
        "pictures": pairs,
        "settings_of_pictures": of_picture(*DIALLED, **SHIPPED).as_dict(),
        "dial": {"photo": DIALLED[0], "style": DIALLED[1], "controls": of_dial.controls(), "runs": steps_of_dial},
    }
    study.record("09_cut", "python scripts/09_cut.py", values)
    study.photographs("09_earth_steps", torch.cat([best[into]["strips"] for into in INTO]), len(PLACES))
    sheet = [short[arm, seed]["strips"] for seed in SEEDS for arm in ARMS]
    study.photographs("09_earth_arms", torch.cat(sheet), len(PLACES))
    of_dial_0 = torch.cat([dialled[weight, 0]["strips"][-1:] for weight in DIAL])
    study.photographs("09_dial", resample(of_dial_0, SHEET), len(DIAL))
    study.photographs("09_picture_steps", resample(single[DIALLED]["strips"], SHEET), len(SHOWN_OF_PICTURE))


if __name__ == "__main__":
    study.run(
        {
            "training": training,
            "arms": arms,
            "cycles": cycles,
            "pictures": pictures,
            "dial": dial,
            "cost": cost,
            "scores": scores,
        }
    )
