"""What the recipes learn from when they learn from the Earth: windows, mirrors, snow, and the held-out half."""

import pytest
import torch

from course_gan import data, models
from course_gan.data import earth
from course_gan.recipes import build, settings
from course_gan.recipes.earth import CropsAndMirrors, earth_from_space, earth_pairs, is_white, mirrored


def test_a_crop_is_mirrored_in_one_of_four_ways():
    image = torch.arange(16.0).view(1, 1, 4, 4)
    ways = {tuple(way.flatten().tolist()) for way in (image, image.flip(2), image.flip(3), image.flip(2, 3))}
    generator = data.derived_generator(0)
    found = {tuple(one.flatten().tolist()) for one in mirrored(image.expand(200, -1, -1, -1), generator)}
    assert found == ways


def test_map_and_picture_are_cut_and_mirrored_together():
    maps = torch.arange(4 * 40 * 40.0).view(1, 4, 40, 40).expand(30, -1, -1, -1).clone()
    images = maps[:, :3] + 0.5
    cut, seen = CropsAndMirrors(32)((maps, images), data.derived_generator(1))
    assert (cut.shape, seen.shape) == ((30, 4, 32, 32), (30, 3, 32, 32))
    assert torch.equal(cut[:, :3] + 0.5, seen)
    assert 5 < (cut[:, 0, 0, 0] > cut[:, 0, 0, 1]).sum() < 25  # mirrored or not


def test_white_ground_is_drawn_as_snow_and_everything_else_by_its_height():
    maps, images = earth_pairs(60, 32, 2.0, painted=1.0, seed=0)
    read = earth.heights(maps[:, :3])
    white = is_white(images)
    snow = earth.HEIGHTS.index("snow")
    assert white.float().mean() > 0.005
    inner = -torch.nn.functional.max_pool2d(-white.float()[:, None], 5, 1, 2)[:, 0] > 0  # slopes around it are shaded
    assert (read[inner] == snow).float().mean() > 0.9
    assert (read[~white] == snow).float().mean() < 0.05


def test_maps_that_are_not_drawn_anew_are_the_earths_own():
    maps, images = earth_pairs(20, 32, 2.0, painted=0.0, seed=0)
    places = earth.pairs(60, 40, 2.0, 0, water=(0.0, 0.95), latitude=True)
    own = {tuple(one.flatten().tolist()) for one in places.inputs.images}
    assert all(tuple(one.flatten().tolist()) in own for one in maps)
    assert images.shape == (20, 3, 40, 40)


def test_sand_is_not_white_and_ice_is():
    sand, ice = earth.at(*earth.PLACES["Sahara"]).targets, earth.at(*earth.PLACES["Greenland"]).targets
    assert is_white(sand.images).float().mean() < 0.02
    assert is_white(ice.images).float().mean() > 0.95


def test_rare_covers_come_more_often_and_no_crop_twice():
    crops = earth.satellite(600, 32, 2.0, seed=3)
    chosen = earth.balanced(crops.covers, 200, seed=0)
    assert len(chosen.unique()) == 200
    ice = earth.COVERS.index("ice")
    assert crops.covers[chosen, ice].mean() > 1.2 * crops.covers[:, ice].mean()
    assert torch.equal(chosen, earth.balanced(crops.covers, 200, seed=0))


@pytest.mark.parametrize("n", [0, 601])
def test_more_crops_than_there_are_is_one_line(n):
    with pytest.raises(ValueError, match=rf"^n is {n}, wanted 1 to 600, the number of crops$"):
        earth.balanced(torch.rand(600, 6), n)


def test_nobody_trains_on_the_americas():
    crops = earth_from_space(50, 32, 2.0, seed=0)
    assert (crops.longitude > -26).all()
    recipe = build("07", "smoke")
    held_out = earth.pairs(8, 32, 2.0, 0, "test", latitude=True)
    assert (held_out.targets.longitude < -30).all()
    torch.testing.assert_close(recipe.held_out[0], data.to_float(held_out.inputs.images))


def test_textures_are_learned_with_the_published_players():
    chosen = settings("07", "cpu", data="textures")
    assert (chosen.loss, chosen.norm, chosen.spectral, chosen.noise) == ("non_saturating", "batch", False, 0)
    players = build("07", "smoke", data="textures").game
    assert type(players.discriminator) is models.PatchDiscriminator
    assert players.generator.in_channels == 3


@pytest.mark.parametrize("profile", ["cpu", "gpu"])
def test_coasts_are_painted_at_64_pixels(profile):
    assert settings("03", profile, data="earth").image_size == 64
    assert settings("03", profile, data="earth", image_size=32).image_size == 32
    assert settings("03", "smoke", data="earth").image_size == 16
