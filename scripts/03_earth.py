"""Lesson 03's shipped generator of coasts: python scripts/03_earth.py [training] [scores]

training trains what `course-gan train 03 -p data earth` trains; it is kept in build/03 and not repeated while it is
there. Some fifty minutes of one core. scores ships the average of the generator and the discriminator
(checkpoints/03_earth.pt and checkpoints/03_earth_discriminator.pt) and asks how real, how various and how original the
samples are, beside controls: results/03_earth.json; in results/03_earth.webp the same eight latents after more and more
steps, in results/03_earth_nearest.webp eight samples and the crop of the training that is nearest to each.
"""

from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from course_gan import data, metrics
from course_gan.files import ROOT
from course_gan.models import DCGANDiscriminator, DCGANGenerator, load_features, save_weights
from course_gan.recipes import Settings, recipe_of, settings
from course_gan.recipes.earth import earth_from_space
from workshop import study

SHOWN = (100, 300, 1_000, 3_000, 8_000, 20_000)
COLUMNS = 8
JUDGED = 1000
SEARCHED = 500
KEPT = ROOT / "build" / "03"


def trained(chosen: Settings) -> dict[str, Any]:
    """One training: CPU seconds, the losses of every hundredth step, samples on the way, and the weights at its end."""
    recipe = recipe_of("03")(chosen)
    game = recipe.game
    strips = []

    def look(step: int) -> None:
        if step in SHOWN:
            strips.append(data.to_uint8(game.sample(n=COLUMNS)))
        if step % 1000 == 0:
            study.photographs("../build/03_earth_now", data.to_uint8(game.sample(n=40)), COLUMNS)

    made = study.played(recipe, look, SHOWN)
    with game.evaluating("generator") as network:
        weights = network.state_dict()
    return made | {
        "strips": torch.cat(strips),
        "generator": weights,
        "discriminator": game.discriminator.state_dict(),
    }


def kept() -> dict[str, Any]:
    """The training, made where it is not there."""
    chosen = settings("03", "cpu", data="earth")
    return study.kept(KEPT / "earth.pt", chosen.as_dict(), partial(trained, chosen))


def training() -> None:
    """Train."""
    kept()


class Judge:
    """What says how real and how various pictures are: features that have seen the same half of the world.

    fresh: real crops of that half, uint8 (n, 3, 64, 64), which the training did not draw.
    """

    def __init__(self, chosen: Settings):
        self.fresh = earth_from_space(JUDGED, chosen.image_size, chosen.scale, seed=chosen.seed + 1).images
        self.network = load_features("earth")
        features = self.network.extract(self.fresh)
        self._unit = features.square().mean().sqrt()
        self._reference = features / self._unit

    @torch.no_grad()
    def scores(self, images: Tensor) -> dict[str, float]:
        """What the lesson reports of images uint8 (n, 3, 64, 64).

        clear: the share in which one surface is said to cover 60 % at least; surfaces: how often each is that one.
        """
        features = self.network.extract(images) / self._unit
        precision, recall = metrics.precision_recall(self._reference, features)
        shares = self.network.logits(data.to_float(images))["surface"].softmax(dim=1)
        share, surface = shares.max(dim=1)
        clear = share >= 0.6
        values = {
            "frechet": metrics.frechet_distance(self._reference, features),
            "clear": clear.float().mean(),
            "precision": precision,
            "recall": recall,
        }
        told = {name: float(f"{float(value):.4g}") for name, value in values.items()}
        counts = surface[clear].bincount(minlength=len(data.earth.COVERS)).tolist()
        return told | {"surfaces": dict(zip(data.earth.COVERS, counts))}


