"""The training panel as the kernel knows it: its states, its form, and what it shows."""

import pytest
import torch

from course_gan import panels, recipes
from course_gan.errors import CourseError
from course_gan.panels.live_training import fields as hyperparameters
from course_gan.panels.live_training import history
from course_gan.panels.live_training.history import duration, preview
from course_gan.training import NonFiniteError
from tests.unit.panel_helpers import buttons, line, until


@pytest.fixture
def training():
    """A training panel of the smallest game, with its widgets; whatever runs is ended."""
    panel = panels.Training("02", "smoke", steps=100_000)
    panel.open()
    yield panel
    panel.halt()


def test_a_training_pauses_resumes_stops_and_keeps_its_game(training):
    assert not training.worker.running
    training.knobs["Start"].click()
    until(lambda: training.game.steps > 5)
    game = training.game
    training.knobs["Pause"].click()
    steps = game.steps
    assert (training.state, line(training)) == ("paused", f"paused at step {steps}; the game is in panel.game")
    assert [name for name, button in buttons(training) if not button.disabled] == ["Resume", "Stop"]
    training.knobs["Resume"].click()
    until(lambda: game.steps > steps + 5)
    training.knobs["Stop"].click()
    assert (training.state, training.game is game) == ("idle", True)
    assert [name for name, button in buttons(training) if not button.disabled] == ["Start", "Resume"]
    assert training.live.steps == list(range(1, game.steps + 1))


def test_to_the_last_step_and_beyond(training):
    training.start("smoke", steps=12)
    until(lambda: training.state == "idle")
    assert (training.game.steps, line(training)) == (12, "finished at step 12; the game is in panel.game")
    assert training.bar.value == 1
    training.resume(15)
    until(lambda: training.state == "idle")
    assert training.game.steps == 15
    with pytest.raises(
        CourseError, match=r"^all 15 steps are made: enter more steps and press Resume, or press Start$"
    ):
        training.resume()


def test_a_panel_trains_what_a_loop_trains(training):
    from course_gan.training import train

    training.start("smoke", steps=10)
    until(lambda: training.state == "idle")
    recipe = recipes.build("02", "smoke", steps=10)
    for _ in train(recipe.game, recipe.batches, 10):
        pass
    for mine, theirs in zip(training.game.generator.parameters(), recipe.game.generator.parameters()):
        assert torch.equal(mine, theirs)


def test_a_new_start_keeps_the_game_before(training):
    training.start("smoke", steps=4)
    until(lambda: training.state == "idle")
    before = training.game
    training.start("smoke", steps=5, lr=0.01)
    until(lambda: training.state == "idle")
    assert training.previous.game is before
    assert training.game.optimizers["generator"].param_groups[0]["lr"] == 0.01


def test_settings_that_cannot_be_cost_nothing(training):
    game = training.game
    training.fields["lr"].value = "5"
    assert line(training) == "✗ learning rate is &#x27;5&#x27;, but has to be a number from 1e-07 to 1"
    training.knobs["Start"].click()
    assert (training.game is game, training.worker.running) == (True, False)
    training.fields["lr"].value, training.fields["batch_size"].value = "0.001", "4096"
    assert line(training) == ""
    training.start("smoke", samples=100)  # a batch of 64 fits, and two processes' would not
    until(lambda: training.game is not game)
    training.stop()
    game = training.game
    training.start("smoke", samples=10)
    until(lambda: training.state == "idle")
    assert line(training) == "✗ 10 samples, but a batch needs 64; use a smaller batch_size"
    assert training.game is game


def test_a_learning_rate_that_is_no_number_is_answered_in_sight(training):
    training.fields["lr"].value = "abc"
    assert line(training) == "✗ learning rate is &#x27;abc&#x27;, but has to be a number from 1e-07 to 1"
    parts = training.box.children
    (form,) = [part for part in parts if training.fields["lr"] in getattr(part, "children", ())]
    (picture,) = [part for part in parts if training.image in getattr(part, "children", ())]
    assert parts.index(form) < parts.index(training.news) < parts.index(picture)


def test_a_bad_field_is_told_again_at_start_and_the_others_do_not_hide_it(training):
    training.fields["lr"].value = "abc"
    training.fields["width"].value = "16"
    assert line(training).startswith("✗ learning rate is")
    training.knobs["averaged"].value = False
    assert line(training) == "samples of the players themselves"
    training.knobs["Start"].click()
    assert line(training).startswith("✗ learning rate is")
    assert training.state == "idle"


def test_nan_in_training_is_one_line_and_the_panel_lives(training):
    training.recipe.batches = (batch * float("nan") for batch in training.recipe.batches)
    training.knobs["Resume"].click()
    until(lambda: training.state == "idle")
    assert line(training) == (
        "✗ stopped at step 1: the discriminator&#x27;s loss is NaN: start anew with a lower learning rate"
    )
    assert isinstance(training.error, NonFiniteError)
    training.knobs["Start"].click()
    until(lambda: training.game.steps > 2)


def test_buttons_that_make_no_sense_now_are_one_line(training):
    with pytest.raises(CourseError, match=r"^nothing is running: press Start or Resume$"):
        training.pause()
    training.start("smoke")
    with pytest.raises(CourseError, match=r"^a training is there already: press Stop first$"):
        training.start("smoke")
    with pytest.raises(CourseError, match=r"^it is running already$"):
        training.resume()


