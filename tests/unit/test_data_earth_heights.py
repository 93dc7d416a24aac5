"""Heights are read from relief colours, and what is drawn of heights is read back."""

import torch

from course_gan.data import earth


def test_heights_of_known_places():
    names = ["sea", "shore", "plain", "hill", "mountain", "snow"]
    middles = [(-150, 30), (4, 55), (-62, -4), (-98, 38), (88, 33), (-38, 72)]  # North Sea, Amazon, Kansas, Tibet
    longitudes, latitudes = zip(*middles)
    classes = earth.heights(earth.at(longitudes, latitudes, size=16).inputs.images)
    assert [earth.HEIGHTS[k] for k in classes.flatten(1).mode(dim=1).values] == names


def test_height_colours_are_read_as_their_class():
    pictures = earth.HEIGHT_COLOURS[:, :, None, None].expand(-1, -1, 4, 4)
    assert torch.equal(earth.heights(pictures), torch.arange(6)[:, None, None].expand(-1, 4, 4))


def test_painted_heights_are_read_back_from_the_relief_drawn_of_them():
    real = earth.heights(earth.relief(40, seed=5).images, smooth=2)
    drawn = earth.colour_of_heights(real)
    again = earth.heights(drawn)
    assert (again == real).float().mean() > 0.93
    water = earth.HEIGHTS.index("shore")
    assert ((again <= water) == (real <= water)).float().mean() > 0.985  # coasts stay where they are
    even = torch.arange(6)[:, None, None].expand(-1, 64, 64)
    agreement = (earth.heights(earth.colour_of_heights(even)) == even).float().mean(dim=(1, 2))
    assert agreement.min() > 0.9, agreement


def test_a_stroke_changes_only_what_is_near():
    before = torch.full((1, 128, 128), earth.HEIGHTS.index("sea"))
    after = before.clone()
    after[:, 60:70, 60:70] = earth.HEIGHTS.index("mountain")
    changed = (earth.colour_of_heights(before) != earth.colour_of_heights(after)).any(dim=1)[0]
    reach = 24 + 3  # three deviations of the surroundings, and of the slope
    for where in changed.nonzero().T:
        assert 60 - reach <= where.min() < 60 < 70 < where.max() < 70 + reach


def test_smooth_heights_have_fewer_single_pixels():
    relief = earth.relief(20).images
    rough, smooth = earth.heights(relief), earth.heights(relief, smooth=2)
    borders = [(classes[:, 1:] != classes[:, :-1]).float().mean() for classes in (rough, smooth)]
    assert borders[1] < 0.8 * borders[0]
    assert (rough == smooth).float().mean() > 0.85
