"""The frame of panels, and panels as the kernel knows them: threads, one-line errors, figures without a page."""

import io
import subprocess
import sys
import threading
import time

import nbformat
import numpy as np
import pytest
import torch
from PIL import Image

from course_gan import data, models, panels, recipes
from course_gan.errors import CourseError
from course_gan.panels.kit import frame
from course_gan.panels.kit.frame import Panel, one_line
from course_gan.panels.kit.threads import Worker
from course_gan.panels.live_training.panel import duration, preview
from course_gan.plots.display import picture
from course_gan.runner import notebooks as notebook_files
from course_gan.runner.execute import environment, execute
from course_gan.training import GAN, Backend, NonFiniteError

RING = data.ring(500, generator=torch.Generator().manual_seed(0))


def until(condition, seconds=20.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def ring_game(**options):
    torch.manual_seed(0)
    return GAN(models.MLPGenerator(2, 2, 8), models.MLPDiscriminator(2, 8), backend=Backend("cpu"), **options)


@pytest.fixture
def training():
    """A training panel of the smallest game, with its widgets; whatever runs is ended."""
    panel = panels.Training("02", "smoke", steps=100_000)
    panel.open()
    yield panel
    panel.halt()


def buttons(panel):
    return [(name, knob) for name, knob in panel.knobs.items() if type(knob).__name__ == "Button"]


def line(panel):
    return panel.news.value.split(">", 1)[1].removesuffix("</span>")


# --- one at a time


def test_two_workers_take_turns():
    seen, workers = [], [Worker("one"), Worker("two")]

    def endless(name):
        while True:
            yield name

    for worker in workers:
        worker.start(lambda name=worker.name: endless(name), lambda r: (seen.append(r), time.sleep(0.002))[0], len_of)
    until(lambda: len(seen) > 120)
    for worker in workers:
        worker.halt()
    both = seen[seen.index("two") :][:40]
    assert min(both.count("one"), both.count("two")) >= 8


def len_of(error):
    assert error is None


def test_a_worker_ends_by_itself_by_halt_and_by_an_error():
    worker, ends = Worker("w"), []
    worker.start(lambda: iter(range(3)), lambda r: None, ends.append)
    until(lambda: ends == [None])
    assert not worker.running

    worker.start(lambda: iter(int, 1), lambda r: None, ends.append)
    with pytest.raises(CourseError, match="it is running already"):
        worker.start(lambda: iter(()), lambda r: None, ends.append)
    worker.halt()
    assert (worker.running, ends) == (False, [None, None])

    worker.start(lambda: iter([1]), lambda r: 1 / 0, ends.append)
    until(lambda: len(ends) == 3)
    assert isinstance(ends[2], ZeroDivisionError)


# --- errors


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (CourseError("lr is 5: choose less"), "lr is 5: choose less"),
        (ValueError("loss is 'x'\nmore"), "loss is 'x'"),
        (ZeroDivisionError("division by zero"), "ZeroDivisionError: division by zero"),
        (RuntimeError(), "RuntimeError: no message"),
        (
            NonFiniteError("stopped at step 3: the generator's loss is NaN; saved checkpoints are untouched"),
            "stopped at step 3: the generator's loss is NaN: start anew with a lower learning rate",
        ),
        (
            torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"),
            "out of memory: choose a smaller batch size or width and start again; the game so far is kept",
        ),
        (
            RuntimeError("[enforce fail at alloc_cpu.cpp:118] . DefaultCPUAllocator: can't allocate memory"),
            "out of memory: choose a smaller batch size or width and start again; the game so far is kept",
        ),
    ],
)
def test_every_error_is_one_line(error, line):
    assert one_line(error) == line


def test_markup_in_an_error_is_shown_and_not_obeyed(training):
    training.fail(CourseError("<img src=x onerror=alert(1)>"))
    assert line(training) == "✗ &lt;img src=x onerror=alert(1)&gt;"
    assert 'role="alert"' in training.news.value


# --- training


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
    [("03", {}, 0), ("07", {}, 0), ("07", {"adversarial": 0.0}, 1), ("08", {}, 0), ("10", {}, 1)],
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


@pytest.mark.parametrize(("seconds", "text"), [(3.2, "3 s"), (120, "2.0 min"), (7200, "2.0 h")])
def test_durations_are_said_as_a_person_would(seconds, text):
    assert duration(seconds) == text


# --- dynamics, minimax and latent


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
    assert panel.scores[-1][0] == steps
    panel.move("both")
    assert panel.game.steps == steps + 1
    assert "modes found" in panel.readout.value
    panel.reset()
    assert (panel.game.steps, len(panel.path)) == (0, 1)


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


# --- without a page

MAKERS = {
    "minimax": lambda: panels.Minimax(),
    "dynamics": lambda: panels.Dynamics(ring_game(), RING, data.ring_modes()),
    "training": lambda: panels.Training("03", "smoke"),
    "latent": lambda: panels.Latent(recipes.build("03", "smoke").game),
    "painter": lambda: panels.Painter(),
    "stylist": lambda: panels.Stylist(longest=64),
}


@pytest.mark.parametrize("name", MAKERS)
def test_without_a_page_a_panel_is_its_figure_and_has_no_widgets(name, capsys):
    panel = MAKERS[name]()
    threads = threading.active_count()
    panel._ipython_display_()
    assert capsys.readouterr().out == f"The panel as it starts: {panel.shows}.\n"
    assert len(picture(panel.figure()).getcolors(1 << 24)) > 8
    assert (panel.box, threading.active_count()) == (None, threads)


