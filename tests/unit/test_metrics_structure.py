"""A style named by structure, a photo found again: what both say of answers that are known."""

import json

import pytest
import torch

from course_gan import data
from course_gan.data import STYLES
from course_gan.files import ROOT
from course_gan.metrics.structure import colourless, crops_of, found_again, styles_named
from course_gan.models import load_features


@pytest.fixture(scope="module")
def namer():
    return load_features("styles")


def test_neither_colour_nor_contrast_is_left():
    image = torch.rand(2, 3, 64, 64) * 2 - 1
    grey = colourless(image)
    assert grey.shape == (2, 1, 64, 64)
    torch.testing.assert_close(colourless(image.flip(1)), grey)
    torch.testing.assert_close(colourless(0.5 * image + 0.1), grey, atol=0.1, rtol=0)
    assert colourless(torch.full((1, 3, 64, 64), 0.3)).abs().max() < 1e-5


def test_crops_are_cut_image_by_image():
    images = torch.arange(2 * 3 * 128 * 192.0).view(2, 3, 128, 192)
    crops = crops_of(images)
    assert crops.shape == (12, 3, 64, 64)
    torch.testing.assert_close(crops[7], images[1, :, :64, 64:128])
    assert crops_of(images, 32).shape == (2 * 3 * 5, 3, 64, 64)


def test_the_namer_is_right_on_parts_of_styles_it_never_saw(namer):
    record = json.loads((ROOT / "results" / "style_features.json").read_text(encoding="utf-8"))
    assert record["test"]["right"] >= 0.95
    patches = data.style_patches(64, 390, 7, "test")
    right = (styles_named(data.to_float(patches.images), namer) == patches.labels["style"]).float().mean()
    assert right >= 0.92


def test_the_namer_is_not_fooled_by_a_palette(namer):
    """Pixels of a style, shuffled, have its colours and no structure: named rightly by chance."""
    named = []
    for number, name in enumerate(STYLES):
        picture = data.to_float(data.style_picture(name)[None, :, :256, :256])
        order = torch.randperm(256 * 256, generator=torch.Generator().manual_seed(number))
        shuffled = crops_of(picture.flatten(2)[..., order].view_as(picture))
        named.append((styles_named(shuffled, namer) == number).float().mean().item())
    assert sum(named) / len(named) < 0.2


def test_a_photo_is_found_through_colour_and_texture_and_a_style_is_not():
    photos = [data.resize(data.photos()[name][None], 256) for name in ("coffee", "china")]
    crops = crops_of(data.to_float(torch.cat(photos)))
    assert found_again(crops, crops).all()
    noisy = 0.4 * crops.flip(1) + 0.3 * torch.randn(crops.shape, generator=torch.Generator().manual_seed(0))
    assert found_again(noisy, crops).float().mean() > 0.9
    style = data.to_float(data.style_picture("gravel")[None, :, :256, :256])
    assert found_again(crops_of(torch.cat([style, style])), crops).float().mean() < 0.2
