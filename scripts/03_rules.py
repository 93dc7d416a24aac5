"""Leave out DCGAN's rules one at a time, from three seeds, and score what comes of it: python scripts/03_rules.py

Every arm is lesson 03's game at a small size with one thing changed, by an equal number of steps. Trainings (fifteen
minutes on a quiet core) are kept in build/03 and not repeated while they are there; the scores are made anew. Writes
results/03_rules.json and results/03_rules.png: a row of 16 samples for each arm, seed 0.
"""

import json
import time

import torch
from PIL import Image
from torch import nn

from course_gan import data, metrics, models
from course_gan.files import ROOT
from course_gan.plots.grids import mosaic
from course_gan.recipes import build
from course_gan.training import GAN, train
from workshop.machine import machine

SEEDS = (0, 1, 2)
SETTINGS = {"width": 16, "steps": 1200}  # all else as `course-gan train 03`
SAMPLES, COLUMNS = 512, 16
KEPT = ROOT / "build" / "03"


def replace(network: nn.Module, kind: type, make) -> None:
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


def pooling(generator: nn.Module, discriminator: nn.Module) -> None:
    replace(generator, nn.ConvTranspose2d, upsample)
    replace(discriminator, nn.Conv2d, pool_down)


def kernel_3(generator: nn.Module, discriminator: nn.Module) -> None:
    def three(conv):
        if conv.stride == (1, 1):
            return conv
        return nn.ConvTranspose2d(conv.in_channels, conv.out_channels, 3, 2, 1, output_padding=1, bias=False)

    replace(generator, nn.ConvTranspose2d, three)


def no_norm(generator: nn.Module, discriminator: nn.Module) -> None:
    """Convolutions get the bias that batch norm had made needless."""
    for network in (generator, discriminator):
        replace(network, nn.BatchNorm2d, lambda norm: nn.Identity())
        for layer in network.layers:
            if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
                layer.bias = nn.Parameter(torch.zeros(layer.out_channels))


def norm_everywhere(generator: nn.Module, discriminator: nn.Module) -> None:
    generator.layers.insert(len(generator.layers) - 1, nn.BatchNorm2d(generator.layers[-2].out_channels))
    discriminator.layers.insert(1, nn.BatchNorm2d(discriminator.layers[0].out_channels))


def dense(generator: nn.Module, discriminator: nn.Module, hidden: int = 256) -> None:
    """A fully connected hidden layer before G's first map and behind D's last."""
    latent_dim = generator.latent_dim
    generator.layers[0] = nn.ConvTranspose2d(hidden, generator.layers[0].out_channels, 4, bias=False)
    top = [nn.Flatten(), nn.Linear(latent_dim, hidden), nn.ReLU(), nn.Unflatten(1, (hidden, 1, 1))]
    generator.layers = nn.Sequential(*top, *generator.layers)
    inputs = 16 * discriminator.layers[-1].in_channels
    top = [nn.Flatten(), nn.Linear(inputs, hidden), nn.LeakyReLU(0.2), nn.Linear(hidden, 1)]
    discriminator.layers = nn.Sequential(*discriminator.layers[:-1], *top)


def relu_in_d(generator: nn.Module, discriminator: nn.Module) -> None:
    replace(discriminator, nn.LeakyReLU, lambda _: nn.ReLU())


# name -> (what is changed in the networks, settings changed, whether the paper's initialisation is applied)
ARMS = {
    "all rules": (None, {}, True),
    "pooling, upsampling": (pooling, {}, True),
    "kernel 3 in G": (kernel_3, {}, True),
    "no batch norm": (no_norm, {}, True),
    "norm everywhere": (norm_everywhere, {}, True),
    "dense layers": (dense, {}, True),
    "ReLU in D": (relu_in_d, {}, True),
    "default weights": (None, {}, False),
    "Adam's β₁ = 0.9": (None, {"betas": (0.9, 0.999)}, True),
}


def players(arm: str, seed: int, generator: nn.Module, discriminator: nn.Module) -> None:
    """Change a pair of the library's networks, in place, into the arm's, and draw their weights."""
    change, _, initialised = ARMS[arm]
    torch.manual_seed(seed)
    if change:
        change(generator, discriminator)
    for network in (generator, discriminator):
        if initialised:
            models.initialise(network)
        else:
            network.apply(lambda layer: layer.reset_parameters() if hasattr(layer, "reset_parameters") else None)


def trained(arm: str, seed: int) -> dict:
    """One training: CPU seconds, and uint8 samples (512, 1, 32, 32) of the averaged generator at the end."""
    recipe = build("03", "cpu", seed=seed, **SETTINGS, **ARMS[arm][1])
    chosen = recipe.settings
    networks = (
        models.DCGANGenerator(chosen.latent_dim, 1, chosen.width, chosen.image_size),
        models.DCGANDiscriminator(1, chosen.width, chosen.image_size),
    )
    players(arm, seed, *networks)
    options = {name: getattr(chosen, name) for name in ("loss", "lr", "betas", "ema")}
    game, began = GAN(*networks, **options, seed=seed, backend=recipe.game.backend), time.process_time()
    for _ in train(game, recipe.batches, recipe.steps):
        pass
    seconds = time.process_time() - began
    return {
        "arm": arm,
        "seed": seed,
        "cpu_seconds": round(seconds, 1),
        "samples": data.to_uint8(game.sample(n=SAMPLES)),
    }


def scored(run: dict, features, real: torch.Tensor) -> dict:
    """A training's record: Fréchet distance, and the share that a classifier of glyphs names with 90 % certainty."""
    images = data.to_float(run["samples"])
    sure = features.logits(images)["character"].softmax(dim=1).amax(dim=1) >= 0.9
    distance = metrics.frechet_distance(real, features.extract(images))
    record = {name: run[name] for name in ("arm", "seed", "cpu_seconds")}
    return record | {"frechet": float(f"{distance:.5g}"), "named": round(sure.float().mean().item(), 4)}


def main() -> None:
    KEPT.mkdir(parents=True, exist_ok=True)
    runs = []
    for seed in SEEDS:
        for number, arm in enumerate(ARMS):
            path = KEPT / f"{number}_{seed}.pt"
            if not path.exists():
                torch.save(trained(arm, seed), path)
                print(arm, seed, flush=True)
            runs.append(torch.load(path))
    features = models.load_features("glyphs")
    real = features.extract(data.glyphs(split="test").images)
    document = {
        "command": "python scripts/03_rules.py",
        "settings": SETTINGS | {"seeds": SEEDS, "samples": SAMPLES, "reference": "test split"},
        "machine": machine() | {"threads": torch.get_num_threads(), "torch": torch.__version__},
        "runs": [scored(run, features, real) for run in runs],
    }
    (ROOT / "results" / "03_rules.json").write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")
    rows = torch.cat([run["samples"][:COLUMNS] for run in runs if run["seed"] == SEEDS[0]])
    sheet = Image.fromarray(mosaic(rows, COLUMNS, gap=0)[:, :, 0])
    sheet.save(ROOT / "results" / "03_rules.png", optimize=True)


if __name__ == "__main__":
    main()
