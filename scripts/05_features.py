"""Train the two feature networks of lesson 05: python scripts/05_features.py [glyphs] [textures]

Writes checkpoints/features_NAME.pt with its SHA-256, and results/05_features.json. Minutes on a laptop.
"""

import json
import platform
import sys
import time
from pathlib import Path

import torch
import torch.nn.functional as F

from course_gan.data import Batches, derived_generator, glyphs, random_affine, textures, to_float
from course_gan.models.features import FeatureNetwork
from course_gan.models.shipped import save_weights
from course_gan.paths import ROOT

SEED = 0
STEPS = {"glyphs": 1500, "textures": 800}
BATCH = {"glyphs": 128, "textures": 64}
DAMAGES = ("none", "blur", "noise", "shuffled blocks", "smeared")


def glyph_sets():
    """(train images, test images, classes); labels are stacked (n, 2): character, typeface."""
    train, test = glyphs(split="train"), glyphs(split="test")
    return train, test, {factor: len(names) for factor, names in train.classes.items()}


def glyph_batch(images, labels, generator):
    """A batch moved too little to change a typeface's slant or weight, with a little noise; the labels stay."""
    images = random_affine(images, 3, 2, (0.95, 1.05), translate=0.06, generator=generator)
    return images + 0.05 * torch.randn(images.shape, generator=generator), labels


def texture_sets():
    """(train patches, test patches, classes)."""
    train, test = (textures().patches(64, n, SEED, split) for n, split in ((3000, "train"), (600, "test")))
    return train, test, {"texture": len(train.classes["texture"]), "damage": len(DAMAGES)}


def texture_batch(images, labels, generator):
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


def blur(images, generator):
    small = F.avg_pool2d(images, 4)
    return F.interpolate(small, images.shape[-2:], mode="bilinear")


def noise(images, generator):
    return (images + 0.3 * torch.randn(images.shape, generator=generator)).clamp(-1, 1)


def shuffle_blocks(images, generator):
    blocks = F.unfold(images, 16, stride=16)  # (b, 3 * 256, 16)
    return F.fold(blocks[:, :, torch.randperm(16, generator=generator)], images.shape[-2:], 16, stride=16)


def smear(images, generator):
    return F.avg_pool2d(F.pad(images, (4, 4, 0, 0), mode="reflect"), (1, 9), stride=1)


TASKS = {"glyphs": (glyph_sets, glyph_batch), "textures": (texture_sets, texture_batch)}


def stacked_labels(images):
    return torch.stack(list(images.labels.values()), dim=1)


def train(name):
    """Train one network on the train split and return (network, its test accuracies, seconds)."""
    sets, augment = TASKS[name]
    train_set, test_set, classes = sets()
    torch.manual_seed(SEED)
    network = FeatureNetwork(train_set.channels, train_set.size, classes, width=32 if name == "glyphs" else 24)
    network = network.to(memory_format=torch.channels_last)
    batches = Batches((train_set.images, stacked_labels(train_set)), BATCH[name], SEED)
    optimizer = torch.optim.AdamW(network.parameters(), weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, STEPS[name])
    generator, started = derived_generator(SEED, 5), time.time()
    for step in range(1, STEPS[name] + 1):
        images, labels = augment(*next(batches), generator)
        logits = network.logits(images).values()
        loss = sum(F.cross_entropy(logit, label) for logit, label in zip(logits, labels.T))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if step % 100 == 0:
            print(f"{name} step {step}: loss {loss.item():.3f}, {time.time() - started:.0f} s", flush=True)
    seconds = time.time() - started
    network.eval()
    return network, accuracies(name, network, test_set, augment), seconds


def accuracies(name, network, test_set, augment):
    """Share of right answers on the test split; damage is asked of test patches that were damaged with a fixed seed."""
    guess = network.classify(test_set.images)
    right = {factor: guess[factor] == label for factor, label in test_set.labels.items()}
    if name == "textures":
        images, labels = augment(to_float(test_set.images), stacked_labels(test_set), derived_generator(SEED, 6))
        right["damage"] = network.classify(images)["damage"] == labels[:, 1]
    return {factor: round(answers.float().mean().item(), 4) for factor, answers in right.items()}


def cpu():
    """The processor's name, as far as the system tells."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    return next((line.split(":")[1].strip() for line in lines if "model name" in line), platform.processor())


def main(names):
    path = ROOT / "results" / "05_features.json"
    results = json.loads(path.read_text()) if path.exists() else {}
    for name in names or TASKS:
        network, accuracy, seconds = train(name)
        digest = save_weights(f"features_{name}", network, network.settings)
        parameters = sum(parameter.numel() for parameter in network.parameters())
        results[name] = {
            "command": f"python scripts/05_features.py {name}",
            "seed": SEED,
            "steps": STEPS[name],
            "batch": BATCH[name],
            "parameters": parameters,
            "test_accuracy": accuracy,
            "seconds": round(seconds),
            "cpu": cpu(),
            "threads": torch.get_num_threads(),
            "torch": torch.__version__,
            "sha256": digest,
        }
        print(name, accuracy)
        path.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