def test_a_profile_fills_in_its_settings(training):
    training.knobs["profile"].value = "cpu"
    assert (training.fields["width"].value, training.fields["steps"].value) == ("128", "100000")  # steps were given
    training.knobs["profile"].value = "gpu"
    training.knobs["Start"].click()
    until(lambda: training.state == "idle")
    if not torch.cuda.is_available():
        assert line(training).startswith("✗ profile gpu wants a CUDA or MPS device and found none")


def test_the_learners_trained_recipe_goes_on():
    recipe = recipes.build("02", "smoke", steps=3)
    panel = panels.Training(recipe)
    assert panel.game is recipe.game
    panel.resume()
    until(lambda: panel.state == "idle")
    assert recipe.game.steps == 3


@pytest.mark.parametrize(
    ("lesson", "settings", "idle"),
    [("03", {}, 0), ("07", {}, 0), ("07", {"adversarial": 0.0}, 1), ("08", {}, 0), ("09", {}, 0), ("10", {}, 0)],
)
def test_every_kind_of_recipe_is_drawn_and_trained(lesson, settings, idle):
    panel = panels.Training(lesson, "smoke", steps=3, **settings)
    panel.open()
    before = panel.image.value
    panel.resume()
    until(lambda: panel.state == "idle", 60)
    assert (panel.error, panel.game.steps) == (None, 3)
    assert panel.image.value != before
    columns = torch.stack([values for _, values in panel.live.rows]).T
    assert columns.isnan().any(dim=1).sum() == idle  # sides that did not move leave a gap


def test_samples_of_the_players_themselves_differ_from_the_averages_and_leave_these_alone():
    recipe = recipes.build("02", "smoke", steps=3)
    for _ in range(3):
        recipe.game.step(recipe.batches)
    averages = recipe.game.averages
    averaged, own = preview(recipe, True), preview(recipe, False)
    assert not torch.equal(averaged, own)
    assert torch.equal(own, recipe.game.sample(n=1024, ema=False))
    assert recipe.game.averages is averages


def test_points_are_drawn_among_real_ones_and_images_are_not():
    points = history.real_points(recipes.build("02", "smoke").batches)
    assert points.shape == (400, 2)
    for lesson in ("03", "07", "08", "09", "10"):
        assert history.real_points(recipes.build(lesson, "smoke").batches) is None, lesson
    assert history.real_points(iter([1])) is None


def test_the_pace_is_that_of_the_steps_since_it_was_taken(monkeypatch):
    clock = iter([100.0, 104.0, 104.0])
    monkeypatch.setattr(history.time, "monotonic", lambda: next(clock))
    game = type("Game", (), {"steps": 50})()
    pace = history.Pace(game)
    game.steps = 58  # 8 steps in 4 seconds
    assert pace.seconds_to(78) == 10
    assert pace.seconds_to(58) == 0


@pytest.mark.parametrize(("seconds", "text"), [(3.2, "3 s"), (120, "2.0 min"), (7200, "2.0 h")])
def test_durations_are_said_as_a_person_would(seconds, text):
    assert duration(seconds) == text


# --- text fields


def test_fields_say_what_the_recipe_has():
    settings = recipes.settings("03", "smoke")
    texts = hyperparameters.fields(settings)
    assert (texts["lr"], texts["steps"], texts["lr_discriminator"]) == ("0.0004", "20", "")
    assert "cycle" not in texts
    assert "cycle" in hyperparameters.fields(recipes.settings("08"))
    assert hyperparameters.changes(texts, settings) == {}
    assert hyperparameters.changes({"lr": " 1e-3 ", "steps": "7"}, settings) == {"lr": 1e-3, "steps": 7}


@pytest.mark.parametrize("lesson", ["02", "03", "04", "07", "08", "09", "10"])
def test_every_field_of_every_recipe_holds_its_own_value(lesson):
    settings = recipes.settings(lesson)
    for name, text in hyperparameters.fields(settings).items():
        if text:
            assert settings.specs()[name].read(text) == pytest.approx(getattr(settings, name))


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("lr", "5", "learning rate is '5', but has to be a number from 1e-07 to 1"),
        ("lr", "fast", "learning rate is 'fast', but has to be a number from 1e-07 to 1"),
        ("lr", "nan", "learning rate is 'nan', but has to be a number from 1e-07 to 1"),
        ("steps", "1.5", "steps is '1.5', but has to be a whole number from 1 to 10,000,000"),
        ("batch_size", "", "batch size is '', but has to be a whole number from 2 to 4,096"),
    ],
)
def test_a_field_that_cannot_be_is_one_line(name, text, line):
    with pytest.raises(CourseError) as raised:
        hyperparameters.changes({name: text}, recipes.settings("03", "smoke"))
    assert str(raised.value) == line


def test_a_loss_brings_what_belongs_to_it_and_a_field_overrules():
    settings = recipes.settings("04", "smoke", loss="wasserstein")
    texts = hyperparameters.fields(settings)
    assert texts["gradient_penalty"] == "10"
    assert hyperparameters.changes(texts | {"gradient_penalty": "1"}, settings) == {"gradient_penalty": 1.0}
