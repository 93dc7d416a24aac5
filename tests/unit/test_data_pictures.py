import socket

import pytest
import torch
from PIL import Image

from course_gan.data import MAP_CLASSES, colour_code, colour_decode, paint, photos, texture_maps, textures
from course_gan.data.pictures import _read, crop, region
from course_gan.errors import CourseError


def numbered(height, width):
    """An image whose pixels are all different, as three bytes."""
    number = torch.arange(height * width).view(height, width)
    return torch.stack([number % 256, number // 256 % 256, number // 65536]).to(torch.uint8)


def test_all_pictures_come_without_a_network(monkeypatch):
    def no_network(*_):
        raise AssertionError("a picture asked for the network")

    monkeypatch.setattr(socket.socket, "connect", no_network)
    _read.cache_clear()
    assert set(textures()) == {"brick", "grass", "gravel", "hubble", "retina", "ihc"}
    assert set(photos()) == {"astronaut", "coffee", "chelsea", "rocket", "china", "flower", "grace_hopper"}
    for pictures in (textures(), photos()):
        for name, image in pictures.items():
            assert image.dtype == torch.uint8
            assert image.shape[0] in (1, 3)
            assert min(image.shape[1:]) >= 300
            assert image.float().std() > 10, name
            assert pictures.licences[name]
            assert pictures.sources[name]


def test_pictures_are_those_of_the_packages():
    from skimage import data
    from sklearn.datasets import load_sample_image

    assert torch.equal(photos()["chelsea"], torch.from_numpy(data.chelsea()).permute(2, 0, 1))
    assert torch.equal(textures()["brick"][0], torch.from_numpy(data.brick()))
    assert torch.equal(photos()["china"], torch.from_numpy(load_sample_image("china.jpg").copy()).permute(2, 0, 1))


@pytest.mark.parametrize("shape", [(30, 50), (50, 30)])
def test_train_and_test_regions_share_no_pixel_and_leave_none_out(shape):
    image = numbered(*shape)
    pixels = {split: region(image, split).flatten(1).T.tolist() for split in ("train", "test", "all")}
    train, test, everything = ({tuple(pixel) for pixel in pixels[split]} for split in ("train", "test", "all"))
    assert not train & test
    assert train | test == everything
    assert len(test) / len(everything) == pytest.approx(0.3)


def test_patches_lie_in_the_region_of_their_picture_and_split():
    for split in ("train", "test"):
        patches = photos().patches(32, n=14, split=split)
        for image, k in zip(patches.images, patches.labels["photo"].tolist()):
            picture = region(photos()[patches.classes["photo"][k]], split)
            windows = picture.unfold(1, 32, 1).unfold(2, 32, 1)[0]  # (y, x, 32, 32)
            corner = (windows[..., 0, 0] == image[0, 0, 0]).nonzero()
            assert any(torch.equal(picture[:, y : y + 32, x : x + 32], image) for y, x in corner.tolist())


def test_patches_are_balanced_named_and_follow_the_seed():
    patches = textures().patches(24, n=60, seed=1)
    assert patches.images.shape == (60, 3, 24, 24)
    assert torch.bincount(patches.labels["texture"]).tolist() == [10] * 6
    assert torch.equal(patches.images, textures().patches(24, n=60, seed=1).images)
    assert not torch.equal(patches.images, textures().patches(24, n=60, seed=2).images)
    brick = patches.where(texture="brick").images
    assert torch.equal(brick[:, 0], brick[:, 2])  # grey in three channels
    assert len(brick.flatten(1).unique(dim=0)) == 10
    assert "hubble: public domain (NASA)" in patches.licence


def test_shrunk_pictures_keep_their_mean_and_show_more():
    image = textures()["gravel"]
    small = region(image, "all", shrink=2)
    assert small.shape == (1, 256, 256)
    assert small.float().mean().item() == pytest.approx(image.float().mean().item(), abs=1)


def test_a_crop_reaches_every_corner():
    image = numbered(5, 5)
    seen = {tuple(crop(image, 4, torch.Generator().manual_seed(k))[0, 0, :1].tolist()) for k in range(40)}
    assert seen == {(0,), (1,), (5,), (6,)}


def test_a_patch_larger_than_its_region_is_refused():
    with pytest.raises(ValueError, match=r"^size 200 is too large: this part of a picture has 512×154 pixels$"):
        textures().patches(200, n=6, split="test")


def test_a_picture_missing_from_its_package_is_one_line():
    with pytest.raises(CourseError) as error:
        _read("skimage/data/eagle_owl.png")
    assert str(error.value).endswith("missing; this version of skimage comes without it, install the locked version")
    assert "\n" not in str(error.value)


def test_label_maps_colour_and_decode_to_themselves():
    labels = torch.randint(4, (3, 8, 8))
    assert torch.equal(colour_decode(colour_code(labels)), labels)
    noisy = (colour_code(labels).int() + torch.randint(-20, 21, (3, 3, 8, 8))).clamp(0, 255).to(torch.uint8)
    assert torch.equal(colour_decode(noisy), labels)


def test_painted_maps_hold_the_texture_their_label_names():
    names = ("grass", "gravel", "brick", "hubble")
    for k, name in enumerate(names):
        whole = torch.full((1, 40, 40), k)
        painted = paint(whole, "all", torch.Generator().manual_seed(0))[0]
        source = region(textures()[name], "all", shrink=2)
        windows = source[0].unfold(0, 40, 1).unfold(1, 40, 1)
        corner = (windows[..., 0, 0] == painted[0, 0, 0]).nonzero().tolist()
        assert any(torch.equal(source[:, y : y + 40, x : x + 40].expand(3, -1, -1), painted) for y, x in corner)
    assert len(MAP_CLASSES) == len(names)


def test_night_sky_is_dark_exactly_where_the_map_says_so():
    maps, painted = texture_maps(20)
    sky = colour_decode(maps.images) == MAP_CLASSES.index("night sky")
    brightness = painted.images.float().mean(dim=1)
    assert brightness[sky].mean() < 40 < 80 < brightness[~sky].mean()


def test_texture_maps_vary_use_every_class_and_follow_seed_and_split():
    maps, painted = texture_maps(30)
    assert maps.images.shape == painted.images.shape == (30, 3, 64, 64)
    assert len(maps.images.flatten(1).unique(dim=0)) == 30
    share = torch.bincount(colour_decode(maps.images).flatten(), minlength=4) / maps.images[:, 0].numel()
    assert share.min() > 0.15
    again = texture_maps(30)
    assert torch.equal(again.inputs.images, maps.images)
    assert torch.equal(again.targets.images, painted.images)
    for other in (texture_maps(30, seed=1), texture_maps(30, split="test")):
        assert not torch.equal(other.inputs.images, maps.images)


def test_texture_maps_larger_than_the_held_out_part_are_refused():
    assert texture_maps(1, size=77, split="test").inputs.size == 77
    with pytest.raises(ValueError, match=r"^size 78 is too large: this part of a picture has 256×77 pixels$"):
        texture_maps(1, size=78, split="test")


def test_the_notice_names_every_picture():
    from pathlib import Path

    notice = (Path(__file__).parents[2] / "NOTICE").read_text(encoding="utf-8")
    lines = notice.splitlines()
    for pictures in (textures(), photos()):
        for name in pictures:
            entry = next(line for line in lines if line.split() and line.split()[0] == name)
            assert pictures.licences[name].split(" (")[0] in entry


def test_reading_leaves_no_file_open(recwarn):
    _read.cache_clear()
    photos()
    assert not [warning for warning in recwarn if warning.category is ResourceWarning]
    assert Image.MAX_IMAGE_PIXELS  # Pillow's own guard stays on
