"""Lesson 07's painter of the Earth: python scripts/07_earth.py [painter] [distance] [scores] [view]

painter trains what `course-gan train 07` trains, and ships the average of its generator and its discriminator:
checkpoints/07_earth.pt and checkpoints/07_earth_discriminator.pt. distance trains the same generator by L1 alone, which
is kept and not shipped. scores judges both on the Americas, which neither has seen, beside controls:
results/07_earth.json, and the pictures of results/07_earth.webp and results/07_earth_steps.webp. view asks how soon a
fresh discriminator tells the paintings of L1 alone from real ones, by how it is shown the map: results/07_view.json.
Trainings are kept in build/07 and not repeated while they are there: some forty minutes of one core.
"""

from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from course_gan import data, metrics
from course_gan.files import ROOT
from course_gan.models import PairDiscriminator, UNetGenerator, load_features, save_weights
from course_gan.recipes import Settings, recipe_of, settings
from course_gan.regularizers import spectral_norm
from workshop import study

KEPT = ROOT / "build" / "07"
SIZE = 128  # of the pictures that are judged and shown; training saw crops of 64
SHOWN = (100, 300, 1_000, 3_000, 10_000)
WAYS = {"L1 alone": {"adversarial": 0.0}, "L1 + adversarial": {}}
SEEDS = (0, 1, 2)
PLACES_JUDGED = 1000
SHAPE = {  # of the generator
    "in_channels": 4,
    "width": 24,
    "depth": 5,
    "norm": "none",
    "max_multiplier": 4,
    "residual": True,
    "noise": 1,
}
JUDGES = ("discriminator_width", "discriminator_norm", "patch_layers", "spectral", "contrast", "detail")
VIEW_PLACES = 800
VIEW_STEPS = 200
VIEW_EVERY = 20
VIEWS = {  # how loud the map is, and how loud the picture's detail
    "map as loud as it is": (1.0, 0.0),
    "map at 0.3": (0.3, 0.0),
    "map at 0.3, detail at 1.5": (0.3, 1.5),
}
PLACES = ("Patagonia", "Florida", "Amazon", "Grand Canyon", "Caribbean")


def chosen(way: str) -> Settings:
    """The settings of one training."""
    return settings("07", "cpu", **WAYS[way])


def shown_maps() -> Tensor:
    """Relief and latitude of five named places of the Americas, uint8 (5, 4, 128, 128)."""
    corners = torch.tensor([data.earth.PLACES[name] for name in PLACES])
    relief = data.earth.at(corners[:, 0], corners[:, 1], SIZE, scale=2.0).inputs.images
    return torch.cat([relief, data.earth.place_planes(corners[:, 1], SIZE, scale=2.0)], dim=1)


def trained(way: str) -> dict[str, Any]:
    """One training: CPU seconds, the losses of every hundredth step, pictures on the way, and the last weights."""
    recipe = recipe_of("07")(chosen(way))
    game = recipe.game
    maps = data.to_float(shown_maps())
    strips = []

    def look(step: int) -> None:
        if step in SHOWN:
            strips.append(data.to_uint8(game.sample(maps)))
        if step % 1000 == 0:
            study.photographs(f"../build/07_now_{way[-2:]}", data.to_uint8(game.sample(maps)), len(PLACES))

    made = study.played(recipe, look, SHOWN)
    with game.evaluating("generator") as network:
        weights = network.state_dict()
    return made | {
        "strips": torch.cat(strips),
        "generator": weights,
        "discriminator": game.discriminator.state_dict(),
    }


def kept(way: str) -> dict[str, Any]:
    """The training of one way, made where it is not there."""
    name = way.replace(" ", "_")
    return study.kept(KEPT / f"earth_{name}.pt", chosen(way).as_dict(), partial(trained, way))


def painter() -> None:
    """The painter, trained."""
    kept("L1 + adversarial")


def distance() -> None:
    """The same by L1 alone."""
    kept("L1 alone")


def generator_of(made: dict[str, Any]) -> UNetGenerator:
    """The averaged generator of a training, ready to paint."""
    network = UNetGenerator(**SHAPE)
    network.load_state_dict(made["generator"])
    return network.eval()


@torch.no_grad()
def painted(network: UNetGenerator, maps: Tensor) -> Tensor:
    """Paintings uint8 (n, 3, h, w) of maps uint8 (n, 4, h, w), always with the same noise."""
    torch.manual_seed(0)
    return data.to_uint8(torch.cat([network(part) for part in data.to_float(maps).split(20)]))


