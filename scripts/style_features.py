"""Train the network that names styles by their structure: python scripts/style_features.py

It sees grey patches of 64 pixels, each with mean 0 and deviation 1/2, so that neither colour nor contrast betrays the
style; it is tested on parts of the style pictures, and of the Earth, that it has not seen. Writes
checkpoints/features_styles.pt with its SHA-256, and results/style_features.json. One minute of one core.
"""

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from course_gan.data import STYLES, Batches, derived_generator, photos, style_patches, to_float
from course_gan.metrics.structure import colourless, styles_named
from course_gan.models import FeatureNetwork, save_weights
from workshop import study

SEED = 0
STEPS = 1200
BATCH = 48
WIDTH = 16
SIZE = 64
PATCHES = 13_000
TESTED = 2600


def altered(images: Tensor, generator: Generator) -> Tensor:
    """A batch mirrored or not, a little lighter or darker here and there, with a little noise."""
    if torch.rand((), generator=generator) < 0.5:
        images = images.flip(3)
    noise = 0.1 * torch.rand(len(images), 1, 1, 1, generator=generator)
    return images + noise * torch.randn(images.shape, generator=generator)


def trained() -> tuple[FeatureNetwork, float]:
    """The network and the CPU seconds its training took."""
    patches = style_patches(SIZE, PATCHES, SEED, "train")
    torch.manual_seed(SEED)
    network = FeatureNetwork(1, SIZE, {"style": len(STYLES)}, width=WIDTH).to(memory_format=torch.channels_last)
    batches = Batches((patches.images, patches.labels["style"]), BATCH, SEED)
    optimizer = torch.optim.AdamW(network.parameters(), weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, STEPS)
    generator = derived_generator(SEED, 1)
    clock = study.Clock()
    for step in range(1, STEPS + 1):
        images, style = next(batches)
        grey = altered(colourless(images), generator)
        loss = F.cross_entropy(network.logits(grey)["style"], style, label_smoothing=0.05)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if step % 200 == 0:
            print(f"step {step}: loss {loss.item():.3f}, {clock.seconds:.0f} CPU seconds", flush=True)
    return network.eval(), clock.seconds


def report(network: FeatureNetwork) -> dict[str, object]:
    """How often new patches of each style are named rightly, and what photographs are named as."""
    patches = style_patches(SIZE, TESTED, SEED + 1, "test")
    style = patches.labels["style"]
    right = (styles_named(to_float(patches.images), network) == style).float()
    untouched = photos().patches(SIZE, 700, SEED + 1, "all", shrink=2)
    named = styles_named(to_float(untouched.images), network)
    return {
        "patches": TESTED,
        "right": round(right.mean().item(), 4),
        "right_by_style": {name: round(right[style == k].mean().item(), 4) for k, name in enumerate(STYLES)},
        "photos_named_as": {name: round((named == k).float().mean().item(), 4) for k, name in enumerate(STYLES)},
    }


if __name__ == "__main__":
    network, seconds = trained()
    values = {"seed": SEED, "steps": STEPS, "cpu_seconds": round(seconds)}
    values["parameters"] = sum(p.numel() for p in network.parameters())
    values["sha256"] = save_weights("features_styles", network, network.settings)
    values["test"] = report(network)
    study.record("style_features", "python scripts/style_features.py", values)
    print(values["test"])
