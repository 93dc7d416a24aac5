"""Styles drawn by code: of the size, scale and palette that is asked for, the same again, and no two alike."""

import pytest
import torch

from course_gan.data import CRAFTS, craft, to_float


@pytest.mark.parametrize("name", CRAFTS)
def test_a_craft_is_a_colour_picture_with_light_and_dark(name):
    picture = craft(name, 96)
    assert (picture.shape, picture.dtype) == ((3, 96, 96), torch.uint8)
    assert picture.float().std() > 30
    assert torch.equal(picture, craft(name, 96))
    assert not torch.equal(picture, craft(name, 96, seed=1))


@pytest.mark.parametrize("name", CRAFTS)
def test_scale_makes_the_marks_larger(name):
    def change(scale):  # between neighbours, as a share of the whole spread
        light = torch.stack([to_float(craft(name, 128, scale, seed)).mean(dim=0) for seed in range(3)])
        return (light[:, :, 1:] - light[:, :, :-1]).abs().mean() / light.std()

    assert change(2.0) < 0.75 * change(1.0)


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("batik",), "craft is 'batik', but has to be one of woodcut, hatching, stained glass, stippling, mosaic"),
        (("mosaic", 8), "size is 8 and scale 1, but wanted are at least 16 pixels and 0.25 to 4"),
        (("mosaic", 64, 9.0), "size is 64 and scale 9, but wanted are at least 16 pixels and 0.25 to 4"),
    ],
)
def test_what_cannot_be_drawn_is_one_line(words, line):
    with pytest.raises(ValueError, match=f"^{line}$"):
        craft(*words)
