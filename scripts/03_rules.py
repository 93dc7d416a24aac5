"""Leave out DCGAN's rules one at a time, from three seeds, and score what comes of it: python scripts/03_rules.py

Every arm is lesson 03's game at a small size with one thing changed, by an equal number of steps. Trainings (fifteen
minutes on a quiet core) are kept in build/03 and not repeated while they are there; the scores are made anew. Writes
results/03_rules.json and results/03_rules.png: a row of 16 samples for each arm, seed 0.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from course_gan import data, metrics, models
from course_gan.files import ROOT
from course_gan.recipes import Settings, recipe_of, settings
from course_gan.training import train
from workshop import study

SEEDS = (0, 1, 2)
SETTINGS = {"width": 16, "steps": 1200}  # all else as `course-gan train 03`
SAMPLES = 512
COLUMNS = 16
SURE = 0.9
PAPERS = (0.0, 0.03, 0.1, 0.2)
KEPT = ROOT / "build" / "03"


def replace(network: nn.Module, kind: type, make: Callable[[nn.Module], nn.Module]) -> None:
    """Put make(layer) in the place of each layer of a kind."""
    for index, layer in enumerate(network.layers):
        if isinstance(layer, kind):
            network.layers[index] = make(layer)


def pool_down(conv: nn.Conv2d) -> nn.Module:
    """A 3×3 convolution and average pooling for a strided one; the last, from 4×4 to 1×1, stays."""
    if conv.stride == (1, 1):
        return conv
    return nn.Sequential(nn.Conv2d(conv.in_channels, conv.out_channels, 3, 1, 1, bias=False), nn.AvgPool2d(2))


def upsample(conv: nn.ConvTranspose2d) -> nn.Module:
    """Nearest-neighbour upsampling and a 3×3 convolution for a transposed one; the first, from 1×1 to 4×4, stays."""
    if conv.stride == (1, 1):
        return conv
    return nn.Sequential(
        nn.Upsample(scale_factor=2), nn.Conv2d(conv.in_channels, conv.out_channels, 3, 1, 1, bias=False)
    )


def smaller_kernel(conv: nn.ConvTranspose2d) -> nn.Module:
    """A transposed convolution with kernel 3 for one with kernel 4; the first, from 1×1 to 4×4, stays."""
    if conv.stride == (1, 1):
        return conv
    return nn.ConvTranspose2d(conv.in_channels, conv.out_channels, 3, 2, 1, output_padding=1, bias=False)


def pooling(generator: nn.Module, discriminator: nn.Module) -> None:
    """Neither player has strides: they pool and upsample."""
    replace(generator, nn.ConvTranspose2d, upsample)
    replace(discriminator, nn.Conv2d, pool_down)


def kernel_3(generator: nn.Module, discriminator: nn.Module) -> None:
    """G's kernels do not divide by their strides."""
    replace(generator, nn.ConvTranspose2d, smaller_kernel)


def no_norm(generator: nn.Module, discriminator: nn.Module) -> None:
    """Neither player has batch norm; convolutions get the bias that it had made needless."""
    for network in (generator, discriminator):
        replace(network, nn.BatchNorm2d, lambda norm: nn.Identity())
        for layer in network.layers:
            if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
                layer.bias = nn.Parameter(torch.zeros(layer.out_channels))


def norm_everywhere(generator: nn.Module, discriminator: nn.Module) -> None:
    """G's output and D's input are normalised too."""
    generator.layers.insert(len(generator.layers) - 1, nn.BatchNorm2d(generator.layers[-2].out_channels))
    discriminator.layers.insert(1, nn.BatchNorm2d(discriminator.layers[0].out_channels))


def dense(generator: nn.Module, discriminator: nn.Module, hidden: int = 256) -> None:
    """A fully connected hidden layer before G's first map and behind D's last."""
    latent_dim = generator.latent_dim
    generator.layers[0] = nn.ConvTranspose2d(hidden, generator.layers[0].out_channels, 4, bias=False)
    first = [nn.Flatten(), nn.Linear(latent_dim, hidden), nn.ReLU(), nn.Unflatten(1, (hidden, 1, 1))]
    generator.layers = nn.Sequential(*first, *generator.layers)
    inputs = 16 * discriminator.layers[-1].in_channels
    last = [nn.Flatten(), nn.Linear(inputs, hidden), nn.LeakyReLU(0.2), nn.Linear(hidden, 1)]
    discriminator.layers = nn.Sequential(*discriminator.layers[:-1], *last)


def relu_in_d(generator: nn.Module, discriminator: nn.Module) -> None:
    """D's rectifiers do not leak."""
    replace(discriminator, nn.LeakyReLU, lambda _: nn.ReLU())


@dataclass(frozen=True)
class Arm:
    """What one arm leaves out: change alters both networks in place, settings are of the recipe.

    initialised: whether the weights are drawn as the paper says, or as torch does by itself.
    """

    change: Callable[[nn.Module, nn.Module], None] | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    initialised: bool = True