@pytest.mark.parametrize("name", [name for name in MAKERS if name != "painter"])  # its map is no part of the picture
def test_the_live_picture_is_the_figure(name):
    panel = MAKERS[name]()
    panel.open()
    shown = np.asarray(Image.open(io.BytesIO(panel.picture.png())).convert("RGB"), int)
    whole = np.asarray(picture(panel.figure()), int)
    assert shown.shape == whole.shape
    assert (np.abs(shown - whole).max(axis=2) > 60).mean() < 0.02


def test_the_kernel_of_a_server_is_live_and_a_runners_is_not(monkeypatch):
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    assert not frame.live()
    monkeypatch.setattr(frame.plots.display, "in_notebook", lambda: True)
    shell = type("Shell", (), {"user_ns": {}})()
    monkeypatch.setitem(sys.modules, "IPython", type("IPython", (), {"get_ipython": staticmethod(lambda: shell)}))
    assert not frame.live()
    monkeypatch.setenv("JPY_SESSION_NAME", "a.ipynb")
    assert frame.live()
    monkeypatch.setenv("COURSE_GAN_PANELS", "static")
    assert not frame.live()
    assert "JPY_SESSION_NAME" not in environment("smoke", 1)


def test_a_cell_that_is_run_again_gets_its_panel_back(monkeypatch):
    shell = type("Shell", (), {})()
    monkeypatch.setattr(frame.plots.display, "in_notebook", lambda: True)
    monkeypatch.setitem(sys.modules, "IPython", type("IPython", (), {"get_ipython": staticmethod(lambda: shell)}))

    def run(cell, message, make):
        shell.get_parent = lambda: {"metadata": {"cellId": cell}, "header": {"msg_id": message}}
        return make()

    first = run("a", "1", panels.minimax)
    assert run("a", "2", panels.minimax) is first
    assert run("b", "3", panels.minimax) is not first
    one, two = run("c", "4", lambda: (panels.minimax(), panels.minimax(gap=1.0)))
    assert one is not two
    assert run("c", "5", lambda: (panels.minimax(), panels.minimax(gap=1.0))) == (one, two)

    game = ring_game()
    old = run("d", "6", lambda: panels.dynamics(game, RING))
    assert run("d", "7", lambda: panels.dynamics(game, RING)) is old
    old.run()
    new = run("d", "8", lambda: panels.dynamics(ring_game(), RING))
    assert (new is not old, new.before is old, old.worker.running) == (True, True, False)


def test_under_papermill_a_panel_leaves_a_figure_with_its_text_and_no_thread(tmp_path):
    cells = [
        "PROFILE = 'smoke'",
        "import threading\nbefore = threading.active_count()\nfrom course_gan import panels\npanels.minimax()",
        "panel = panels.training('02', 'smoke')\npanel",
        "print([t.name for t in threading.enumerate() if 'panel' in t.name], threading.active_count() - before)",
    ]
    new = [nbformat.v4.new_code_cell(cell) for cell in cells]
    new[0].metadata["tags"] = ["parameters"]
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    source, target = tmp_path / "panels.ipynb", tmp_path / "out.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=new, metadata=kernel), source)
    options = {"profile": "smoke", "parameters": {}, "cwd": tmp_path, "threads": 1, "timeout": 120}
    outcome = execute("panels", source, target, **options)
    assert outcome.status == "ok", outcome
    executed = notebook_files.read(target)
    *_, first, second, count = executed.cells
    for cell in (first, second):
        (shown,) = [output for output in cell.outputs if "image/png" in output.get("data", {})]
        assert frame.VIEW not in shown.data
        assert shown.metadata["image/png"]["alt"].startswith("The panel as it starts: ")
    assert count.outputs[0].text == "[] 0\n"
    assert "widgets" not in executed.metadata


def test_panels_import_where_jupyter_is_not_installed_and_say_what_they_need():
    code = "import sys; sys.modules.update(dict.fromkeys(('IPython', 'ipywidgets', 'ipykernel')))\n"
    code += "from course_gan import panels\npanel = panels.minimax()\npanel.figure()\n"
    code += "try:\n    panel.open()\nexcept Exception as error:\n    print(type(error).__name__, error)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    wanted = "CourseError panels need ipywidgets: install the notebooks extra (pip install -e '.[notebooks]')\n"
    assert (run.stdout, run.returncode) == (wanted, 0), run.stderr


def test_importing_panels_loads_no_widgets():
    code = "import sys, course_gan.panels\nprint({'ipywidgets', 'IPython'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.stdout == "set()\n", run.stderr


def test_every_control_has_a_name():
    for make in MAKERS.values():
        panel = make()
        panel.open()
        for widget in operated(panel.box):
            assert widget.description.strip(), type(widget)
            assert widget.tooltip or widget.description


def operated(widget):
    if hasattr(widget, "children"):
        return [found for child in widget.children for found in operated(child)]
    return [widget] if hasattr(widget, "description") and "HTML" not in type(widget).__name__ else []


def test_a_panel_without_a_picture_is_no_panel():
    with pytest.raises(NotImplementedError):
        Panel().figure()