def nearest_known(images: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
    """The distance of each image to the nearest crop of the training, and which that is: (n,), (n,).

    images, known: uint8, (n or m, 3, 64, 64). The middle 56 pixels of an image are compared with every window of 56
    pixels of every crop, in steps of 2, as it is and mirrored, all shrunk to 14: whoever moves, mirrors or roughens a
    copy is found. A distance is the root of the mean square, in [-1, 1].
    """
    asked = F.avg_pool2d(data.to_float(images[:, :, 4:60, 4:60]), 4).flatten(1)
    best = torch.full((len(images),), torch.inf)
    where = torch.zeros(len(images), dtype=torch.int64)
    for mirrored in (known, known.flip(3), known.flip(2), known.flip(2, 3)):
        for top in range(0, 9, 2):
            for left in range(0, 9, 2):
                window = data.to_float(mirrored[:, :, top : top + 56, left : left + 56])
                windows = F.avg_pool2d(window, 4).flatten(1)
                values, places = torch.cdist(asked, windows).min(dim=1)
                nearer = values < best
                best[nearer] = values[nearer]
                where[nearer] = places[nearer]
    return best / asked.shape[1] ** 0.5, where


def controls(fresh: Tensor, generator: DCGANGenerator, chosen: Settings) -> dict[str, Tensor]:
    """Pictures of which we know what they are: real ones, damaged ones, and ones that nothing has trained."""
    small = F.avg_pool2d(data.to_float(fresh), 4)
    return {
        "real, the same half": earth_from_space(JUDGED, chosen.image_size, chosen.scale, seed=chosen.seed + 5).images,
        "real, the Americas": americas(chosen),
        "real, blurred": data.to_uint8(F.interpolate(small, scale_factor=4, mode="bilinear")),
        "untrained G": sampled(DCGANGenerator(**shape_of(chosen)).eval(), JUDGED),
    }


def americas(chosen: Settings) -> Tensor:
    """Real crops of the half of the world that nobody trained on."""
    crops = data.earth.satellite(2 * JUDGED, chosen.image_size, chosen.scale, seed=2, split="test", water=(0.0, 0.9))
    return crops.subset(data.earth.balanced(crops.covers, JUDGED)).images


def disguises(copies: Tensor) -> dict[str, Tensor]:
    """Crops of the training, changed as a generator that recites might change them."""
    noise = torch.randn(copies.shape, generator=data.derived_generator(3))
    images = data.to_float(copies)
    return {
        "copies": copies,
        "copies, mirrored": copies.flip(3),
        "copies, moved by 3 pixels": copies.roll((3, 3), dims=(2, 3)),
        "copies with noise of 0.1": data.to_uint8(images + 0.1 * noise),
        "copies, a tenth brighter": data.to_uint8((images + 1) * 1.1 - 1),
        "two copies, averaged": data.to_uint8((images + images.roll(1, dims=0)) / 2),
    }


def shape_of(chosen: Settings) -> dict[str, int]:
    """What it takes to build the generator."""
    return {
        "latent_dim": chosen.latent_dim,
        "channels": 3,
        "width": chosen.width,
        "image_size": chosen.image_size,
    }


@torch.no_grad()
def sampled(generator: DCGANGenerator, n: int) -> Tensor:
    """n samples, uint8 (n, 3, 64, 64), always of the same latents."""
    latents = torch.randn(n, generator.latent_dim, generator=data.derived_generator(4))
    return data.to_uint8(torch.cat([generator(part) for part in latents.split(100)]))


def accused(samples: Tensor, known: Tensor, innocent: Tensor) -> tuple[dict[str, float], Tensor]:
    """The share of each kind of picture that is nearer to the training than 98 % of the innocent are; and neighbours.

    The neighbours are those of the samples: their places among the known.
    """
    sets = {"samples": samples[:SEARCHED], "real, the Americas": innocent[:SEARCHED], **disguises(known[:SEARCHED])}
    distances, places = nearest_known(torch.cat(list(sets.values())), known)
    by_set = dict(zip(sets, distances.split(SEARCHED)))
    limit = by_set["real, the Americas"].quantile(0.02)
    shares = {name: round((values < limit).float().mean().item(), 4) for name, values in by_set.items()}
    return shares, places[:SEARCHED]


def scores() -> None:
    """Ship both players, and write the record and the pictures."""
    chosen = settings("03", "cpu", data="earth")
    made = kept()
    generator = DCGANGenerator(**shape_of(chosen))
    generator.load_state_dict(made["generator"])
    generator.eval()
    judged = {"channels": 3, "width": chosen.width, "image_size": chosen.image_size}
    discriminator = DCGANDiscriminator(**judged)
    discriminator.load_state_dict(made["discriminator"])
    judge = Judge(chosen)
    samples = sampled(generator, JUDGED)
    compared = {"samples": samples} | controls(judge.fresh, generator, chosen)
    known = earth_from_space(chosen.places, chosen.image_size, chosen.scale, chosen.seed).images
    shares, places = accused(samples, known, compared["real, the Americas"])
    values = {
        "settings": chosen.as_dict(),
        "cpu_seconds": round(made["cpu_seconds"]),
        "sha256": save_weights("03_earth", generator, shape_of(chosen)),
        "sha256_discriminator": save_weights("03_earth_discriminator", discriminator, judged),
        "judged": JUDGED,
        "scores": {name: judge.scores(images) for name, images in compared.items()},
        "searched": SEARCHED,
        "accused": shares,
        "shown": SHOWN,
        "losses": made["losses"],
    }
    study.record("03_earth", "python scripts/03_earth.py", values)
    study.photographs("03_earth", made["strips"], COLUMNS)
    study.photographs("03_earth_nearest", torch.cat([samples[:COLUMNS], known[places[:COLUMNS]]]), COLUMNS)
    print(values["scores"], shares, flush=True)


if __name__ == "__main__":
    study.run({"training": training, "scores": scores})