class Judge:
    """Places of the Americas at 128 pixels, whose middle 64 are judged, and the scores of pictures of them."""

    def __init__(self, n: int = PLACES_JUDGED):
        places = data.earth.pairs(n, SIZE, 2.0, seed=1, split="test", latitude=True)
        self.maps = places.inputs.images
        self.real = places.targets.images
        middles = data.earth.at(places.targets.longitude, places.targets.latitude, SIZE // 2, 2.0).targets
        self.surface = middles.labels["surface"]
        self.clear = self.surface != data.earth.SURFACES.index("mixed")
        self.other = data.earth.satellite(n, SIZE, 2.0, seed=2, split="test").images
        self.network = load_features("earth")
        features = self.network.extract(middle(self.real))
        self._unit = features.square().mean().sqrt()
        self._features = features / self._unit

    def scores(self, pictures: Tensor) -> dict[str, Any]:
        """What the lesson reports of pictures uint8 (n, 3, 128, 128) for the places."""
        crops = middle(pictures)
        named = self.network.classify(crops)["surface"]
        right = (named == self.surface)[self.clear].float()
        asked = self.surface[self.clear]
        apart = (data.to_float(crops) - data.to_float(middle(self.real))).abs().mean()
        return {
            "frechet": study.rounded(
                metrics.frechet_distance(self._features, self.network.extract(crops) / self._unit)
            ),
            "named_rightly": study.rounded(right.mean()),
            "by_surface": {c: study.rounded(right[asked == k].mean()) for k, c in enumerate(data.earth.COVERS)},
            "l1": study.rounded(apart),
            "detail": study.rounded(detail(crops) / detail(middle(self.real))),
        }

    def controls(self) -> dict[str, dict]:
        """Scores of real pictures: of the places themselves, blurred, of each other's places, and of a fresh draw."""
        small = F.avg_pool2d(data.to_float(self.real), 4)
        blurred = data.to_uint8(F.interpolate(small, scale_factor=4, mode="bilinear"))
        return {
            "real": self.scores(self.real),
            "real, blurred": self.scores(blurred),
            "real, each other's": self.scores(self.real.roll(1, dims=0)),
            "real, other places": self.scores(self.other),
        }


def middle(pictures: Tensor) -> Tensor:
    """The middle 64 pixels of pictures of 128."""
    quarter = SIZE // 4
    return pictures[:, :, quarter:-quarter, quarter:-quarter]


def detail(pictures: Tensor) -> Tensor:
    """How strongly pictures uint8 (n, 3, h, w) differ from their means over 5 × 5 pixels: the spread, in [-1, 1]."""
    images = data.to_float(pictures)
    return (images - F.avg_pool2d(images, 5, 1, 2, count_include_pad=False)).std()


def scores() -> None:
    """Ship the painter, and write the record and the pictures of both ways."""
    made = {way: kept(way) for way in WAYS}
    networks = {way: generator_of(one) for way, one in made.items()}
    judge = Judge()
    told = {way: judge.scores(painted(network, judge.maps)) for way, network in networks.items()}
    best = made["L1 + adversarial"]
    discriminator = recipe_of("07")(chosen("L1 + adversarial")).game.discriminator
    discriminator.load_state_dict(best["discriminator"])
    settings_of_d = {name: getattr(chosen("L1 + adversarial"), name) for name in JUDGES}
    values = {
        "settings": chosen("L1 + adversarial").as_dict(),
        "cpu_seconds": {way: round(one["cpu_seconds"]) for way, one in made.items()},
        "sha256": save_weights("07_earth", networks["L1 + adversarial"], SHAPE),
        "sha256_discriminator": save_weights("07_earth_discriminator", discriminator, settings_of_d),
        "judged": {"places": len(judge.maps), "clear": int(judge.clear.sum())},
        "of_each_surface": {c: int((judge.surface == k).sum()) for k, c in enumerate(data.earth.COVERS)},
        "scores": told | judge.controls(),
        "shown": {"places": PLACES, "steps": SHOWN},
        "losses": {way: one["losses"] for way, one in made.items()},
    }
    study.record("07_earth", "python scripts/07_earth.py", values)
    maps = shown_maps()
    corners = torch.tensor([data.earth.PLACES[name] for name in PLACES])
    real = data.earth.at(corners[:, 0], corners[:, 1], SIZE, scale=2.0).targets.images
    rows = [maps[:, :3], *(painted(networks[way], maps) for way in WAYS), real]
    study.photographs("07_earth", torch.cat(rows), len(PLACES))
    study.photographs("07_earth_steps", best["strips"], len(PLACES))


def view() -> None:
    """How soon a fresh D tells paintings of L1 alone from real pictures, by what it sees of the pair."""
    network = generator_of(kept("L1 alone"))
    places = data.earth.pairs(VIEW_PLACES, 64, 2.0, seed=3, latitude=True)
    maps = data.to_float(places.inputs.images)
    real = data.to_float(places.targets.images)
    fake = data.to_float(painted(network, places.inputs.images))
    runs = []
    for name, (contrast, loud) in VIEWS.items():
        for seed in SEEDS:
            told = learned(maps, real, fake, contrast, loud, seed)
            runs.append({"view": name, "contrast": contrast, "detail": loud, "seed": seed, "told_rightly": told})
            print(name, seed, told, flush=True)
    values = {"places": VIEW_PLACES, "every": VIEW_EVERY, "seeds": SEEDS, "runs": runs}
    study.record("07_view", "python scripts/07_earth.py view", values)


def learned(maps: Tensor, real: Tensor, fake: Tensor, contrast: float, loud: float, seed: int) -> list[float]:
    """The share of patches told rightly, over every VIEW_EVERY steps of a fresh D that trains alone; chance is 0.5."""
    torch.manual_seed(seed)
    judge = PairDiscriminator(4, width=32, layers=3, contrast=contrast, detail=loud)
    spectral_norm(judge)
    optimizer = torch.optim.Adam(judge.parameters(), 4e-4, betas=(0.5, 0.999))
    order = data.derived_generator(seed)
    shares = []
    for _ in range(VIEW_STEPS):
        chosen_ones = torch.randint(len(maps), (8,), generator=order)
        of_real = judge(torch.cat([maps[chosen_ones], real[chosen_ones]], dim=1))
        of_fake = judge(torch.cat([maps[chosen_ones], fake[chosen_ones]], dim=1))
        loss = (F.relu(1 - of_real).mean() + F.relu(1 + of_fake).mean()) / 2
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        shares.append(((of_real > 0).float().mean() + (of_fake < 0).float().mean()).item() / 2)
    blocks = torch.tensor(shares).view(-1, VIEW_EVERY).mean(dim=1)
    return [study.rounded(block) for block in blocks]


if __name__ == "__main__":
    study.run({"painter": painter, "distance": distance, "scores": scores, "view": view})
