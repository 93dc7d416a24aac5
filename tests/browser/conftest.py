"""One JupyterLab and one chromium for all browser tests; a page and a kernel for each."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import nbformat
import pytest

from course_gan.paths import ROOT

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
SETTINGS = {
    "notebook-extension/tracker": {"windowingMode": "none"},
    "docmanager-extension/plugin": {"autosave": False},
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False, "doNotDisturbMode": True},
}


@pytest.fixture(scope="session")
def chromium():
    if CHROMIUM is None:
        why = "no chromium here: run scripts/debian_packages.sh as root, or install it"
        pytest.fail(why) if os.environ.get("CI") else pytest.skip(why)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, headless=True, args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    """A JupyterLab on an empty folder: (address, folder)."""
    folder, settings = tmp_path_factory.mktemp("lab"), tmp_path_factory.mktemp("settings")
    for name, values in SETTINGS.items():
        path = settings / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "jupyterlab", "--allow-root", "--no-browser", "--ip=127.0.0.1", f"--port={port}"]
    command += ["--ServerApp.port_retries=0", "--IdentityProvider.token=", f"--ServerApp.root_dir={folder}"]
    command += ["--LabApp.expose_app_in_browser=True", f"--LabApp.user_settings_dir={settings}"]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    env.pop("JPY_SESSION_NAME", None)
    with (settings / "lab.log").open("w") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, env=env, start_new_session=True)
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(f"{address}/api/status", timeout=2).read()
                break
            except OSError:
                if server.poll() is not None or time.monotonic() > deadline:
                    pytest.fail(f"JupyterLab did not start: {(settings / 'lab.log').read_text()[-800:]}")
                time.sleep(0.1)
        yield address, folder
    finally:
        server.terminate()  # it shuts its kernels down
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()


class Notebook:
    """A notebook of the given cells, opened on a page, with its kernel."""

    def __init__(self, browser, address: str, folder: Path, name: str, cells):
        self.address, self.path, self.errors = address, f"{name}.ipynb", []
        kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
        new = [nbformat.v4.new_code_cell(cell) for cell in cells]
        nbformat.write(nbformat.v4.new_notebook(cells=new, metadata=kernel), folder / self.path)
        self.context = browser.new_context(viewport={"width": 1280, "height": 1500})
        self.context.set_default_timeout(30_000)
        self._client, self.page = None, None
        self.open()

    def open(self):
        """Open the notebook on a new page and wait for its kernel."""
        self.page = self.context.new_page()
        self.page.on("console", lambda m: self.errors.append(m.text) if m.type == "error" else None)
        self.page.on("pageerror", lambda e: self.errors.append(str(e)))
        self.page.goto(f"{self.address}/lab/workspaces/{self.path[:-6]}/tree/{self.path}?reset")
        self.page.wait_for_function("window.jupyterapp && window.jupyterapp.shell.currentWidget?.sessionContext")
        self.page.evaluate("window.jupyterapp.commands.execute('application:toggle-left-area')")
        self.page.wait_for_function(
            "window.jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.status === 'idle'"
        )

    def run_all(self):
        """Run all cells and wait until the kernel has run them."""
        self.page.evaluate("window.jupyterapp.commands.execute('notebook:run-all-cells')")
        self.page.wait_for_function(
            "window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'idle'"
        )

    def find(self, name: str, within: int = 0):
        """The element of class course-gan-NAME in the panel of this position on the page."""
        return self.page.locator(".course-gan-panel").nth(within).locator(f".course-gan-{name}")

    def kernel(self, code: str):
        """What an expression is worth in the kernel, beside the page; by way of repr and eval."""
        if self._client is None:
            from jupyter_client import BlockingKernelClient

            sessions = json.load(urllib.request.urlopen(f"{self.address}/api/sessions"))
            identity = next(s["kernel"]["id"] for s in sessions if s["path"] == self.path)
            file = Path(os.environ["JUPYTER_RUNTIME_DIR"]) / f"kernel-{identity}.json"
            self._client = BlockingKernelClient(connection_file=str(file))
            self._client.load_connection_file()
            self._client.start_channels()
        reply = self._client.execute_interactive(
            "", user_expressions={"it": code}, store_history=False, silent=True, timeout=60, output_hook=lambda _: None
        )
        it = reply["content"]["user_expressions"]["it"]
        assert it["status"] == "ok", it
        return eval(it["data"]["text/plain"], {"nan": float("nan")})

    def until(self, code: str, seconds: float = 30):
        """Wait until an expression is true in the kernel."""
        deadline = time.monotonic() + seconds
        while not (value := self.kernel(code)):
            assert time.monotonic() < deadline, f"still {value!r} after {seconds} s: {code}"
            time.sleep(0.1)

    def picture(self, within: int = 0) -> str:
        """The address of the picture that the page shows, another one for each drawing."""
        return self.find("picture", within).get_attribute("src")

    def shot(self, name: str, within: int = 0):
        """Keep a screenshot of a panel."""
        target = ROOT / "build" / "browser" / f"{name}.png"
        target.parent.mkdir(parents=True, exist_ok=True)
        self.page.locator(".course-gan-panel").nth(within).screenshot(path=target)

    def close(self):
        if self._client is not None:
            self._client.stop_channels()
        self.context.close()


@pytest.fixture
def notebook(chromium, lab, request):
    """notebook(cells…) opens a notebook; at the end no error of ours may have appeared on the console."""
    opened = []

    def make(*cells):
        opened.append(Notebook.__new__(Notebook))
        opened[-1].__init__(chromium, *lab, f"{request.node.name}_{len(opened) - 1}".replace("[", "_").strip("]"), cells)
        return opened[-1]

    yield make
    for book in opened:
        target = ROOT / "build" / "browser" / "last.png"
        target.parent.mkdir(parents=True, exist_ok=True)
        book.page.screenshot(path=target)
        book.close()
    assert [error for book in opened for error in book.errors] == []
