"""Train the small classifiers that measure images: python scripts/05_features.py [glyphs] [letters] [textures]

glyphs names characters and typefaces, for which slant and edges matter. letters names characters alone, and learns to
overlook both: its glyphs are turned, sheared, softened and dimmed. textures names textures and damages.
Writes checkpoints/features_NAME.pt with its SHA-256, and results/05_features.json. Minutes on a laptop.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from course_gan.data import Batches, ImageSet, derived_generator, glyphs, random_affine, textures, to_float
from course_gan.models import FeatureNetwork, save_weights
from workshop import study

SEED = 0
STEPS = {"glyphs": 1500, "letters": 2500, "textures": 800}
BATCH = {"glyphs": 128, "letters": 128, "textures": 64}
WIDTH = {"glyphs": 32, "letters": 32, "textures": 24}
DAMAGES = ("none", "blur", "noise", "shuffled blocks", "smeared")
Sets = tuple[ImageSet, ImageSet, dict[str, int]]  # to train on, to test on, how many classes each factor has


def glyph_sets() -> Sets:
    """Glyphs in two splits; characters and typefaces are told apart."""
    train_set = glyphs(split="train")
    test_set = glyphs(split="test")
    return train_set, test_set, {factor: len(names) for factor, names in train_set.classes.items()}


def glyph_batch(images: Tensor, labels: Tensor, generator: Generator) -> tuple[Tensor, Tensor]:
    """A batch moved too little to change a typeface's slant or weight, with a little noise; the labels stay."""
    images = random_affine(images, 3, 2, (0.95, 1.05), translate=0.06, generator=generator)
    return images + 0.05 * torch.randn(images.shape, generator=generator), labels


def letter_sets() -> Sets:
    """As glyph_sets, without the typefaces."""
    train_set, test_set, classes = glyph_sets()
    for letters in (train_set, test_set):
        del letters.labels["typeface"]
    return train_set, test_set, {"character": classes["character"]}


def letter_batch(images: Tensor, labels: Tensor, generator: Generator) -> tuple[Tensor, Tensor]:
    """A batch turned and sheared further than any of the course's glyphs, half of it soft, dimmed or bright, noisy."""
    images = random_affine(images, 8, 6, (0.82, 1.05), translate=0.04, generator=generator)
    spread, gain, noise, which = torch.rand(4, len(images), 1, 1, 1, generator=generator)
    soft = softened(images, 0.3 + 0.7 * spread)
    images = (torch.where(which < 0.5, soft, images) + 1) * (0.8 + 0.5 * gain) - 1
    return images.clamp(-1, 1) + 0.1 * noise * torch.randn(images.shape, generator=generator), labels


def softened(images: Tensor, sigma: Tensor) -> Tensor:
    """Images (b, 1, h, w), each under a Gaussian of 5×5 pixels of its own; sigma: (b, 1, 1, 1), in pixels."""
    weights = torch.exp(-torch.arange(-2.0, 3).square() / (2 * sigma.square()))
    weights = weights / weights.sum(dim=-1, keepdim=True)  # (b, 1, 1, 5)
    padded = F.pad(images, (2, 2, 2, 2), value=-1).transpose(0, 1)  # (1, b, h + 4, w + 4)
    return F.conv2d(padded, weights.transpose(2, 3) * weights, groups=len(images)).transpose(0, 1)


def texture_sets() -> Sets:
    """Patches of textures from two parts of their pictures; textures and damages are told apart."""
    train_set = textures().patches(64, 3000, SEED, "train")
    test_set = textures().patches(64, 600, SEED, "test")
    return train_set, test_set, {"texture": len(train_set.classes["texture"]), "damage": len(DAMAGES)}


def texture_batch(images: Tensor, labels: Tensor, generator: Generator) -> tuple[Tensor, Tensor]:
    """A batch mirrored, turned and dimmed, half of it grey, each image damaged in one of five ways or not at all.

    Telling the damage makes the features see what generators get wrong: blur, noise, broken structure.
    """
    n = len(images)
    images = random_affine(images, 15, 8, (0.9, 1.3), flip=0.5, fill=None, generator=generator)
    grey = torch.rand(n, 1, 1, 1, generator=generator) < 0.5
    images = torch.where(grey, images.mean(dim=1, keepdim=True), images)
    gain, shift = torch.rand(2, n, 1, 1, 1, generator=generator)
    images = ((0.7 + 0.6 * gain) * images + 0.4 * (shift - 0.5)).clamp(-1, 1)
    kind = torch.randint(len(DAMAGES), (n,), generator=generator)
    for number, damage in enumerate((blur, noise, shuffle_blocks, smear), start=1):
        images[kind == number] = damage(images[kind == number], generator)
    return images, torch.stack([labels[:, 0], kind], dim=1)


