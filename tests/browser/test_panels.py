"""Panels driven as a person drives them: keys and clicks on the page, and what the page and the kernel say then."""

import pytest

TRAINING = "from course_gan import panels\npanel = panels.training('03', 'smoke', steps=100_000)\npanel"
RING = """
import torch
from course_gan import data, models, panels
from course_gan.training import GAN, Backend
torch.manual_seed(0)
game = GAN(models.MLPGenerator(2, 2, 32), models.MLPDiscriminator(2, 32), ema=0.9, backend=Backend("cpu"))
"""
GAMES = "panels.training('03', 'smoke')", "panels.dynamics(game, data.ring(2000), data.ring_modes())"
PICTURES = "panels.painter()", "panels.stylist(longest=128)"


def test_minimax_follows_a_slider(notebook):
    book = notebook("from course_gan import panels\npanel = panels.minimax()\npanel")
    book.run_all()
    before, read = book.picture(), book.find("readout").inner_text()
    handle = book.find("theta").locator(".noUi-handle")
    handle.press("ArrowRight")
    book.changed(before)
    assert book.kernel("panel.state['theta']") == pytest.approx(3.05)
    book.says("readout", "JSD = 0.4501")
    assert book.find("readout").inner_text() != read
    # From the key to the new picture, on the page's own clock; the best of eight, since other work may be going on.
    seconds = [book.seconds_to_picture(lambda: handle.press("ArrowLeft")) for _ in range(8)]
    kernel = book.kernel("min(__import__('timeit').repeat(lambda: panel.set('theta', panel.state['theta']), number=1))")
    print(f"minimax: {kernel:.3f} s in the kernel, {min(seconds):.3f} s on the screen (slowest {max(seconds):.3f} s)")
    assert kernel <= 0.1
    assert min(seconds) <= 0.25
    book.shot("minimax")


def test_each_side_moves_alone_and_reset_goes_back(notebook):
    book = notebook(RING, "panel = panels.dynamics(game, data.ring(2000))\npanel")
    book.run_all()
    weights = "[float(sum(p.double().abs().sum() for p in game.players[k].parameters())) for k in game.players]"
    start = book.kernel(weights)
    book.find("step-d").click()
    book.says("news", "discriminator moved")
    moved, same = book.kernel(weights)
    assert (moved != start[0], same) == (True, start[1])
    book.find("step-g").click()
    book.says("news", "generator moved")
    assert book.kernel(weights)[0] == moved
    assert book.kernel(weights)[1] != start[1]
    before = book.picture()
    book.find("both").click()
    book.changed(before)
    book.find("r1").locator(".noUi-handle").press("ArrowRight")
    book.until("game.r1 == 0.01")
    book.find("reset").click()
    book.says("news", "back at the start")
    assert book.kernel(f"({weights}, game.steps)") == (start, 0)


def test_the_learners_game_runs_pauses_and_resets(notebook):
    book = notebook(RING, "panel = panels.dynamics(game, data.ring(2000), data.ring_modes())\npanel")
    book.run_all()
    before = book.picture()
    book.find("run").click()
    book.until("game.steps > 3")
    book.changed(before)
    book.says("readout", "modes found")
    book.find("step-d").click()
    book.says("news", "press Pause before you move a side by hand")
    book.find("lr").first.locator(".noUi-handle").press("ArrowRight")
    book.until("game.optimizers['generator'].param_groups[0]['lr'] == 5e-4")
    book.find("pause").click()
    book.says("news", "paused")
    steps = book.kernel("game.steps")
    book.page.wait_for_timeout(400)
    assert book.kernel("game.steps") == steps
    book.shot("dynamics")
    book.find("reset").click()
    book.says("readout", "step 0")
    assert book.kernel("game.steps, game.optimizers['generator'].param_groups[0]['lr']") == (0, 5e-4)


def test_a_training_starts_pauses_resumes_and_stops(notebook):
    book = notebook(TRAINING)
    book.run_all()
    assert book.kernel("panel.worker.running") is False  # a thread starts only at a click
    before = book.picture()
    book.find("start").click()
    book.until("panel.game.steps > 20")
    book.changed(before)
    book.says("readout", "left")
    book.find("averaged").locator("input").uncheck()
    book.says("news", "samples of the players themselves")
    book.find("pause").click()
    book.says("news", "paused at step")
    paused = book.kernel("panel.game.steps")
    book.page.wait_for_timeout(400)
    assert book.kernel("panel.game.steps, panel.worker.running") == (paused, False)
    book.find("resume").click()
    book.until(f"panel.game.steps > {paused + 20}")
    book.find("stop").click()
    book.says("news", "the game is in panel.game")
    assert book.kernel("panel.worker.running, panel.game.sample(n=2).shape[0]") == (False, 2)
    assert float(book.find("progress").locator(".progress-bar").evaluate("e => parseFloat(e.style.width)")) > 0
    book.shot("training")


