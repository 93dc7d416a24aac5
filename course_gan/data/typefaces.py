"""Letters and digits in twenty typefaces: a two-factor set of real shapes that comes with matplotlib."""

import string
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from course_gan.data.base import ImageSet, choose
from course_gan.data.batches import derived_generator

CHARACTERS = tuple(string.ascii_uppercase + string.ascii_lowercase + string.digits)
TYPEFACES = (
    "DejaVuSans",
    "DejaVuSans-Bold",
    "DejaVuSans-Oblique",
    "DejaVuSans-BoldOblique",
    "DejaVuSansMono",
    "DejaVuSansMono-Bold",
    "DejaVuSansMono-BoldOblique",
    "DejaVuSerif",
    "DejaVuSerif-Bold",
    "DejaVuSerif-Italic",
    "DejaVuSerif-BoldItalic",
    "STIXGeneral",
    "STIXGeneralBol",
    "STIXGeneralItalic",
    "STIXGeneralBolIta",
    "cmr10",  # Computer Modern: roman
    "cmb10",  # bold
    "cmti10",  # italic
    "cmss10",  # sans serif
    "cmtt10",  # typewriter
)
"""Names of the font files."""

_LICENCE = "Bitstream Vera and Arev (DejaVu), STIX Font License (STIX), BaKoMa Fonts Licence (Computer Modern)"
_OVERSAMPLE = 4  # drawn this much larger, then averaged: smooth edges, and centring to a quarter of a pixel
_CAPITAL = 0.62  # height of a capital H, as a fraction of the box
_WIDEST = 0.75  # largest extent of any ink, as a fraction of the box


def glyphs(size: int = 32, split: str = "train", copies: int = 1, seed: int = 0) -> ImageSet:
    """62 characters × 20 typefaces, white on black, ink centred, with the factors "character" and "typeface".

    size: height and width in pixels.
    split: "train" (992 pairs of character and typeface), "test" (the other 248) or "all". The split is fixed: every
        character and every typeface occurs in both, so that the test asks for known characters in known typefaces
        whose combination was never seen.
    copies: images per pair; the first is upright, the others are turned, sheared, scaled and shifted at random.
    seed: of those random maps.
    Raises ValueError for an unknown split, or copies or size that are too small.

    Source: TrueType fonts shipped with matplotlib. Licences: Bitstream Vera and Arev (DejaVu), STIX Font License
    (STIX, after the SIL Open Font License), BaKoMa Fonts Licence (Computer Modern).
    """
    if size < 8 or copies < 1:
        raise ValueError(f"size {size}, copies {copies}: wanted size >= 8 and copies >= 1")
    images = _bank(size) if copies == 1 else _augmented_bank(size, copies, seed)
    character = torch.arange(len(CHARACTERS)).repeat_interleave(len(TYPEFACES)).repeat(copies)
    typeface = torch.arange(len(TYPEFACES)).repeat(len(CHARACTERS) * copies)
    labels = {"character": character, "typeface": typeface}
    classes = {"character": CHARACTERS, "typeface": TYPEFACES}
    in_test = (character + typeface) % 5 == 0
    part = choose(split, ~in_test, in_test, slice(None))
    return ImageSet("glyphs", images, labels, classes, _LICENCE, "fonts shipped with matplotlib").subset(part)


@lru_cache(maxsize=4)
def _bank(size: int) -> Tensor:
    """Every upright glyph, uint8 (1240, 1, size, size), characters outermost."""
    typefaces = [_typeface(name, size) for name in TYPEFACES]
    return torch.stack(typefaces, dim=1).reshape(-1, 1, size, size)


def _typeface(name: str, size: int) -> Tensor:
    """The 62 characters of one font, uint8 (62, size, size)."""
    import matplotlib

    path = Path(matplotlib.get_data_path(), "fonts", "ttf", f"{name}.ttf")
    large = size * _OVERSAMPLE
    font = ImageFont.truetype(str(path), large, layout_engine=ImageFont.Layout.BASIC)
    font = font.font_variant(size=large * _CAPITAL * large / _ink(font, "H").height)
    return torch.from_numpy(np.stack([_drawn(font, character, size) for character in CHARACTERS]))


def _drawn(font: ImageFont.FreeTypeFont, character: str, size: int) -> Image.Image:
    """One character in grey, its ink in the middle and made smaller where it is wider than allowed."""
    large = size * _OVERSAMPLE
    limit = large * _WIDEST
    ink = _ink(font, character)
    if max(ink.size) > limit:
        smaller = font.font_variant(size=font.size * limit / max(ink.size))
        ink = _ink(smaller, character)
    canvas = Image.new("L", (large, large))
    canvas.paste(ink, ((large - ink.width) // 2, (large - ink.height) // 2))
    return canvas.reduce(_OVERSAMPLE)


def _ink(font: ImageFont.FreeTypeFont, character: str) -> Image.Image:
    """The character in grey, cropped to its ink."""
    room = Image.new("L", (int(3 * font.size), int(3 * font.size)))
    ImageDraw.Draw(room).text((font.size, font.size), character, fill=255, font=font)
    return room.crop(room.getbbox())


@lru_cache(maxsize=4)
def _augmented_bank(size: int, copies: int, seed: int) -> Tensor:
    """The upright bank followed by copies - 1 banks with a random affine map of its own for every image."""
    from torchvision.transforms import InterpolationMode, v2

    affine = v2.RandomAffine(
        degrees=6,
        translate=(0.03, 0.03),
        scale=(0.85, 1.0),
        shear=4,
        interpolation=InterpolationMode.BILINEAR,
    )
    upright = _bank(size)
    with torch.random.fork_rng(devices=[]):  # v2 draws from torch's global generator
        torch.manual_seed(derived_generator(seed).initial_seed())
        turned = [affine(image) for _ in range(copies - 1) for image in upright]
    return torch.cat([upright, torch.stack(turned)])
