"""One JupyterLab and one chromium for all browser tests; a page and a kernel for each."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import nbformat
import pytest

from course_gan.files import ROOT

SHOTS = ROOT / "build" / "browser"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
SETTINGS = {
    "notebook-extension/tracker": {"windowingMode": "none"},
    "docmanager-extension/plugin": {"autosave": False},
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False, "doNotDisturbMode": True},
}
PANEL = "document.querySelectorAll('.course-gan-panel')[within]"
OPERATED = "button:not([disabled]), input:not([disabled]), select, .noUi-handle, canvas[tabindex], a[href]"
SHOWN = "e => e.getClientRects().length"  # not what stands in a part that is hidden
NAME = """e => {
    const label = e.closest('label') ?? e.closest('.widget-inline-hbox, .widget-checkbox')?.querySelector('label')
    const own = e.getAttribute('aria-label') ?? (['BUTTON', 'A'].includes(e.tagName) ? e.innerText : '')
    return [own || (label?.innerText ?? ''), e.outerHTML]
}"""
CONTRASTS = """within => {
    const light = text => {
        const [r, g, b] = text.match(/[\\d.]+/g).map(Number).map(v => v / 255)
            .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b
    }
    const behind = e => {
        const colour = getComputedStyle(e).backgroundColor
        return /, 0\\)$/.test(colour) && e.parentElement ? behind(e.parentElement) : colour
    }
    const found = {}
    for (const e of PANEL.querySelectorAll('label, button:not([disabled]), input, select, span, b, a')) {
        if (!(e.innerText || e.value)) continue
        const [a, b] = [light(getComputedStyle(e).color), light(behind(e))].sort((x, y) => y - x)
        found[e.tagName + ' ' + (e.innerText || e.value)] = (a + 0.05) / (b + 0.05)
    }
    return found
}""".replace("PANEL", PANEL)


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
    """A notebook of the given cells, opened in the one page that all tests share, with a kernel of its own."""

    def __init__(self, lab: "Lab", name: str, cells):
        self.lab, self.path = lab, f"{name}.ipynb"
        kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
        new = [nbformat.v4.new_code_cell(cell) for cell in cells]
        nbformat.write(nbformat.v4.new_notebook(cells=new, metadata=kernel), lab.folder / self.path)
        self._client = None
        self.open()

    @property
    def page(self):
        return self.lab.page

    def open(self):
        """Open the notebook and wait for its kernel."""
        self.command("docmanager:open", path=self.path)
        self.page.wait_for_function(
            """path => {
                const shown = window.jupyterapp.shell.currentWidget
                return shown?.context?.path === path && shown.sessionContext.session?.kernel?.status === 'idle'
            }""",
            arg=self.path,
        )

    def command(self, name: str, **arguments):
        """Have JupyterLab carry out one of its commands, and wait for it."""
        self.page.evaluate(
            "async ([name, given]) => { await window.jupyterapp.commands.execute(name, given) }", [name, arguments]
        )

    def run_all(self):
        """Run all cells and wait until the kernel has run them."""
        self.command("notebook:run-all-cells")
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

            sessions = json.load(urllib.request.urlopen(f"{self.lab.address}/api/sessions"))
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

    def changed(self, before: str, within: int = 0):
        """Wait until the page shows another picture than this one."""
        self.page.wait_for_function(
            """([before, within]) => {
                const panel = document.querySelectorAll('.course-gan-panel')[within]
                const shown = panel.querySelector('.course-gan-picture')
                return shown.src !== before && shown.complete && shown.naturalWidth > 100
            }""",
            arg=[before, within],
        )

    def says(self, name: str, text: str, within: int = 0):
        """Wait until the news or the readout of a panel holds the text, or nothing where it is empty."""
        from playwright.sync_api import expect

        found = self.find(name, within)
        expect(found).to_contain_text(text, timeout=30_000) if text else expect(found).to_have_text("", timeout=30_000)

    def seconds_to_picture(self, act, event: str = "keydown") -> float:
        """From the event that act() causes in the page to the next picture painted there, by the page's clock."""
        self.page.evaluate(
            """event => { window.timed = new Promise(done => {
                let began = 0
                document.addEventListener(event, () => { began = performance.now() }, {once: true, capture: true})
                const shown = document.querySelector('.course-gan-picture')
                shown.addEventListener('load', () => requestAnimationFrame(() => done(performance.now() - began)),
                    {once: true})
            }) }""",
            event,
        )
        act()
        return self.page.evaluate("() => window.timed") / 1000

    def controls(self, within: int) -> list[str]:
        """What can be operated in a panel: the text or label of each button, field, box and slider, in their order."""
        return [entry[0] for entry in self._controls(within)]

    def unlabelled(self, within: int) -> list[str]:
        """The controls that have no text and no label beside them."""
        return [kind for name, kind in self._controls(within) if not name.strip()]

    def _controls(self, within: int) -> list[list[str]]:
        return self.page.evaluate(
            f"within => [...{PANEL}.querySelectorAll('{OPERATED}')].filter({SHOWN}).map({NAME})", within
        )

    def reached_by_tab(self, within: int) -> list[str]:
        """What Tab comes by, from the first control of a panel on."""
        self.page.evaluate(f"within => {PANEL}.querySelector('{OPERATED}').focus()", within)
        names, wanted = [], self.controls(within)
        for _ in range(2 * len(wanted)):  # the number beside a slider is a stop of its own
            name = self.page.evaluate(f"() => ({NAME})(document.activeElement)[0]")
            names += [name] if names[-1:] != [name] else []
            if len(names) == len(wanted):
                break
            self.page.keyboard.press("Tab")
        return names

    def contrasts(self, within: int) -> dict[str, float]:
        """The contrast (WCAG, 1 to 21) of each text in a panel with the page's background."""
        return self.page.evaluate(CONTRASTS, within)

    def shot(self, name: str, within: int = 0):
        """Keep a screenshot of a panel."""
        self.page.locator(".course-gan-panel").nth(within).screenshot(path=SHOTS / f"{name}.png")

    def close(self):
        """Keep a picture of the page, close the notebook, end its kernel."""
        self.page.screenshot(path=SHOTS / f"last_{self.path[:-6]}.png")
        if self._client is not None:
            self._client.stop_channels()
        self.page.evaluate(
            """async path => {
                const shown = [...window.jupyterapp.shell.widgets('main')].filter(w => w.context?.path === path)
                for (const w of shown) {
                    await w.context.save()
                    await w.sessionContext.shutdown()
                    w.dispose()
                }
            }""",
            self.path,
        )


