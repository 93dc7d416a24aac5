"""The games of the lessons, by number: one function builds them for the notebook and for `course-gan train`."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor

from course_gan import data, models
from course_gan.catalogue import check_profile
from course_gan.errors import CourseError
from course_gan.training import GAN, AdaIN, Backend, CycleGAN, Game, Pix2Pix

Settings = dict[str, Any]


@dataclass
class Recipe:
    """A game ready to be trained, its data, the number of steps it deserves, and a look at what it has learned.

    preview: called for samples, points (n, 2) or images (n, c, h, w) in [-1, 1] to be shown in `columns` columns.
    """

    game: Game
    batches: Iterator
    steps: int
    settings: Settings
    preview: Callable[[], Tensor]
    columns: int = 8


_GAN = {
    "loss": "non_saturating",
    "lr": 2e-4,
    "lr_discriminator": None,
    "betas": (0.5, 0.999),
    "discriminator_steps": 1,
    "r1": 0.0,
    "r2": 0.0,
    "gradient_penalty": 0.0,
    "ema": 0.999,
}
_BACKEND = {"device": "auto", "dtype": "auto", "compile": False}
_TOY = _GAN | {"width": 128, "layers": 3, "latent_dim": 2, "batch_size": 256, "samples": 50_000}
_GLYPHS = _GAN | {"data": "glyphs", "width": 32, "latent_dim": 100, "image_size": 32, "copies": 8, "batch_size": 64}
_GLYPHS_PROFILES = {
    "smoke": {"steps": 20, "width": 4, "image_size": 16, "copies": 1, "batch_size": 16},
    "cpu": {"steps": 1_500},
    "gpu": {"steps": 20_000, "width": 64, "image_size": 64, "copies": 16, "batch_size": 128},
}
# What an objective needs beside its name to be the published method.
_OBJECTIVES = {"wasserstein": {"gradient_penalty": 10.0}, "relativistic": {"r1": 1.0, "r2": 1.0}}


_POINTS = {"ring": data.ring, "grid": partial(data.grid, spacing=0.5)}
_IMAGES = {
    "glyphs": lambda s: data.glyphs(s["image_size"], "train", s["copies"], s["seed"]),
    "digits": lambda s: data.digits("train", s["image_size"]),
    "mnist": lambda s: data.mnist(size=s["image_size"]),
    "celeba": lambda s: data.celeba(size=s["image_size"]),
}


def _chosen(sources: dict[str, Callable], s: Settings) -> Callable:
    """The source of data that the settings name."""
    if s["data"] not in sources:
        raise CourseError(f"data is {s['data']!r}, but has to be one of {', '.join(sources)}")
    return sources[s["data"]]


def _toy(s: Settings, backend: Backend) -> tuple:
    points = _chosen(_POINTS, s)(s["samples"], generator=data.derived_generator(s["seed"]))
    generator = models.MLPGenerator(s["latent_dim"], 2, s["width"], s["layers"])
    discriminator = models.MLPDiscriminator(2, s["width"], s["layers"])
    game = GAN(generator, discriminator, **{name: s[name] for name in _GAN}, seed=s["seed"], backend=backend)
    return game, data.Batches, [points], lambda: game.sample(n=1024)


def _dcgan(s: Settings, backend: Backend) -> tuple:
    images = _chosen(_IMAGES, s)(s)
    generator = models.DCGANGenerator(s["latent_dim"], images.channels, s["width"], s["image_size"])
    discriminator = models.DCGANDiscriminator(images.channels, s["width"], s["image_size"], s["discriminator_norm"])
    game = GAN(generator, discriminator, **{name: s[name] for name in _GAN}, seed=s["seed"], backend=backend)
    return game, data.Batches, [images], game.sample


def _pix2pix(s: Settings, backend: Backend) -> tuple:
    train = data.texture_maps(s["maps"], s["image_size"], s["seed"], "train")
    held_out = [data.to_float(part.images) for part in data.texture_maps(8, s["image_size"], s["seed"], "test")]
    shape = {name: s[name] for name in ("width", "depth", "max_multiplier", "skips", "residual")}
    translator = models.UNetGenerator(**shape)
    discriminator = models.PatchDiscriminator(6, s["discriminator_width"], s["patch_layers"], norm="batch")
    options = {name: s[name] for name in ("loss", "adversarial", "l1", "l2", "lr", "betas", "ema", "seed")}
    decay = (max(1, s["steps"] // 2),) * 2  # as published: half the time constant, half of it falling
    game = Pix2Pix(translator, discriminator, **options, decay=decay, backend=backend)
    return game, data.Batches, [train], lambda: torch.cat([held_out[0], game.sample(held_out[0]), held_out[1]])


def _cyclegan(s: Settings, backend: Backend) -> tuple:
    glyphs = data.glyphs(s["image_size"], "all", s["copies"], s["seed"])
    faces, held_out = (s["typefaces_a"], s["typefaces_b"]), list(s["held_out"])
    known = [c for c in data.CHARACTERS if c not in held_out]  # the others are shown to nobody, in no typeface
    shape = {"width": s["width"], "blocks": s["blocks"], "downsamplings": s["downsamplings"]}
    translators = [models.ResNetGenerator(1, 1, **shape) for _ in range(2)]
    discriminators = [models.PatchDiscriminator(1, s["width"], s["patch_layers"]) for _ in range(2)]
    options = {name: s[name] for name in ("cycle", "identity", "pool", "lr", "betas", "ema", "seed")}
    game = CycleGAN(*translators, *discriminators, **options, decay=(s["steps"] // 2,) * 2, backend=backend)
    a, b = (data.to_float(glyphs.where(typeface=names[0], character=held_out).images[:8]) for names in faces)
    return (
        *(game, data.UnpairedBatches, [glyphs.where(typeface=list(names), character=known) for names in faces]),
        lambda: torch.cat([a, game.sample(a), b, game.sample(b, "b_to_a")]),
    )


def _adain(s: Settings, backend: Backend) -> tuple:
    size, names = s["image_size"], ("content", "style", "pretrain", "normalise", "scales", "clip", "lr", "ema", "seed")
    photos = _patches(s, data.photos(), (1, 2))
    maps = torch.cat([side.images for side in data.texture_maps(s["patches"] // 8, size, s["seed"])])
    style = torch.cat([_patches(s, data.textures(), (1, 2, 3)), photos, maps])
    noise = torch.randn(photos.shape, generator=data.derived_generator(s["seed"], 1))
    content = data.to_uint8(data.to_float(photos) + s["grain"] * noise)  # texture grows from it where a photo is flat
    shape = {"widths": s["widths"], "repeats": s["repeats"]}
    encoder, decoder = models.AdaINEncoder(3, **shape), models.AdaINDecoder(3, **shape)
    painting = s["steps"] - s["pretrain"]
    constant = max(s["pretrain"], painting // 2)  # the autoencoder's rate does not fall
    decay = (constant, max(0, painting - constant))
    game = AdaIN(encoder, decoder, **{name: s[name] for name in names}, decay=decay, backend=backend)
    shown = [data.to_float(p.patches(size, 8, 1, "test").images) for p in (data.photos(), data.textures())]
    kind = partial(data.UnpairedBatches, transform=_recoloured)
    return game, kind, [content, style], lambda: torch.cat([*shown, game.sample(*shown)])


def _patches(s: Settings, pictures: data.NamedImages, shrinks: tuple[int, ...]) -> Tensor:
    """Training patches uint8 (n, 3, size, size) at several scales, of the pictures that are not held out."""
    names, n = [name for name in pictures if name not in s["held_out"]], s["patches"] // len(shrinks)
    cut = [pictures.patches(s["image_size"], n, s["seed"] + shrink, "train", shrink) for shrink in shrinks]
    return torch.cat([patches.where(**{pictures.factor: names}).images for patches in cut])


def _recoloured(images: Tensor, generator: torch.Generator) -> Tensor:
    """Images (b, 3, h, w) in [-1, 1], half of them mirrored and most in other colours: a few pictures make many styles.

    The channels are exchanged, stretched, a quarter of them inverted, and shifted: grey becomes a scale of two colours.
    """
    n = len(images)
    order = torch.rand(n, 3, generator=generator).argsort(dim=1)  # (n, 3)
    gain, shift = torch.rand(2, n, 3, 1, 1, generator=generator)
    inverted, kept, mirrored = (torch.rand(n, k, 1, 1, generator=generator) for k in (3, 1, 1))
    gain = (0.35 + 0.85 * gain) * torch.where(inverted < 0.25, -1, 1)
    exchanged = images[torch.arange(n)[:, None], order.to(images.device)]
    other = (exchanged * gain.to(images) + 0.8 * (shift.to(images) - 0.5)).clamp(-1, 1)
    images = torch.where(kept.to(images) < 0.3, images, other)
    return torch.where(mirrored.to(images) < 0.5, images.flip(3), images)


_LESSONS: dict[str, tuple[Callable, Settings, dict[str, Settings]]] = {
    "01": (
        _toy,
        _TOY | {"data": "ring", "width": 64, "lr": 5e-4, "lr_discriminator": 2e-3, "betas": (0.0, 0.9), "ema": None},
        {
            "smoke": {"steps": 60, "batch_size": 64},
            "cpu": {"steps": 3_000},
            "gpu": {"steps": 10_000, "batch_size": 1024},
        },
    ),
    "02": (
        _toy,
        _TOY | {"data": "grid", "layers": 4, "lr": 1e-3, "lr_discriminator": 4e-3, "betas": (0.5, 0.9), "ema": 0.99},
        {"smoke": {"steps": 20, "width": 32, "batch_size": 64}, "cpu": {"steps": 2_000}, "gpu": {"steps": 6_000}},
    ),
    "03": (
        _dcgan,
        _GLYPHS | {"discriminator_norm": "batch", "lr": 4e-4, "ema": 0.998},
        _GLYPHS_PROFILES | {"cpu": {"steps": 3_000}},
    ),
    "04": (_dcgan, _GLYPHS | {"discriminator_norm": "none"}, _GLYPHS_PROFILES),
    "07": (
        _pix2pix,
        {
            **{"loss": "non_saturating", "adversarial": 1.0, "l1": 10.0, "l2": 0.0},
            **{"lr": 5e-4, "betas": (0.5, 0.999), "ema": 0.995, "batch_size": 8, "image_size": 64, "maps": 1000},
            **{"width": 24, "depth": 5, "max_multiplier": 4, "skips": True, "residual": True},
            **{"discriminator_width": 32, "patch_layers": 3},
        },
        {
            "smoke": {
                **{"steps": 10, "image_size": 32, "maps": 32, "batch_size": 4},
                **{"width": 4, "depth": 3, "discriminator_width": 4, "patch_layers": 2},
            },
            "cpu": {"steps": 4_000},
            "gpu": {
                **{"steps": 20_000, "maps": 4000, "batch_size": 16},
                **{"width": 64, "depth": 6, "max_multiplier": 8, "discriminator_width": 64},
            },
        },
    ),
    "08": (
        _cyclegan,
        {
            # A tenth of the published cycle weight and no identity term: letters have to change their shape. Patches of
            # 16 pixels, half a letter: a D that sees whole letters learns those of the training by heart.
            **{"cycle": 1.0, "identity": 0.0, "pool": 50, "lr": 1e-3, "betas": (0.5, 0.999), "ema": 0.99},
            # Every upright sans of regular weight, every bold serif italic; every fifth character is held out of both.
            **{"typefaces_a": ("DejaVuSans", "DejaVuSansMono", "cmss10"), "held_out": "CHMRWbglqv05"},
            **{"typefaces_b": ("DejaVuSerif-BoldItalic", "STIXGeneralBolIta")},
            **{"image_size": 32, "copies": 8, "batch_size": 8},
            **{"width": 16, "blocks": 4, "downsamplings": 1, "patch_layers": 1},
        },
        {
            "smoke": {"steps": 5, "width": 4, "blocks": 1, "copies": 1, "batch_size": 4},
            "cpu": {"steps": 4_000},
            "gpu": {"steps": 20_000, "width": 64, "blocks": 6, "copies": 16, "lr": 4e-4},
        },
    ),
    "10": (
        _adain,
        {
            **{"content": 1.0, "style": 10.0, "pretrain": 800, "normalise": True, "scales": 3, "clip": 1.0},
            **{"lr": 1e-3, "ema": None, "image_size": 96, "patches": 2000, "batch_size": 4, "grain": 0.12},
            **{"widths": (32, 64, 128), "repeats": (2, 2), "held_out": ("coffee", "ihc")},
        },
        {
            "smoke": {
                **{"steps": 8, "pretrain": 4, "image_size": 32, "patches": 48},
                **{"widths": (4, 8), "repeats": (1,), "scales": 2},
            },
            "cpu": {"steps": 4_000},
            "gpu": {"steps": 40_000, "pretrain": 5_000, "patches": 8000, "widths": (64, 128, 256), "batch_size": 16},
        },
    ),
}


def settings(lesson: str, profile: str = "cpu", **overrides: Any) -> Settings:
    """The settings of a lesson's game under a profile, as a flat dict; an override of None leaves the profile's.

    lesson: 01, 02, 03, 04, 07, 08 or 10, as "3", "03" or "03_dcgan". profile: "smoke", "cpu" or "gpu".
    Raises CourseError for another lesson, profile or setting, or a value of another type.
    """
    lesson = lesson.split("_")[0].zfill(2)
    if lesson not in _LESSONS:
        raise CourseError(f"lesson {lesson!r} has no game to train: choose one of {', '.join(_LESSONS)}")
    _, common, by_profile = _LESSONS[lesson]
    chosen = {"lesson": lesson, "profile": profile, "seed": 0} | _BACKEND | common | by_profile[check_profile(profile)]
    given = {name.lower(): value for name, value in overrides.items() if value is not None}
    chosen |= _OBJECTIVES.get(given.get("loss"), {}) if lesson == "04" else {}
    for name, value in given.items():
        if name not in chosen or name in ("lesson", "profile"):
            raise CourseError(f"lesson {lesson} has no setting {name!r}: it has {', '.join(sorted(chosen))}")
        chosen[name] = _typed(name, value, chosen[name])
    return chosen


def _typed(name: str, value: Any, default: Any) -> Any:
    """The value as the type of the default: an integer may stand for a float, and None for a number left out."""
    if isinstance(default, float) and type(value) is int:
        return float(value)
    if isinstance(default, tuple) and isinstance(value, list):
        return tuple(value)
    if default is not None and type(value) is not type(default):
        raise CourseError(f"{name} is {value!r}, but has to be like {default!r}")
    return value


def build(lesson: str, profile: str = "cpu", **overrides: Any) -> Recipe:
    """A lesson's game with its data, from `settings(lesson, profile, **overrides)`.

    The same settings give the same players, batches and samples, whatever torch's global random state.
    """
    chosen = settings(lesson, profile, **overrides)
    backend = Backend(**{name: chosen[name] for name in _BACKEND})
    if profile == "gpu" and backend.device.type == "cpu" and chosen["device"] == "auto":
        raise CourseError("profile gpu wants a CUDA or MPS device and found none: use cpu, or the setting device=cpu")
    with backend.randomness(chosen["seed"]):
        game, kind, sources, preview = _LESSONS[chosen["lesson"]][0](chosen, backend)
    share = {"seed": chosen["seed"], "rank": backend.rank, "world_size": backend.world_size}
    batches = kind(*(_moved(source, backend) for source in sources), batch_size=chosen["batch_size"], **share)
    return Recipe(game, batches, chosen["steps"], chosen, preview)


def _moved(source: Any, backend: Backend) -> Any:
    """A tensor, an image set or a tuple of those on the device."""
    return tuple(part.to(backend.device) for part in source) if isinstance(source, tuple) else source.to(backend.device)
