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
import torch.nn.functional as F
from torch import Tensor, nn

from course_gan import data, metrics
from course_gan.files import ROOT
from course_gan.models import PatchDiscriminator, ResNetGenerator, load_features, save_weights
from course_gan.recipes import Settings, recipe_of, settings
from course_gan.recipes.earth import LATITUDE, with_latitude
from scripts import hidden_pictures
from workshop import study

KEPT = ROOT / "build" / "08"
WAYS = ("a_to_b", "b_to_a")
SHOWN = (100, 300, 1_000, 3_000, 6_000)
PLACES = ("Patagonia", "Florida", "Amazon", "Grand Canyon", "Caribbean")
SIZE = 128  # of the pictures that are shown; training and judging see crops of 64
PLACES_JUDGED = 1000
PLACES_ON_THE_WAY = 200
SEEDS = (0, 1, 2)
ARM_STEPS = 1_000
ARMS = {
    "neither": {"identity": 0.0},
    "identity": {},
    "latitude": {"latitude": True, "identity": 0.0},
    "both": {"latitude": True},
}
LAND = data.earth.HEIGHTS.index("plain")  # this height and those above it


def chosen(**changed: Any) -> Settings:
    """The settings of a training."""
    return settings("08", "cpu", data="earth", **changed)


def seen(crops: data.earth.EarthCrops, asked: Settings) -> Tensor:
    """Crops as the players see them, float (n, 3 or 4, h, w)."""
    return data.to_float(with_latitude(crops) if asked.latitude else crops.images)


def shown_places(asked: Settings, size: int = SIZE) -> tuple[Tensor, Tensor]:
    """Relief maps and satellite pictures of five named places, float (5, 3 or 4, size, size) each."""
    corners = torch.tensor([data.earth.PLACES[name] for name in PLACES])
    there = data.earth.at(corners[:, 0], corners[:, 1], size, scale=2.0)
    return seen(there.inputs, asked), seen(there.targets, asked)


def trained(asked: Settings, shown: tuple[int, ...]) -> dict[str, Any]:
    """One training: CPU seconds, the losses of every hundredth step, half cycles on the way, and the last weights.

    A half cycle, uint8 (15, 3, 128, 128): the five satellite pictures as maps, those back again, the five maps from
    space.
    """
    recipe = recipe_of("08")(asked)
    game = recipe.game
    maps, pictures = shown_places(asked)
    judge = Judge(asked, PLACES_ON_THE_WAY)
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


def in_parts(network: nn.Module, images: Tensor) -> Tensor:
    """Translations of float images (n, 3 or 4, h, w), fifty at a time."""
    return torch.cat([network(part) for part in images.split(50)])


class Judge:
    """Places of the Americas as maps and as satellite pictures of 64 pixels, and what is asked of translations."""

    def __init__(self, asked: Settings, n: int = PLACES_JUDGED):
        places = data.earth.pairs(n, 64, 2.0, seed=1, split="test")
        self.maps = seen(places.inputs, asked)
        self.pictures = seen(places.targets, asked)
        self.heights = data.earth.heights(places.inputs.images)
        self.surface = places.targets.labels["surface"]
        self.clear = self.surface != data.earth.SURFACES.index("mixed")
        self.network = load_features("earth")
        features = self.network.extract(self.pictures[:, :LATITUDE])
        self._unit = features.square().mean().sqrt()
        self._features = features / self._unit

    def of_pictures(self, pictures: Tensor) -> dict[str, Any]:
        """What the lesson reports of pictures from space, float (n, 3 or 4, 64, 64), said to be of the places."""
        pictures = pictures[:, :LATITUDE]
        right = (self.network.classify(pictures)["surface"] == self.surface)[self.clear].float()
        asked = self.surface[self.clear]
        features = self.network.extract(pictures) / self._unit
        return {
            "named_rightly": study.rounded(right.mean()),
            "by_surface": {c: study.rounded(right[asked == k].mean()) for k, c in enumerate(data.earth.COVERS)},
            "frechet": study.rounded(metrics.frechet_distance(self._features, features)),
        }

    def of_maps(self, maps: Tensor) -> dict[str, Any]:
        """What the lesson reports of maps, float (n, 3 or 4, 64, 64): shares of pixels that mean what is there."""
        read = data.earth.heights(data.to_uint8(maps))
        land = self.heights >= LAND
        return {
            "coast_rightly": study.rounded(((read >= LAND) == land).float().mean()),
            "height_rightly": study.rounded((read == self.heights)[land].float().mean()),
        }

    def scores(self, pair: nn.ModuleDict) -> dict[str, Any]:
        """Both directions, and how far a picture that went there and back is from where it began."""
        pictures = in_parts(pair["a_to_b"], self.maps)
        maps = in_parts(pair["b_to_a"], self.pictures)
        back = {"a": in_parts(pair["b_to_a"], pictures), "b": in_parts(pair["a_to_b"], maps)}
        return {
            "pictures": self.of_pictures(pictures),
            "maps": self.of_maps(maps),
            "cycle_error": {
                "a": study.rounded((back["a"] - self.maps)[:, :LATITUDE].abs().mean()),
                "b": study.rounded((back["b"] - self.pictures)[:, :LATITUDE].abs().mean()),
            },
        }

    def controls(self) -> dict[str, dict[str, Any]]:
        """The same of the truth, of the truth blurred, and of other places: each place is given the next one's."""
        blurred = F.interpolate(F.avg_pool2d(self.pictures, 4), scale_factor=4, mode="bilinear")
        blurred_maps = F.interpolate(F.avg_pool2d(self.maps, 4), scale_factor=4, mode="bilinear")
        given = {
            "real": (self.pictures, self.maps),
            "real, blurred": (blurred, blurred_maps),
            "real, of the next place": (self.pictures.roll(1, dims=0), self.maps.roll(1, dims=0)),
            "left as it is": (self.maps, self.pictures),
        }
        return {
            name: {"pictures": self.of_pictures(pictures), "maps": self.of_maps(maps)}
            for name, (pictures, maps) in given.items()
        }


def scores() -> None:
    """Ship the translators, and write the record and the pictures."""
    asked = chosen()
    best = training()
    short = arms()
    pair = translators(best, asked)
    judges = nn.ModuleDict({f"discriminator_{d}": PatchDiscriminator(**judges_shape(asked)) for d in "ab"})
    judges.load_state_dict(best["discriminators"])
    judge = Judge(asked)
    runs = []
    for (arm, seed), made in short.items():
        of_arm = chosen(**ARMS[arm])
        told = Judge(of_arm).scores(translators(made, of_arm))
        runs.append({"arm": arm, "seed": seed, "cpu_seconds": round(made["cpu_seconds"]), **told})
        print(arm, seed, told, flush=True)
    of_other = chosen(**ARMS["latitude"])
    other = beside()
    scores_of_other = Judge(of_other).scores(translators(other, of_other))
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
