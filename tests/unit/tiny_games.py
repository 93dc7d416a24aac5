"""Games small enough to be trained hundreds of times, and a comparison of whole states, for the training tests."""

import torch
from torch import nn

from course_gan import models
from course_gan.data import Batches, UnpairedBatches
from course_gan.models.pix2pix import LastingDropout
from course_gan.training import CUT, GAN, AdaIN, Backend, CycleGAN, Game, Pix2Pix

NAMES = ("GAN", "ConditionalGAN", "Pix2Pix", "CycleGAN", "CUT", "AdaIN", "Autoencoder")


def images(n=12, channels=1, size=8, seed=0):
    return torch.rand(n, channels, size, size, generator=torch.Generator().manual_seed(seed)) * 2 - 1


class TinyGenerator(nn.Module):
    """Latents to 8×8 images through a batch norm."""

    latent_dim = 3

    def __init__(self, width=2):
        super().__init__()
        self.project = nn.Linear(3, width * 16, bias=False)
        self.norm = nn.BatchNorm2d(width)
        self.paint = nn.ConvTranspose2d(width, 1, 4, 2, 1)

    def forward(self, z):
        return self.paint(self.norm(self.project(z).view(len(z), -1, 4, 4)).relu()).tanh()


def tiny_discriminator(norm=True, dropout=True):
    """8×8 images to logits (b,), with batch norm and dropout unless told otherwise."""
    layers = [nn.Conv2d(1, 2, 4, 2, 1), nn.LeakyReLU(0.2)]
    layers += [nn.Dropout(0.2)] if dropout else []
    layers += [nn.Conv2d(2, 2, 3, 1, 1, bias=not norm), *([nn.BatchNorm2d(2)] if norm else []), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers, nn.Conv2d(2, 1, 4), nn.Flatten(0))


def tiny_translator(norm, noise):
    """8×8 images to 8×8 images, with dropout that stays on, as in pix2pix."""
    down, up = nn.Conv2d(1, 2, 4, 2, 1, bias=False), nn.ConvTranspose2d(2, 1, 4, 2, 1)
    return nn.Sequential(down, norm(2), nn.ReLU(), LastingDropout(noise), up, nn.Tanh())


def tiny_patch_discriminator(channels):
    return nn.Sequential(nn.Conv2d(channels, 2, 4, 2, 1), nn.LeakyReLU(0.2), nn.Conv2d(2, 1, 3, 1, 1))


class ConditionalGenerator(nn.Module):
    """Latents, noise of the size of the image and a label to 8×8 images."""

    def __init__(self):
        super().__init__()
        self.project = nn.Linear(3, 64)
        self.label = nn.Embedding(3, 64)

    def forward(self, z, noise, labels):
        return ((self.project(z) + self.label(labels)).view(-1, 1, 8, 8) + 0.1 * noise).tanh()


class ConditionalDiscriminator(nn.Module):
    """Images and labels to logits (b,), by a projection on the label's vector (arXiv:1802.05637)."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(1, 2, 4, 2, 1), nn.LeakyReLU(0.2), nn.Flatten())
        self.judge = nn.Linear(32, 1)
        self.label = nn.Embedding(3, 32)

    def forward(self, images, labels):
        features = self.body(images)
        return self.judge(features).squeeze(1) + (features * self.label(labels)).sum(1)


class Brightness(nn.Module):
    """An augmentation with a state, as ADA's probability is one: it grows with every call."""

    def __init__(self):
        super().__init__()
        self.register_buffer("strength", torch.zeros(()))

    def forward(self, images):
        self.strength += 0.01
        return images + self.strength * torch.randn(len(images), 1, 1, 1, device=images.device)


def draw_inputs(n, generator):
    """Latents and noise for a ConditionalGenerator."""
    return torch.randn(n, 3, generator=generator), torch.randn(n, 1, 8, 8, generator=generator)


def draw_labels(n, generator):
    return torch.randint(3, (n,), generator=generator)


class Autoencoder(Game):
    """A game of one side: two players move together, and nobody plays against them."""

    def __init__(self, encoder, decoder, **options):
        players = {"encoder": encoder, "decoder": decoder}
        super().__init__(players, {"autoencoder": ("encoder", "decoder")}, ("decoder",), **options)

    def autoencoder_step(self, batch):
        with self.turn("autoencoder") as (encoder, decoder):
            loss = (decoder(encoder(batch)) - batch).square().mean()
        return self.descend("autoencoder", loss)

    def sample(self, inputs, ema=True):
        with self.evaluating("encoder") as encoder:
            codes = encoder(inputs)
        return self.answer("decoder", codes, ema)


