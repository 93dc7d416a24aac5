"""Patches as distributions: the distance knows equal clouds, and its gradient leads there."""

import pytest
import torch
import torch.nn.functional as F

from course_gan import data
from course_gan.style_losses import (
    BLOCK,
    PatchDistance,
    coarse_light,
    content_distance,
    every_patch_distance,
    patches,
    random_directions,
    sliced_wasserstein,
)
from course_gan.training import repaint


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def style(name, side=96):
    return data.to_float(data.style_picture(name)[None, :, :side, :side])


def test_all_patches_are_those_of_unfold_and_fewer_are_some_of_them():
    images = torch.rand(2, 3, 12, 11)
    every = F.unfold(images, 9).transpose(0, 1).flatten(1)  # (243, 2 · 4 · 3)
    found = patches(images)
    assert found.shape == every.shape
    assert torch.equal(found.sort(dim=1).values, every.sort(dim=1).values)
    some = patches(images, most=5, generator=seeded())
    assert some.shape == (243, 5)
    assert all(any(torch.equal(column, other) for other in every.T) for column in some.T)
    with pytest.raises(ValueError, match="images have 8×11 pixels, but a patch has 9×9"):
        patches(images[:, :, :8])


def test_in_one_dimension_it_is_the_wasserstein_distance():
    first, second = torch.randn(1, 50), 3 * torch.randn(1, 50) + 1
    expected = (first.sort().values - second.sort().values).square().mean() / (second.var() + 1e-4)
    torch.testing.assert_close(sliced_wasserstein(first, second, torch.ones(1, 1)), expected)


def test_equal_clouds_have_no_distance_whatever_their_order():
    cloud = torch.randn(27, 60)
    directions = random_directions(8, 27, seeded())
    torch.testing.assert_close(directions.norm(dim=1), torch.ones(8))
    assert sliced_wasserstein(cloud, cloud[:, torch.randperm(60)], directions) == 0
    assert sliced_wasserstein(cloud, cloud + 1, directions) > 0


def test_it_tells_a_style_from_its_shuffled_pixels_where_statistics_cannot():
    picture = style("gravel", 192)
    order = torch.randperm(192 * 192, generator=seeded())
    shuffled = picture.flatten(2)[..., order].view_as(picture)
    torch.testing.assert_close(shuffled.mean((2, 3)), picture.mean((2, 3)))
    distance = PatchDistance(picture, generator=seeded())
    assert distance(picture) < 0.02
    assert distance(shuffled) > 5 * distance(picture)


def test_a_convolution_projects_every_patch():
    picture, other = style("gravel", 64), style("brick", 64)
    assert every_patch_distance(picture, picture, generator=seeded()) < 0.1
    assert every_patch_distance(other, picture, generator=seeded()) > 0.3
    image = picture.clone().requires_grad_()
    every_patch_distance(image, other, generator=seeded()).backward()
    assert (image.grad != 0).all()  # the border's pixels too


def test_a_style_smaller_than_its_patches_is_one_line():
    with pytest.raises(ValueError, match="style has 30×50 pixels, wanted at least 40 a side"):
        PatchDistance(torch.zeros(1, 3, 30, 50))
    for start, picture in ((torch.zeros(1, 3, 47, 80), style("brick")), (style("brick"), torch.zeros(1, 3, 80, 47))):
        with pytest.raises(ValueError, match="has (47×80|80×47) pixels, wanted at least 48 a side"):
            repaint(start, picture)


def test_coarse_light_sees_neither_colour_nor_contrast_nor_texture():
    photo = data.to_float(data.resize(data.photos()["coffee"][None], 96))
    fainter = coarse_light(0.5 * photo + 0.2)
    assert F.cosine_similarity(fainter.flatten(), coarse_light(photo).flatten(), dim=0) > 0.9999
    torch.testing.assert_close(coarse_light(photo.flip(1)), coarse_light(photo))
    checks = 0.3 * (1 - 2.0 * ((torch.arange(96)[:, None] + torch.arange(96)) % 2))
    torch.testing.assert_close(coarse_light(photo + checks), coarse_light(photo), atol=1e-3, rtol=0)
    assert coarse_light(photo).shape == (1, 1, 96 // BLOCK, 96 // BLOCK)
    assert content_distance(photo, photo) == 0
    assert content_distance(photo.flip(3), photo) > 0.3


def test_pixels_move_to_the_style_and_keep_the_photo():
    wanted = style("stippling", 128)
    photo = data.to_float(data.resize(data.photos()["coffee"][None], 64))
    painted = repaint(photo, wanted, photo=photo, steps=15, seed=3)
    assert painted.shape == photo.shape
    assert painted.abs().max() <= 1
    measure = PatchDistance(wanted, generator=seeded())
    assert measure(painted) < 0.5 * measure(photo)
    assert content_distance(painted, photo) < content_distance(painted, photo.flip(3))
    assert torch.equal(painted, repaint(photo, wanted, photo=photo, steps=15, seed=3))
    assert not torch.equal(painted, repaint(photo, wanted, photo=photo, steps=15, seed=4))
    smallest = photo[..., :48, :48]
    assert repaint(smallest, wanted[..., :48, :48], photo=smallest, steps=40).isfinite().all()