def blur(images: Tensor, generator: Generator) -> Tensor:
    """A quarter of the size and back."""
    small = F.avg_pool2d(images, 4)
    return F.interpolate(small, images.shape[-2:], mode="bilinear")


def noise(images: Tensor, generator: Generator) -> Tensor:
    """Gaussian noise on every pixel."""
    return (images + 0.3 * torch.randn(images.shape, generator=generator)).clamp(-1, 1)


def shuffle_blocks(images: Tensor, generator: Generator) -> Tensor:
    """Blocks of 16 × 16 pixels in another order."""
    blocks = F.unfold(images, 16, stride=16)  # (b, 3 * 256, 16)
    return F.fold(blocks[:, :, torch.randperm(16, generator=generator)], images.shape[-2:], 16, stride=16)


def smear(images: Tensor, generator: Generator) -> Tensor:
    """A blur from left to right alone."""
    return F.avg_pool2d(F.pad(images, (4, 4, 0, 0), mode="reflect"), (1, 9), stride=1)


@dataclass(frozen=True)
class Task:
    """What one network learns from, and how a batch of it is augmented."""

    sets: Callable[[], Sets]
    augment: Callable[[Tensor, Tensor, Generator], tuple[Tensor, Tensor]]


TASKS = {
    "glyphs": Task(glyph_sets, glyph_batch),
    "letters": Task(letter_sets, letter_batch),
    "textures": Task(texture_sets, texture_batch),
}


def stacked_labels(images: ImageSet) -> Tensor:
    """All labels of a set, (n, factors)."""
    return torch.stack(list(images.labels.values()), dim=1)


def train(name: str) -> tuple[FeatureNetwork, dict[str, float], float]:
    """Train one network on the train split and return (network, its test accuracies, seconds)."""
    train_set, test_set, classes = TASKS[name].sets()
    torch.manual_seed(SEED)
    network = FeatureNetwork(train_set.channels, train_set.size, classes, width=WIDTH[name])
    network = network.to(memory_format=torch.channels_last)
    batches = Batches((train_set.images, stacked_labels(train_set)), BATCH[name], SEED)
    optimizer = torch.optim.AdamW(network.parameters(), weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, STEPS[name])
    generator = derived_generator(SEED, 5)
    began = time.monotonic()
    for step in range(1, STEPS[name] + 1):
        images, labels = TASKS[name].augment(*next(batches), generator)
        logits = network.logits(images).values()
        loss = sum(F.cross_entropy(logit, label) for logit, label in zip(logits, labels.T))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if step % 100 == 0:
            print(f"{name} step {step}: loss {loss.item():.3f}, {time.monotonic() - began:.0f} s", flush=True)
    seconds = time.monotonic() - began
    network.eval()
    return network, accuracies(name, network, test_set), seconds


def accuracies(name: str, network: FeatureNetwork, test_set: ImageSet) -> dict[str, float]:
    """Share of right answers on the test split; damage, and letters once more, are asked of augmented pictures."""
    guess = network.classify(test_set.images)
    right = {factor: guess[factor] == label for factor, label in test_set.labels.items()}
    if name != "glyphs":
        generator = derived_generator(SEED, 6)
        images, labels = TASKS[name].augment(to_float(test_set.images), stacked_labels(test_set), generator)
        again = network.classify(images)
        if name == "textures":
            right["damage"] = again["damage"] == labels[:, -1]
        else:
            right["character_augmented"] = again["character"] == labels[:, -1]
    return {factor: round(answers.float().mean().item(), 4) for factor, answers in right.items()}


def shipped(name: str) -> None:
    """Train one network, ship it and record it."""
    network, accuracy, seconds = train(name)
    about = study.circumstances()
    entry = {
        "command": f"python scripts/05_features.py {name}",
        "seed": SEED,
        "steps": STEPS[name],
        "batch": BATCH[name],
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
        "test_accuracy": accuracy,
        "seconds": round(seconds),
        "cpu": about["cpu"],
        "threads": about["threads"],
        "torch": about["torch"],
        "sha256": save_weights(f"features_{name}", network, network.settings),
    }
    study.write("05_features", study.read("05_features") | {name: entry})
    print(name, accuracy)


if __name__ == "__main__":
    study.run({name: partial(shipped, name) for name in TASKS})
