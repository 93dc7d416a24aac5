"""What the models learn from: packaged sets that need no download, folders of images, torchvision's sets."""
# ruff: noqa: F401

import course_gan.data.earth
from course_gan.data.augment import random_affine
from course_gan.data.base import ImageSet, Pairs, resize, to_float, to_uint8
from course_gan.data.batches import Batches, UnpairedBatches, derived_generator
from course_gan.data.crafts import CRAFTS, craft
from course_gan.data.folders import folder, paired_folder, unpaired_folders
from course_gan.data.handwriting import digits
from course_gan.data.listing import Listing, pictures_in
from course_gan.data.own import Split, own_domains, own_pairs, own_pictures
from course_gan.data.painted_maps import MAP_CLASSES, MAP_COLOURS, colour_code, colour_decode, paint, texture_maps
from course_gan.data.pictures import PHOTO_NAMES, TEXTURE_NAMES, NamedImages, photos, textures
from course_gan.data.reading import read_picture
from course_gan.data.styles import STYLES, style_patches, style_picture
from course_gan.data.torchvision_sets import celeba, cifar10, fashion_mnist, mnist
from course_gan.data.toys import gaussians_1d, gaussians_1d_modes, grid, grid_modes, ring, ring_modes
from course_gan.data.typefaces import CHARACTERS, TYPEFACES, glyphs
