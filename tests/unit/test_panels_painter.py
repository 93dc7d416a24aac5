"""The painter as the kernel knows it: maps, whose pictures answer them, and strokes without a browser."""

import pytest
import torch

from course_gan import data, models, panels, recipes
from course_gan.errors import CourseError
from course_gan.panels.map_painter.painting import answered, class_shares, filled, painter_of
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
    assert class_shares(labels) == pytest.approx({grass: 1 / 2, gravel: 1 / 3, brick: 1 / 6, sky: 0})


def test_the_shipped_painter_answers_as_lesson_07s_does():
    settings, weights = models.load_weights("07_pix2pix")
    network = models.UNetGenerator(**settings | {"dropout": 0.0})  # whose masks depend on the layout in memory
    network.load_state_dict(weights)
    labels = data.colour_decode(data.texture_maps(1, 64, 3, "test").inputs.images)[0].byte()
    maps = data.to_float(data.colour_code(labels[None].long()))
    with torch.no_grad():
        expected = network.eval()(maps)
    game = painter_of(None)
    for part in game.generator.modules():
        if hasattr(part, "p"):
            part.p = 0.0
    shown, painted = answered(game, labels).split(1)
    torch.testing.assert_close(painted, expected, atol=1e-4, rtol=1e-3)
    assert torch.equal(shown, maps)


def test_one_map_has_one_answer():
    game, labels = painter_of(None), torch.ones(32, 32, dtype=torch.uint8)
    first = answered(game, labels)
    torch.manual_seed(7)
    assert torch.equal(answered(game, labels), first)


def test_the_learners_game_its_panel_and_its_generator_answer_alike():
    panel = panels.Training("07", "smoke")
    labels = torch.zeros(32, 32, dtype=torch.uint8)
    game = panel.game
    network = models.UNetGenerator(width=4, depth=3, max_multiplier=4, skips=True, residual=True)
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
    assert (panel.image.value != picture, line(panel)) == (True, "painted brick")
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
