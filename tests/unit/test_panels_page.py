"""Panels with and without a page: figures, cells that are run again, kernels without Jupyter."""

import io
import subprocess
import sys
import threading

import nbformat
import numpy as np
import pytest
from PIL import Image

from course_gan import data, panels, recipes
from course_gan.panels.kit import page
from course_gan.panels.kit.panel import Panel
from course_gan.plots.display import picture
from course_gan.runner import notebooks as notebook_files
from course_gan.runner.execute import environment, execute
from tests.unit.panel_helpers import RING, ring_game

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
    assert not page.live()
    monkeypatch.setattr(page.display, "in_notebook", lambda: True)
    shell = type("Shell", (), {"user_ns": {}})()
    monkeypatch.setitem(sys.modules, "IPython", type("IPython", (), {"get_ipython": staticmethod(lambda: shell)}))
    assert not page.live()
    monkeypatch.setenv("JPY_SESSION_NAME", "a.ipynb")
    assert page.live()
    monkeypatch.setenv("COURSE_GAN_PANELS", "static")
    assert not page.live()
    assert "JPY_SESSION_NAME" not in environment("smoke", 1)


def test_a_cell_that_is_run_again_gets_its_panel_back(monkeypatch):
    shell = type("Shell", (), {})()
    monkeypatch.setattr(page.display, "in_notebook", lambda: True)
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
        assert page.VIEW not in shown.data
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