ARMS = {
    "all rules": Arm(),
    "pooling, upsampling": Arm(pooling),
    "kernel 3 in G": Arm(kernel_3),
    "no batch norm": Arm(no_norm),
    "norm everywhere": Arm(norm_everywhere),
    "dense layers": Arm(dense),
    "ReLU in D": Arm(relu_in_d),
    "default weights": Arm(initialised=False),
    "Adam's β₁ = 0.9": Arm(settings={"betas": (0.9, 0.999)}),
}


def redraw(layer: nn.Module) -> None:
    """Draw a layer's weights as torch does by itself."""
    if hasattr(layer, "reset_parameters"):
        layer.reset_parameters()


def change(arm: Arm, seed: int, generator: nn.Module, discriminator: nn.Module) -> None:
    """Change a pair of the library's networks, in place, into the arm's, and draw their weights."""
    torch.manual_seed(seed)
    if arm.change is not None:
        arm.change(generator, discriminator)
    for network in (generator, discriminator):
        if arm.initialised:
            models.initialise(network)
        else:
            network.apply(redraw)


def settings_of(arm: str, seed: int) -> Settings:
    """The settings of the recipe for one arm and seed."""
    changed = SETTINGS | ARMS[arm].settings
    return settings("03", "cpu", seed=seed, **changed)


def trained(arm: str, seed: int) -> dict[str, Any]:
    """One training: CPU seconds, and uint8 samples (512, 1, 32, 32) of the averaged generator at the end."""

    class Changed(recipe_of("03")):
        def players(self) -> dict[str, nn.Module]:
            players = super().players()
            change(ARMS[arm], seed, players["generator"], players["discriminator"])
            return players

    recipe = Changed(settings_of(arm, seed))
    clock = study.Clock()
    for _ in train(recipe.game, recipe.batches, recipe.steps):
        pass
    seconds = round(clock.seconds, 1)
    samples = data.to_uint8(recipe.game.sample(n=SAMPLES))
    return {"arm": arm, "seed": seed, "cpu_seconds": seconds, "samples": samples}


def paper_of(samples: Tensor) -> Tensor:
    """How light the paper of each picture is, from 0 (black) to 1: its median pixel; samples: uint8 (n, 1, h, w)."""
    return samples.flatten(1).float().median(dim=1).values / 255


def on_black(samples: Tensor) -> Tensor:
    """The pictures with their paper brought to black, and the ink's white left white: uint8 (n, 1, h, w)."""
    paper = paper_of(samples)[:, None, None, None]
    ink = (samples.float() / 255 - paper) / (1 - paper).clamp(min=0.05)
    return (ink.clamp(0, 1) * 255).round().to(torch.uint8)


def scores(samples: Tensor, features: models.FeatureNetwork, real: Tensor) -> dict[str, float]:
    """Fréchet distance, and the share that a classifier of glyphs names with 90 % certainty; uint8 (n, 1, 32, 32)."""
    images = data.to_float(samples)
    certainty = features.logits(images)["character"].softmax(dim=1).amax(dim=1)  # (n,)
    distance = metrics.frechet_distance(real, features.extract(images))
    named = (certainty >= SURE).float().mean()
    return {"frechet": float(f"{distance:.5g}"), "named": round(named.item(), 4)}


def scored(run: dict[str, Any], features: models.FeatureNetwork, real: Tensor) -> dict[str, Any]:
    """A training's record: both scores as the pictures are and with their paper brought to black, and the paper."""
    black = scores(on_black(run["samples"]), features, real)
    return {
        "arm": run["arm"],
        "seed": run["seed"],
        "cpu_seconds": run["cpu_seconds"],
        **scores(run["samples"], features, real),
        "paper": round(paper_of(run["samples"]).mean().item(), 4),
        "frechet_on_black": black["frechet"],
        "named_on_black": black["named"],
    }


def control(features: models.FeatureNetwork, real: Tensor) -> list[dict[str, float]]:
    """What real training letters score on lighter and lighter paper: perfect letters, so all that counts is paper."""
    letters = data.glyphs(split="train").images
    chosen = letters[torch.randperm(len(letters), generator=data.derived_generator(0))[:SAMPLES]]
    rows = []
    for paper in PAPERS:
        lighter = (255 * paper + (1 - paper) * chosen.float()).round().to(torch.uint8)
        rows.append({"paper": paper, **scores(lighter, features, real)})
    return rows


def rules() -> None:
    """Every arm from every seed, the record and the sheet."""
    runs = []
    for seed in SEEDS:
        for number, arm in enumerate(ARMS):
            about = settings_of(arm, seed).as_dict() | {"arm": arm, "samples": SAMPLES}
            runs.append(study.kept(KEPT / f"{number}_{seed}.pt", about, partial(trained, arm, seed)))
    features = models.load_features("glyphs")
    real = features.extract(data.glyphs(split="test").images)
    values = {
        "settings": SETTINGS | {"seeds": SEEDS, "samples": SAMPLES, "reference": "test split"},
        "control": control(features, real),
        "runs": [scored(run, features, real) for run in runs],
    }
    study.record("03_rules", "python scripts/03_rules.py", values)
    rows = [run["samples"][:COLUMNS] for run in runs if run["seed"] == SEEDS[0]]
    study.sheet("03_rules", torch.cat(rows), COLUMNS)


if __name__ == "__main__":
    study.run({"rules": rules})
