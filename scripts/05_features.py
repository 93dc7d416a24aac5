"""Train the small classifiers that measure images: python scripts/05_features.py [glyphs] [letters] [textures]

glyphs names characters and typefaces, for which slant and edges matter. letters names characters alone, and learns to
overlook both: its glyphs are turned, sheared, softened and dimmed. textures names textures and damages.
Writes checkpoints/features_NAME.pt with its SHA-256, and results/05_features.json. Minutes on a laptop.
"""

import json
import sys
import time

import torch
import torch.nn.functional as F

from course_gan.data import Batches, derived_generator, glyphs, random_affine, textures, to_float
from course_gan.files import ROOT
from course_gan.models.features import FeatureNetwork
from course_gan.models.shipped import save_weights
from workshop.machine import machine

SEED = 0
STEPS = {"glyphs": 1500, "letters": 2500, "textures": 800}
BATCH = {"glyphs": 128, "letters": 128, "textures": 64}
WIDTH = {"glyphs": 32, "letters": 32, "textures": 24}
DAMAGES = ("none", "blur", "noise", "shuffled blocks", "smeared")


def glyph_sets():
    """(train images, test images, classes); labels are stacked (n, 2): character, typeface."""
    train, test = glyphs(split="train"), glyphs(split="test")
    return train, test, {factor: len(names) for factor, names in train.classes.items()}


def glyph_batch(images, labels, generator):
    """A batch moved too little to change a typeface's slant or weight, with a little noise; the labels stay."""
    images = random_affine(images, 3, 2, (0.95, 1.05), translate=0.06, generator=generator)
    return images + 0.05 * torch.randn(images.shape, generator=generator), labels


def letter_sets():
    """As glyph_sets, without the typefaces."""
    train, test, classes = glyph_sets()
    for letters in (train, test):
        del letters.labels["typeface"]
    return train, test, {"character": classes["character"]}


def letter_batch(images, labels, generator):
    """A batch turned and sheared further than any of the course's glyphs, half of it soft, dimmed or bright, noisy."""
    images = random_affine(images, 8, 6, (0.82, 1.05), translate=0.04, generator=generator)
    spread, gain, noise, which = torch.rand(4, len(images), 1, 1, 1, generator=generator)
    weights = torch.exp(-torch.arange(-2.0, 3).square() / (2 * (0.3 + 0.7 * spread).square()))  # a Gaussian for each
    weights = weights / weights.sum(dim=-1, keepdim=True)  # (b, 1, 1, 5)
    padded = F.pad(images, (2, 2, 2, 2), value=-1).transpose(0, 1)  # (1, b, h + 4, w + 4)
    soft = F.conv2d(padded, weights.transpose(2, 3) * weights, groups=len(images)).transpose(0, 1)
    images = (torch.where(which < 0.5, soft, images) + 1) * (0.8 + 0.5 * gain) - 1
    return images.clamp(-1, 1) + 0.1 * noise * torch.randn(images.shape, generator=generator), labels


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


TASKS = {
    "glyphs": (glyph_sets, glyph_batch),
    "letters": (letter_sets, letter_batch),
    "textures": (texture_sets, texture_batch),
}


def stacked_labels(images):
    return torch.stack(list(images.labels.values()), dim=1)


def train(name):
    """Train one network on the train split and return (network, its test accuracies, seconds)."""
    sets, augment = TASKS[name]
    train_set, test_set, classes = sets()
    torch.manual_seed(SEED)
    network = FeatureNetwork(train_set.channels, train_set.size, classes, width=WIDTH[name])
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
    """Share of right answers on the test split; damage, and letters once more, are asked of augmented pictures."""
    guess = network.classify(test_set.images)
    right = {factor: guess[factor] == label for factor, label in test_set.labels.items()}
    if name != "glyphs":
        images, labels = augment(to_float(test_set.images), stacked_labels(test_set), derived_generator(SEED, 6))
        asked, again = ("damage", "damage") if name == "textures" else ("character", "character_augmented")
        right[again] = network.classify(images)[asked] == labels[:, -1]
    return {factor: round(answers.float().mean().item(), 4) for factor, answers in right.items()}


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
            "cpu": machine()["cpu"],
            "threads": torch.get_num_threads(),
            "torch": torch.__version__,
            "sha256": digest,
        }
        print(name, accuracy)
        path.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
