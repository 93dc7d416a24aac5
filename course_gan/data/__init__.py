"""What the models learn from: packaged sets that need no download, folders of images, torchvision's sets."""

from course_gan.data.base import ImageSet, Pairs, Unpaired, to_float, to_uint8
from course_gan.data.batches import Batches, UnpairedBatches, derived_generator
from course_gan.data.digits import digits
from course_gan.data.glyphs import CHARACTERS, TYPEFACES, glyphs
from course_gan.data.toys import gaussians_1d, gaussians_1d_modes, grid, grid_modes, ring, ring_modes

__all__ = [
    "CHARACTERS",
    "TYPEFACES",
    "Batches",
    "ImageSet",
    "Pairs",
    "Unpaired",
    "UnpairedBatches",
    "derived_generator",
    "digits",
    "gaussians_1d",
    "gaussians_1d_modes",
    "glyphs",
    "grid",
    "grid_modes",
    "ring",
    "ring_modes",
    "to_float",
    "to_uint8",
]
