"""The panels of lessons 01 to 03 as the kernel knows them: dynamics, minimax and latent."""

import time

import pytest
import torch

from course_gan import data, panels, recipes
from course_gan.errors import CourseError
from tests.unit.panel_helpers import RING, line, ring_game, until


def test_the_dynamics_panel_runs_refuses_hands_and_pauses():
    panel = panels.Dynamics(ring_game(ema=0.9), RING, data.ring_modes())
    panel.open()
    panel.pace = 200
    panel.run()
    until(lambda: panel.game.steps > 3)
    with pytest.raises(CourseError, match=r"^the game runs by itself: press Pause before you move a side by hand$"):
        panel.move("both")
    panel.set("r1", 0.2)
    panel.pause()
    steps = panel.game.steps
    assert panel.game.r1 == 0.2
    assert panel.trail.scores[-1][0] == steps
    panel.move("both")
    assert panel.game.steps == steps + 1
    assert "modes found" in panel.readout.value
    panel.reset()
    assert (panel.game.steps, len(panel.trail.path)) == (0, 1)


def test_a_shown_panel_leaves_the_learners_levers_as_they_are():
    game = ring_game(lr=1.3e-3, lr_discriminator=0.4, r1=0.017, ema=0.9971)
    panel = panels.Dynamics(game, RING)
    panel.open()
    rates = [game.optimizers[side].param_groups[0]["lr"] for side in ("generator", "discriminator")]
    assert (*rates, game.r1, game.averages["generator"].decay) == (1.3e-3, 0.4, 0.017, 0.9971)


def test_an_error_in_a_running_game_is_one_line():
    game = ring_game()
    panel = panels.Dynamics(game, RING)
    panel.open()
    panel.pace = 10**6
    with torch.no_grad():
        next(game.generator.parameters()).fill_(float("nan"))
    panel.run()
    until(lambda: line(panel).startswith("✗ stopped at step"))
    assert line(panel).endswith("is NaN: start anew with a lower learning rate")


def test_minimax_follows_its_sliders_in_a_tenth_of_a_second():
    panel = panels.Minimax()
    panel.open()
    seconds = []
    for i in range(10):
        before, began = panel.image.value, time.perf_counter()
        panel.knobs["theta"].value = -2 + 0.3 * i
        seconds.append(time.perf_counter() - began)
        assert panel.image.value != before
    assert min(seconds) <= 0.1
    assert "JSD = <b>" in panel.readout.value


def test_latent_sliders_change_the_pictures_and_reset_brings_them_back():
    recipe = recipes.build("03", "smoke", steps=30)
    for _ in range(30):
        recipe.game.step(recipe.batches)
    panel = panels.Latent(recipe.game)
    panel.open()
    start = panel.image.value
    for name, value in ((panel.directions[0].name, 4.0), ("between", 0.5), ("truncation", 0.5), ("b", 7)):
        before = panel.image.value
        panel.knobs[name].value = value
        assert panel.image.value != before, name
    torch.testing.assert_close(panel.latents()[0], 0.5 * (panel.latents()[0] / 0.5))
    panel.reset()
    panel.knobs["b"].value = 1
    assert panel.image.value == start
    with pytest.raises(CourseError, match=r"^truncation ψ is 3, but has to be from 0 to 1.2$"):
        panel.set("truncation", 3)


def test_the_latents_shown_are_the_walk_the_direction_and_the_truncation():
    panel = panels.Latent(recipes.build("03", "smoke").game)
    here, *rows = panel.latents()
    walk, along, shortened = torch.stack(rows).split(7)
    a, b = panel.game.fixed_latents[:2]
    torch.testing.assert_close(torch.stack([here, walk[0], walk[-1], along[3]]), torch.stack([a, a, b, a]))
    torch.testing.assert_close((along[-1] - along[0]) / 10, panel.directions[0].vector)
    torch.testing.assert_close(shortened.norm(dim=1) / here.norm(), torch.linspace(0, 1.2, 7))


def test_a_game_without_latents_or_images_is_refused():
    for game in (recipes.build("08", "smoke").game, ring_game()):
        with pytest.raises(CourseError, match="needs a game whose generator turns latents into images"):
            panels.latent(game)
