"""The panels as pages of their own: `make app`'s voila serves both, and leaves nothing behind."""

import importlib.util
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import psutil
import pytest

from course_gan.files import ROOT
from course_gan.panels import Stylist, Training
from course_gan.panels.kit.page import VIEW

PAGES = {"stylist": ("Your picture in another style", Stylist), "training": ("Train a GAN", Training)}


@pytest.fixture(scope="module")
def voila(tmp_path_factory):
    """The address of a voila on app/."""
    if importlib.util.find_spec("voila") is None:
        why = "no voila here: install the app extra"
        pytest.fail(why) if os.environ.get("CI") else pytest.skip(why)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "voila", ".", "--no-browser", f"--port={port}", "--Voila.ip=127.0.0.1"]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    env.pop("JPY_SESSION_NAME", None)
    log = tmp_path_factory.mktemp("voila") / "log"
    with log.open("w") as stream:
        server = subprocess.Popen(command, cwd=ROOT / "app", stdout=stream, stderr=stream, env=env)
    family, address = psutil.Process(server.pid), f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(address, timeout=5).read()
                break
            except OSError:
                if server.poll() is not None or time.monotonic() > deadline:
                    pytest.fail(f"voila did not start: {log.read_text()[-800:]}")
                time.sleep(0.2)
        yield address
    finally:
        kernels = family.children(recursive=True)
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
        _, left = psutil.wait_procs(kernels, timeout=10)
        for process in left:
            process.kill()
    assert left == [], "kernels outlived their server"


@pytest.mark.parametrize("name", PAGES)
def test_a_page_holds_its_panel(voila, name):
    heading, panel = PAGES[name]
    with urllib.request.urlopen(f"{voila}/voila/render/{name}.ipynb", timeout=120) as reply:
        assert reply.status == 200
        page = reply.read().decode()
    assert heading in page
    assert f'"{VIEW}": {{"model_id": "' in page  # the live panel, and beside it its figure
    assert f"The panel as it starts: {panel.shows}." in page
    assert "Traceback" not in page
    assert "jupyterlab-jupytext" not in page  # app/voila.json has been read: pages load no editor's extensions


def test_other_files_are_not_served(voila):
    with pytest.raises(urllib.error.HTTPError, match="40"):
        urllib.request.urlopen(f"{voila}/voila/files/voila.json", timeout=10)


def test_the_pages_are_short_unexecuted_and_there_is_a_target_for_them():
    for name, (_, panel) in PAGES.items():
        cells = json.loads((ROOT / "app" / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
        (code,) = [cell for cell in cells if cell["cell_type"] == "code"]
        assert (code["outputs"], code["execution_count"]) == ([], None)
        assert f"panels.{panel.name}(" in "".join(code["source"])
    assert "\napp: setup " in (ROOT / "Makefile").read_text()
