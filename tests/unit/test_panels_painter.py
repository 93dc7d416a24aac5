"""The painter as the kernel knows it: maps, whose pictures answer them, and strokes without a browser."""

import pytest
import torch

from course_gan import data, models, panels, recipes
from course_gan.data.earth import island
from course_gan.errors import CourseError
from course_gan.panels.map_painter.painting import answered, class_shares, filled, painter_of, subject_of
from course_gan.panels.map_painter.subjects import Heights, Textures
from course_gan.training import Pix2Pix
from tests.unit.panel_helpers import line


def test_filling_changes_one_region_and_not_what_touches_it_by_a_corner():
    labels = torch.tensor([[0, 0, 1], [0, 1, 2], [1, 1, 2]], dtype=torch.uint8)
    assert filled(labels, 0, 1, 3).tolist() == [[3, 3, 1], [3, 1, 2], [1, 1, 2]]
    assert filled(labels, 2, 0, 3).tolist() == [[0, 0, 3], [0, 1, 2], [1, 1, 2]]
    assert labels.max() == 2


def test_the_shares_of_the_classes_are_those_of_the_pixels():
    labels = torch.tensor([[0, 0, 1], [0, 1, 2]], dtype=torch.uint8)
    grass, gravel, brick, sky = data.MAP_CLASSES
    assert class_shares(labels, data.MAP_CLASSES) == pytest.approx({grass: 1 / 2, gravel: 1 / 3, brick: 1 / 6, sky: 0})


def test_the_shipped_painter_answers_as_lesson_07s_does():
    settings, weights = models.load_weights("07_earth")
    network = models.UNetGenerator(**settings | {"dropout": 0.0})  # whose masks depend on the layout in memory
    network.load_state_dict(weights)
    network.noise = 0  # as the masks
    network.downs[0][0] = without_noise(network.downs[0][0])
    labels = island(64, seed=1)
    maps = Heights().inputs(labels, latitude=10.0)
    with torch.no_grad():
        expected = network.eval()(maps)
    shown, painted = answered(painter_of(network), labels, latitude=10.0).split(1)
    torch.testing.assert_close(painted, expected, atol=2e-2, rtol=1e-2)
    assert torch.equal(shown, maps[:, :3])


def without_noise(layer):
    """The first convolution without the weights that its noise has."""
    quiet = torch.nn.Conv2d(4, layer.out_channels, 4, 2, 1)
    quiet.weight.data = layer.weight.data[:, :4].clone()
    quiet.bias.data = layer.bias.data.clone()
    return quiet


def test_what_is_painted_follows_from_the_generator():
    assert isinstance(subject_of(painter_of(None)), Heights)
    assert isinstance(subject_of(painter_of(models.UNetGenerator(3, 3, width=2, depth=3))), Textures)
    with pytest.raises(
        CourseError, match=r"^the generator takes 5 channels, but the painter has maps of 3, or heights"
    ):
        panels.painter(models.UNetGenerator(5, 3, width=2, depth=3))


@pytest.mark.parametrize("subject", [Textures(), Heights()])
def test_a_first_map_holds_the_classes_of_its_subject(subject):
    labels = subject.first(subject.size, 9)
    assert (labels.shape, labels.dtype) == ((subject.size, subject.size), torch.uint8)
    assert 3 <= len(labels.unique()) <= len(subject.classes) == len(subject.colours)
    assert labels.max() < len(subject.classes)
    assert torch.equal(labels, subject.first(subject.size, 9))
    assert not torch.equal(labels, subject.first(subject.size, 10))


def test_an_island_lies_in_the_sea():
    for seed in range(6):
        labels = island(128, seed)
        border = torch.cat([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
        assert (border < 2).float().mean() > 0.85
        assert (labels >= 2).float().mean() > 0.1


def test_the_latitude_is_what_the_generator_is_told():
    labels = island(64, 0)
    planes = [Heights().inputs(labels, latitude)[0, 3] for latitude in (-60.0, 0.0, 60.0)]
    for plane, latitude in zip(planes, (-60, 0, 60)):
        assert plane.mean() == pytest.approx(latitude / 90, abs=0.02)
    assert (planes[0][0] > planes[0][-1]).all()  # the upper edge lies further north


def test_a_panel_of_the_earth_has_a_latitude_and_one_of_textures_has_none():
    earth, textures = panels.Painter(), panels.Painter(models.UNetGenerator(3, 3, width=2, depth=3))
    for panel in (earth, textures):
        panel.open()
    assert "latitude" in earth.knobs
    assert "latitude" not in textures.knobs
    before = earth.image.value
    earth.knobs["latitude"].value = -50
    assert (line(earth), earth.latitude) == ("50° south", -50)
    assert earth.image.value != before


def test_one_map_has_one_answer():
    game, labels = painter_of(None), torch.ones(64, 64, dtype=torch.uint8)
    first = answered(game, labels)
    torch.manual_seed(7)
    assert torch.equal(answered(game, labels), first)


def test_the_learners_game_its_panel_and_its_generator_answer_alike():
    panel = panels.Training("07", "smoke", data="textures")
    labels = torch.zeros(32, 32, dtype=torch.uint8)
    game = panel.game
    network = models.UNetGenerator(width=4, depth=3, max_multiplier=4, residual=True)
    network.load_state_dict(game.averages["generator"].module.state_dict())
    answers = [answered(painter_of(source), labels)[1] for source in (game, panel, network)]
    for answer in answers[1:]:
        torch.testing.assert_close(answer, answers[0], atol=1e-5, rtol=1e-4)
    assert isinstance(painter_of(network), Pix2Pix)


def test_a_game_that_takes_no_maps_and_a_size_that_does_not_fit_are_one_line():
    with pytest.raises(
        CourseError, match=r"^the painter needs a pix2pix game, a panel that trains one, or its generator"
    ):
        panels.painter(recipes.build("08", "smoke").game)
    with pytest.raises(ValueError, match="32"):
        panels.painter(size=48)


def test_strokes_fills_undo_and_clear():
    panel = panels.Painter()
    panel.open()
    start, picture = panel.labels.clone(), panel.image.value
    with pytest.raises(CourseError, match=r"^nothing to undo: this is the map as it was at the start$"):
        panel.undo()
    panel.canvas.label = 2
    drawn = start.clone()
    drawn[20:40, 10:50] = 2
    panel.canvas.labels = drawn.numpy().tobytes()  # as the page hands it over
    assert torch.equal(panel.labels, drawn)
    assert (panel.image.value != picture, line(panel)) == (True, "painted plain")
    panel.knobs["Undo"].click()
    assert torch.equal(panel.labels, start)
    assert (panel.canvas.labels, panel.image.value) == (start.numpy().tobytes(), picture)
    panel.canvas.label = 3
    panel.knobs["Clear"].click()
    assert (panel.labels == 3).all()
    panel.fill(5, 5)
    panel.canvas.label = 0
    panel.fill(5, 60)
    assert (panel.labels == 0).all()
    for _ in range(3):
        panel.undo()
    assert torch.equal(panel.labels, start)
    panel.knobs["brush"].value, panel.knobs["fill"].value = 4, True
    assert (panel.canvas.brush, panel.canvas.fill) == (4, True)


def test_the_painter_answers_a_stroke_in_a_third_of_a_second():
    panel = panels.Painter()
    panel.open()
    seconds = []
    for k in range(6):
        panel.fill(10 * k, 10 * k)
        seconds.append(panel.seconds)
    assert min(seconds) < 0.3
