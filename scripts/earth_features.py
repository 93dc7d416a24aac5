"""Train the network that measures satellite pictures: python scripts/earth_features.py

It names the surface of a crop (sea, desert, forest, ice, mountain, grass) and what damage a picture has, if any. Its
probabilities of surfaces are trained to be shares of the crop: 0.6 means that three fifths of it are covered so.
It sees crops of the train split alone, at several scales; it is tested on the Americas, which neither it nor the
generators of the lessons have seen. Writes checkpoints/features_earth.pt with its SHA-256, and
results/earth_features.json. Ten minutes of one core.
"""

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from course_gan.data import Batches, derived_generator, earth, to_float
from course_gan.models import FeatureNetwork, save_weights
from workshop import study

SEED = 0
STEPS = 1800
BATCH = 64
WIDTH = 24
SIZE = 64
SCALES = (1.0, 1.5, 2.0, 3.0)
PER_SCALE = 5000  # crops drawn at each scale, of which the surfaces are then chosen in equal numbers
CHOSEN = 16_000
TESTED = 8000
DAMAGES = ("none", "blur", "noise", "shuffled blocks", "checkerboard")


def train_crops() -> tuple[Tensor, Tensor]:
    """Crops uint8 (n, 3, 64, 64) and the shares of their covers (n, 6), each surface about as often as another."""
    land = [earth.satellite(PER_SCALE, SIZE, scale, SEED) for scale in SCALES]
    open_sea = [earth.satellite(PER_SCALE // 10, SIZE, scale, SEED + 1, water=(0.8, 1.0)) for scale in SCALES]
    parts = land + open_sea
    images = torch.cat([part.images for part in parts])
    covers = torch.cat([part.covers for part in parts])
    surface = torch.cat([part.labels["surface"] for part in parts])
    weight = 1 / torch.bincount(surface, minlength=len(earth.SURFACES)).float()
    weight[earth.SURFACES.index("mixed")] *= 3
    chosen = weight[surface].multinomial(CHOSEN, replacement=True, generator=derived_generator(SEED, 1))
    return images[chosen], covers[chosen]


def altered(images: Tensor, generator: Generator) -> tuple[Tensor, Tensor]:
    """A batch in [-1, 1] mirrored and tinted, each image damaged in one of four ways or not at all; and which way."""
    n = len(images)
    across, down = torch.rand(2, n, 1, 1, 1, generator=generator)
    images = torch.where(across < 0.5, images.flip(3), images)
    images = torch.where(down < 0.5, images.flip(2), images)
    gain = 0.88 + 0.24 * torch.rand(n, 1, 1, 1, generator=generator)
    tint = 0.96 + 0.08 * torch.rand(n, 3, 1, 1, generator=generator)
    images = ((images + 1) * gain * tint - 1).clamp(-1, 1)
    kind = torch.randint(len(DAMAGES), (n,), generator=generator)
    for number, damage in enumerate((blur, noise, shuffle_blocks, checkerboard), start=1):
        images[kind == number] = damage(images[kind == number], generator)
    return images, kind


def blur(images: Tensor, generator: Generator) -> Tensor:
    """As if drawn at a half, a quarter or an eighth of the size."""
    factor = 2 ** int(torch.randint(1, 4, (), generator=generator))
    return F.interpolate(F.avg_pool2d(images, factor), images.shape[-2:], mode="bilinear")


def noise(images: Tensor, generator: Generator) -> Tensor:
    """With grain in every pixel and channel, from hardly seen to strong."""
    strength = 0.03 + 0.17 * torch.rand(len(images), 1, 1, 1, generator=generator)
    return (images + strength * torch.randn(images.shape, generator=generator)).clamp(-1, 1)


def shuffle_blocks(images: Tensor, generator: Generator) -> Tensor:
    """With blocks of 16×16 pixels in another order."""
    blocks = F.unfold(images, 16, stride=16)  # (b, 3 · 256, 16)
    order = torch.randperm(blocks.shape[2], generator=generator)
    return F.fold(blocks[:, :, order], images.shape[-2:], 16, stride=16)


def checkerboard(images: Tensor, generator: Generator) -> Tensor:
    """With every other pixel a little lighter, as transposed convolutions leave it."""
    rows, columns = torch.meshgrid(torch.arange(images.shape[2]), torch.arange(images.shape[3]), indexing="ij")
    strength = 0.02 + 0.08 * torch.rand(len(images), 1, 1, 1, generator=generator)
    return (images + strength * (1 - 2.0 * ((rows + columns) % 2))).clamp(-1, 1)


def trained() -> tuple[FeatureNetwork, float]:
    """The network and the CPU seconds its training took."""
    images, covers = train_crops()
    torch.manual_seed(SEED)
    classes = {"surface": len(earth.COVERS), "damage": len(DAMAGES)}
    network = FeatureNetwork(3, SIZE, classes, width=WIDTH).to(memory_format=torch.channels_last)
    batches = Batches((images, covers), BATCH, SEED)
    optimizer = torch.optim.AdamW(network.parameters(), weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, STEPS)
    generator = derived_generator(SEED, 2)
    clock = study.Clock()
    for step in range(1, STEPS + 1):
        crops, shares = next(batches)
        crops, kind = altered(crops, generator)
        logits = network.logits(crops)
        surface_loss = F.cross_entropy(logits["surface"], shares)
        damage_loss = F.cross_entropy(logits["damage"], kind)
        loss = surface_loss + 0.5 * damage_loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if step % 100 == 0:
            losses = f"surface {surface_loss.item():.3f}, damage {damage_loss.item():.3f}"
            print(f"step {step}: {losses}, {clock.seconds:.0f} CPU seconds", flush=True)
    return network.eval(), clock.seconds


def report(network: FeatureNetwork, split: str, scale: float) -> dict[str, object]:
    """How often the network names the surface of new crops rightly, of those that have one: all but the mixed."""
    crops = earth.satellite(TESTED, SIZE, scale, SEED + 2, split)
    sea = earth.satellite(TESTED // 20, SIZE, scale, SEED + 3, split, water=(0.8, 1.0))
    images = torch.cat([crops.images, sea.images])
    surface = torch.cat([crops.labels["surface"], sea.labels["surface"]])
    guess = network.classify(images)["surface"]
    clear = surface != earth.SURFACES.index("mixed")
    kinds = len(earth.COVERS)
    confusion = torch.bincount(surface[clear] * kinds + guess[clear], minlength=kinds**2).view(kinds, kinds)
    per_surface = confusion.diag() / confusion.sum(dim=1)
    probability = torch.cat([network.logits(part)["surface"].softmax(dim=1) for part in to_float(images).split(256)])
    sure = probability.amax(dim=1) >= 0.6
    damaged, kind = altered(to_float(images), derived_generator(SEED, 3))
    return {
        "n": int(clear.sum()),
        "right": rounded(confusion.diag().sum() / confusion.sum()),
        "right_per_surface": {name: rounded(share) for name, share in zip(earth.COVERS, per_surface)},
        "n_per_surface": dict(zip(earth.COVERS, confusion.sum(dim=1).tolist())),
        "confusion": dict(zip(earth.COVERS, confusion.tolist())),
        "sure": rounded(sure.float().mean()),
        "clear": rounded(clear.float().mean()),
        "sure_and_clear_agree": rounded((sure == clear).float().mean()),
        "damage": rounded((network.classify(damaged)["damage"] == kind).float().mean()),
    }


def rounded(share: Tensor) -> float | None:
    """A share with four decimals; None where there was nothing to share."""
    return None if share.isnan() else round(share.item(), 4)


@torch.no_grad()
def main() -> None:
    """Train, test, write."""
    with torch.enable_grad():
        network, seconds = trained()
    digest = save_weights("features_earth", network, network.settings)
    values = {
        "seed": SEED,
        "steps": STEPS,
        "batch": BATCH,
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
        "cpu_seconds": round(seconds),
        "sha256": digest,
        "covers": earth.COVERS,
        "damages": DAMAGES,
        "test": {f"scale {scale:g}": report(network, "test", scale) for scale in (1.0, 2.0)},
        "train": {f"scale {scale:g}": report(network, "train", scale) for scale in (1.0, 2.0)},
    }
    study.record("earth_features", "python scripts/earth_features.py", values)
    for scale, part in values["test"].items():
        print(scale, part)


if __name__ == "__main__":
    study.run({"earth": main})