class Lab:
    """A running JupyterLab and a page that shows it; what the page writes on its console as an error is kept."""

    def __init__(self, browser, address: str, folder: Path):
        SHOTS.mkdir(parents=True, exist_ok=True)
        self.address, self.folder, self.errors = address, folder, []
        self.context = browser.new_context(viewport={"width": 1280, "height": 1500})
        self.context.set_default_timeout(30_000)
        self.page = None
        self.open()

    def open(self):
        """Show JupyterLab on a new page."""
        self.page = self.context.new_page()
        self.page.on("console", lambda m: self.errors.append(m.text) if m.type == "error" else None)
        self.page.on("pageerror", lambda e: self.errors.append(str(e)))
        self.page.goto(f"{self.address}/lab?reset")
        self.page.wait_for_function("window.jupyterapp && window.jupyterapp.started.then(() => true)", timeout=60_000)
        self.page.evaluate("async () => { await window.jupyterapp.commands.execute('application:toggle-left-area') }")

    def close_tab(self):
        """Close the page, as a learner closes the tab, and open another."""
        self.page.close()
        self.page = None


@pytest.fixture(scope="session")
def shown_lab(chromium, lab):
    shown = Lab(chromium, *lab)
    yield shown
    shown.context.close()


@pytest.fixture
def notebook(shown_lab, request):
    """notebook(cells…) opens a notebook; at the end no error may have appeared on the console."""
    opened = []
    shown_lab.errors.clear()

    def make(*cells):
        name = re.sub(r"\W+", "_", request.node.name)
        opened.append(Notebook(shown_lab, f"{name}_{len(opened)}", cells))
        return opened[-1]

    yield make
    for book in opened:
        book.close()
    assert shown_lab.errors == []
