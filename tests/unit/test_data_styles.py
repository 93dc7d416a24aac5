"""Style pictures and patches: named, large enough, and split so that no pixel is in both parts."""

import pytest
import torch

from course_gan.data import CRAFTS, STYLES, style_patches, style_picture


@pytest.mark.parametrize("name", STYLES)
def test_every_style_is_a_picture_worth_looking_at(name):
    picture = style_picture(name)
    assert picture.dtype == torch.uint8
    assert picture.shape[0] == 3
    assert 256 <= min(picture.shape[1:]) <= max(picture.shape[1:]) <= 400
    assert picture.float().std() > 8
    assert torch.equal(picture, style_picture(name))


def test_the_syllabus_asks_for_these():
    assert {"relief", "earth", "brick", "gravel", "grass", "tissue", "flower", "retina", *CRAFTS} == set(STYLES)
    with pytest.raises(ValueError, match="style is 'bricks', but has to be one of relief, earth, brick"):
        style_picture("bricks")


def test_patches_come_from_every_style_in_turn_and_the_parts_share_none():
    train, test = (style_patches(64, 39, 0, split) for split in ("train", "test"))
    assert train.labels["style"].bincount().tolist() == [3] * len(STYLES)
    assert train.classes["style"] == STYLES
    brick = style_picture("brick")
    cut = round(0.7 * brick.shape[2])
    windows = brick[:, :, :cut].unfold(1, 64, 1).unfold(2, 64, 1)  # every place of the training part
    for split, inside in ((train, True), (test, False)):
        patch = split.where(style="brick").images[0]
        same = (windows[:, :, :, ::16, ::16] == patch[:, None, None, ::16, ::16]).flatten(3).all(dim=3).all(dim=0)
        assert same.any() == inside
    assert torch.equal(train.images, style_patches(64, 39, 0, "train").images)
    with pytest.raises(ValueError, match="split is 'all of it'"):
        style_patches(64, 13, 0, "all of it")