def test_what_goes_wrong_is_one_line_and_nothing_is_lost(notebook):
    book = notebook(TRAINING)
    book.run_all()
    book.find("start").click()
    book.until("panel.game.steps > 5")
    book.find("stop").click()
    book.says("news", "stopped at step")
    steps = book.kernel("panel.game.steps")
    field = book.find("lr").first.locator("input")
    field.fill("5")
    field.press("Enter")
    book.says("news", "✗ learning rate is '5', but has to be a number from 1e-07 to 1")
    said, picture = (book.find(name).bounding_box() for name in ("news", "picture"))
    assert said["y"] + said["height"] <= picture["y"]  # below a tall picture nobody would see it
    book.find("start").click()
    book.page.wait_for_timeout(300)
    assert book.kernel("panel.game.steps, panel.worker.running") == (steps, False)
    book.shot("out_of_range")
    field.fill("0.0004")
    field.press("Enter")
    book.says("news", "")

    book.kernel("setattr(panel.recipe, 'batches', (batch * float('nan') for batch in panel.recipe.batches))")
    book.find("resume").click()
    book.says("news", "loss is NaN: start anew with a lower learning rate")
    assert book.kernel("panel.game.steps, panel.worker.running, 1 + 1") == (steps, False, 2)

    memory = "__import__('torch').OutOfMemoryError('CUDA out of memory. Tried to allocate 20.00 GiB.\\nGPU 0 has')"
    book.kernel(f"setattr(panel.game, 'step', lambda batches: (_ for _ in ()).throw({memory}))")
    book.find("resume").click()
    book.says("news", "✗ out of memory: choose a smaller batch size or width")
    book.shot("out_of_memory")
    book.find("start").click()  # and after all that a new game trains, the old one is kept
    book.until("panel.previous is not None and panel.game.steps > 5")
    assert book.kernel("panel.previous.game.steps") == steps
    book.find("stop").click()
    book.says("news", "stopped at step")


def test_run_all_twice_and_a_closed_tab_leave_the_training_alone(notebook):
    book = notebook(TRAINING)
    book.run_all()
    book.find("start").click()
    book.until("panel.game.steps > 5")
    first = book.kernel("id(panel), id(panel.game)")
    book.run_all()
    assert book.kernel("id(panel), id(panel.game)") == first
    assert book.kernel("[t.name for t in __import__('threading').enumerate()].count('training panel')") == 1
    steps = book.kernel("panel.game.steps")
    book.command("docmanager:save")
    book.lab.close_tab()
    book.until(f"panel.game.steps > {steps + 20}")
    book.lab.open()
    book.open()
    before = book.picture()  # the saved notebook shows the panel again, by way of the kernel that still has it
    book.changed(before)
    assert book.kernel("id(panel), panel.worker.running") == (first[0], True)
    book.find("stop").click()
    book.says("news", "stopped at step")
    assert book.kernel("panel.worker.running") is False


@pytest.mark.parametrize("lesson", ["07", "08"])
def test_translators_are_trained_too(notebook, lesson):
    book = notebook(
        f"from course_gan import panels\npanel = panels.training('{lesson}', 'smoke', steps=100_000)\npanel"
    )
    book.run_all()
    before = book.picture()
    book.find("start").click()
    book.until("panel.game.steps > 10")
    book.changed(before)
    book.find("averaged").locator("input").uncheck()
    book.says("news", "samples of the players themselves")
    book.find("pause").click()
    book.says("news", "paused at step")
    steps = book.kernel("panel.game.steps")
    book.find("resume").click()
    book.until(f"panel.game.steps > {steps + 5}")
    book.find("stop").click()
    book.says("news", "the game is in panel.game")
    assert book.kernel("panel.worker.running, panel.error") == (False, None)
    book.shot(f"training_{lesson}")


def test_two_panels_train_at_once(notebook):
    one, two = TRAINING, "other = panels.training('02', 'smoke', steps=100_000)\nother"
    book = notebook(one, two)
    book.run_all()
    for position in (0, 1):
        book.find("start", position).click()
    book.until("min(panel.game.steps, other.game.steps) > 5")
    one, two = book.kernel("panel.game.steps, other.game.steps")
    book.until(f"panel.game.steps > {one + 15} and other.game.steps > {two + 15}")  # neither waits for the other's end
    before = book.picture(0), book.picture(1)
    for position in (0, 1):
        book.changed(before[position], position)
        book.find("stop", position).click()
        book.says("news", "stopped at step", position)
    assert book.kernel("panel.error, other.error") == (None, None)


def test_latent_sliders_move_the_samples_of_the_trained_game(notebook):
    book = notebook(TRAINING, "walk = panels.latent(panel)\nwalk")
    book.run_all()
    book.find("start", 0).click()
    book.until("panel.game.steps > 60")
    book.find("stop", 0).click()
    book.says("news", "stopped at step", 0)
    before = book.picture(1)
    book.find("refresh", 1).click()
    book.changed(before, 1)
    assert book.kernel("walk._learned is panel.game")
    for slider, key in (("component-1", "End"), ("truncation", "ArrowLeft"), ("between", "End")):
        before = book.picture(1)
        book.find(slider, 1).locator(".noUi-handle").press(key)
        book.changed(before, 1)
    assert book.kernel("walk.state['component 1'], walk.state['truncation'], walk.state['between']") == (5.0, 0.95, 1.0)
    book.says("readout", "typical: 10.0", 1)
    book.shot("latent", 1)


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
@pytest.mark.parametrize("cells", [GAMES, PICTURES], ids=["games", "pictures"])
def test_every_control_is_labelled_reached_by_keyboard_and_readable(notebook, theme, cells):
    book = notebook(RING, *cells)
    book.command("apputils:change-theme", theme=theme)
    book.page.wait_for_function("theme => document.body.dataset.jpThemeName === theme", arg=theme)
    book.run_all()
    for position in (0, 1):
        book.find("news", position).wait_for()
        book.page.wait_for_function("n => document.querySelectorAll('.course-gan-picture')[n]?.complete", arg=position)
        assert book.unlabelled(position) == []
        assert book.reached_by_tab(position) == book.controls(position)
        contrasts = book.contrasts(position)
        assert len(contrasts) > 8
        assert min(contrasts.values()) >= 4.5, contrasts
        name = book.page.locator(".course-gan-panel").nth(position).get_attribute("class").split("course-gan-")[-1]
        book.shot(f"{theme.split()[1].lower()}_{name}", position)
    book.command("apputils:change-theme", theme="JupyterLab Light")