def make(name, seed=0, device="cpu", **options):
    """A fresh game of this name, and its data, both determined by the seed."""
    options = {"seed": seed, "backend": Backend(device, "fp32"), "ema": 0.9, **options}
    torch.manual_seed(seed)
    if name == "GAN":
        options = {"discriminator_steps": 2, "decay": (10, 40)} | options
        return GAN(TinyGenerator(), tiny_discriminator(), **options), Batches(images(), 4, seed)
    options = {"decay": (10, 40)} | options
    if name == "ConditionalGAN":  # every seam that needs no published recipe
        seams = {"conditions": draw_labels, "draw": draw_inputs, "augment": Brightness(), "reuse_fakes": True}
        options = seams | {"r1": 1.0, "penalty_every": 2} | options
        labels = torch.arange(12) % 3
        return GAN(ConditionalGenerator(), ConditionalDiscriminator(), **options), Batches((images(), labels), 4, seed)
    if name == "Autoencoder":
        encoder = nn.Sequential(nn.Conv2d(1, 2, 4, 2, 1), nn.BatchNorm2d(2), nn.Dropout(0.2))
        return Autoencoder(encoder, nn.ConvTranspose2d(2, 1, 4, 2, 1), **options), Batches(images(), 4, seed)
    if name == "Pix2Pix":
        players = tiny_translator(nn.BatchNorm2d, 0.2), tiny_patch_discriminator(2)
        return Pix2Pix(*players, **options), Batches((images(), images(seed=1)), 2, seed)
    if name == "CycleGAN":
        translators = [tiny_translator(nn.InstanceNorm2d, 0.0) for _ in range(2)]
        discriminators = [tiny_patch_discriminator(1) for _ in range(2)]
        game = CycleGAN(*translators, *discriminators, **({"pool": 3} | options))
        return game, UnpairedBatches(images(), images(10, seed=1), 2, seed)
    if name == "CUT":
        players = tiny_translator(nn.InstanceNorm2d, 0.0), tiny_patch_discriminator(1), models.PatchHeads([1, 2], 4)
        game = CUT(*players, ("0",), **({"patches": 9} | options))
        return game, UnpairedBatches(images(), images(10, seed=1), 2, seed)
    shape = {"channels": 1, "widths": (2, 4), "repeats": (1,)}
    options = {"pretrain": 10, "normalise": True, "clip": 1.0} | options
    game = AdaIN(models.AdaINEncoder(**shape), models.AdaINDecoder(**shape), **options)
    return game, UnpairedBatches(images(), images(10, seed=1), 2, seed)


def plain(**options):
    """A GAN without dropout, and without batch norm in D: what it computes can be computed again."""
    torch.manual_seed(0)
    players = TinyGenerator(), tiny_discriminator(norm=False, dropout=False)
    return GAN(*players, **({"backend": Backend("cpu", "fp32")} | options))


def passed_to(module):
    """The arguments of each forward pass of a module from now on."""
    seen = []
    module.register_forward_pre_hook(lambda _, arguments: seen.append(arguments))
    return seen


def whole_state(game, batches):
    """Everything that is saved, as a copy: path -> tensor, number or name."""
    return dict(leaves({"game": game.state_dict(), "batches": batches.state_dict()}))


def leaves(tree, path=""):
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from leaves(value, f"{path}.{key}" if path else str(key))
    elif isinstance(tree, list | tuple):
        for key, value in enumerate(tree):
            yield from leaves(value, f"{path}.{key}")
    else:
        yield path, tree.clone() if isinstance(tree, torch.Tensor) else tree


def differing(a, b):
    """The paths at which two whole states are not bit for bit the same."""
    return {path for path in a.keys() | b.keys() if path not in a or path not in b or not _same(a[path], b[path])}


def _same(a, b):
    if isinstance(a, torch.Tensor):
        return isinstance(b, torch.Tensor) and a.dtype == b.dtype and a.device == b.device and torch.equal(a, b)
    return type(a) is type(b) and a == b
