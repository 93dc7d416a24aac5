import math

import pytest
import torch

from course_gan.data import glyphs, random_affine, to_float

STILL = {"degrees": 0.0, "shear": 0.0, "zoom": (1.0, 1.0)}


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def letters(n=16):
    return to_float(glyphs(32).images[:n])


def spread(images):
    """Second moments of the ink about its centre: (b, 2, 2), axes x and y."""
    ink = (images[:, 0] + 1) / 2
    axis = torch.arange(images.shape[-1]) - (images.shape[-1] - 1) / 2
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    position = torch.stack([x, y], dim=-1)  # (h, w, 2)
    mass = ink.sum(dim=(1, 2))
    centre = torch.einsum("bhw,hwi->bi", ink, position) / mass[:, None]
    moment = torch.einsum("bhw,hwi,hwj->bij", ink, position, position) / mass[:, None, None]
    return moment - centre[:, :, None] * centre[:, None, :]


def bar():
    """A level bright bar on black, off no centre: (1, 1, 64, 64)."""
    image = -torch.ones(1, 1, 64, 64)
    image[..., 30:34, 16:48] = 1
    return image


def test_two_images_of_a_batch_get_different_maps():
    same = letters(1).expand(8, -1, -1, -1)
    out = random_affine(same, generator=seeded())
    assert len(out.flatten(1).unique(dim=0)) == 8


def test_without_amounts_nothing_changes():
    assert torch.allclose(random_affine(letters(), **STILL), letters(), atol=1e-5)


def test_the_generator_decides_and_the_global_one_is_not_asked():
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    first = random_affine(letters(), generator=seeded(1))
    assert torch.equal(torch.rand(1), expected)
    assert torch.equal(random_affine(letters(), generator=seeded(1)), first)
    assert not torch.equal(random_affine(letters(), generator=seeded(2)), first)


def test_flip_with_certainty_is_the_mirror_image():
    assert torch.allclose(random_affine(letters(), **STILL, flip=1.0), letters().flip(3), atol=1e-5)


def test_flip_with_one_half_mirrors_about_half():
    out = random_affine(letters(1).expand(400, -1, -1, -1), **STILL, flip=0.5, generator=seeded())
    kept = (out - letters(1)).flatten(1).norm(dim=1) < 1e-3
    assert 150 < kept.sum() < 250


def test_zoom_above_one_enlarges_the_content():
    disc = -torch.ones(1, 1, 64, 64)
    disc[..., 24:40, 24:40] = 1
    for factor in (0.5, 1.5):
        out = random_affine(disc, degrees=0, shear=0, zoom=(factor, factor))
        assert ((out + 1).sum() / (disc + 1).sum()).item() == pytest.approx(factor**2, rel=0.05)


def test_angles_are_uniform_up_to_the_stated_degrees():
    out = random_affine(bar().expand(500, -1, -1, -1), degrees=30, shear=0, zoom=(1, 1), generator=seeded())
    moment = spread(out)
    angle = 0.5 * torch.atan2(2 * moment[:, 0, 1], moment[:, 0, 0] - moment[:, 1, 1]) * 180 / math.pi
    assert 28 < angle.max() < 31
    assert -31 < angle.min() < -28
    assert angle.std().item() == pytest.approx(60 / 12**0.5, rel=0.1)


def test_turning_and_shearing_keep_areas():
    out = random_affine(bar().expand(200, -1, -1, -1), degrees=30, shear=20, zoom=(1, 1), generator=seeded())
    area = (out + 1).sum(dim=(1, 2, 3)) / (bar() + 1).sum()
    assert torch.allclose(area, torch.ones(200), atol=0.05)


def test_shear_moves_rows_sideways_and_no_pixel_up_or_down():
    upright = bar().transpose(2, 3)
    out = random_affine(upright.expand(200, -1, -1, -1), degrees=0, shear=20, zoom=(1, 1), generator=seeded())
    moment = spread(out)
    slope = (moment[:, 0, 1] / moment[:, 1, 1]).abs()
    assert slope.max().item() == pytest.approx(math.tan(math.radians(20)), rel=0.05)
    assert torch.allclose(moment[:, 1, 1], spread(upright)[:, 1, 1].expand(200), rtol=0.02)


def test_translate_shifts_by_at_most_the_stated_fraction():
    out = random_affine(bar().expand(300, -1, -1, -1), **STILL, translate=0.1, generator=seeded())
    columns = (out[:, 0] + 1).sum(dim=1)  # (b, w)
    centre = (columns * torch.arange(64)).sum(dim=1) / columns.sum(dim=1)
    assert 6.0 < (centre - 31.5).abs().max() <= 6.41


def test_outside_is_black_or_the_mirrored_image():
    white = torch.ones(4, 3, 16, 16)
    black_corners = random_affine(white, degrees=0, shear=0, zoom=(0.5, 0.5))
    assert torch.equal(black_corners[..., 0, 0], -torch.ones(4, 3))
    assert torch.allclose(random_affine(white, zoom=(0.5, 0.5), fill=None), white)


def test_bytes_are_refused():
    with pytest.raises(ValueError, match=r"^images are torch.uint8, wanted floating point; use to_float first$"):
        random_affine(glyphs(16).images[:2])
