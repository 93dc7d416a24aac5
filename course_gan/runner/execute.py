"""Start the process that runs a notebook, hold it to an outer clock, and say how it ended."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

TIMEOUTS = {"smoke": 300, "cpu": 1800, "gpu": 6 * 3600}  # seconds a lesson may take; the bounds are far below


@dataclass
class Outcome:
    """How a lesson ended: status ok, failed, timeout or stopped; error one line; cell its position from 1 or None."""

    lesson: str
    status: str
    seconds: float
    error: str | None = None
    cell: int | None = None

    def __str__(self):
        where = f", cell {self.cell}" if self.cell is not None else ""
        return f"{self.lesson}{where}: {self.error}"


def execute(
    name: str,
    source: Path,
    target: Path,
    *,
    profile: str,
    parameters: dict,
    cwd: Path,
    threads: int,
    timeout: float,
    html: Path | None = None,
    claims: str | None = None,
    progress: Callable[[int, int], None] = lambda done, cells: None,
    stop: threading.Event | None = None,
) -> Outcome:
    """Run a notebook to its end or to the clock's, in a process of its own with `threads` computing threads.

    claims: "strict" makes a claim outside its interval fail, "shown" only shows it; None is what the environment says.
    progress is called with (cells done, cells in all); setting `stop` ends the run within a second. Whatever the
    notebook does (raise, hang, exit, kill its kernel) an Outcome is returned and no process is left behind.
    """
    job = {"source": str(source), "target": str(target), "parameters": parameters, "cwd": str(cwd)}
    job["html"] = str(html) if html else None
    begun = time.monotonic()
    ended = threading.Event()
    process = subprocess.Popen(
        [sys.executable, "-m", "course_gan.runner.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment(profile, threads, claims),
        start_new_session=True,
    )
    why = []
    watch = threading.Thread(target=_watch, args=(process, timeout, stop, ended, why), daemon=True)
    watch.start()
    last: dict = {"error": "its process ended without a word"}
    cells = 0
    cell = None
    try:
        process.stdin.write(json.dumps(job))
        process.stdin.close()
        for line in process.stdout:
            last = json.loads(line)
            cells = last.get("cells", cells)
            cell = last.get("started", cell)
            if "finished" in last:
                progress(last["finished"], cells)
    except (BrokenPipeError, ValueError):
        pass  # the process was ended under us: `why` or `last` knows
    finally:
        process.wait()
        ended.set()
        watch.join()
    seconds = time.monotonic() - begun
    if why:
        return Outcome(name, why[0], seconds, why[1], cell)
    if last.get("error") or "error" not in last:
        why_not = _flat(last.get("error") or "its process was killed")
        return Outcome(name, "failed", seconds, why_not, last.get("cell", cell))
    return Outcome(name, "ok", seconds)


def environment(profile: str, threads: int, claims: str | None = None) -> dict[str, str]:
    """Return the environment of a kernel: its profile, and its share of the cores, so that two do not fight.

    JPY_SESSION_NAME would tell panels that a page looks at them: it is inherited where a notebook starts the run.
    """
    env = {k: v for k, v in os.environ.items() if k not in ("PYTHONDONTWRITEBYTECODE", "JPY_SESSION_NAME")}
    shares = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), str(threads))
    env.update(shares, COURSE_GAN_PROFILE=profile, PYDEVD_DISABLE_FILE_VALIDATION="1")
    if claims is not None:
        env["COURSE_GAN_CLAIMS"] = claims
    return env


def _watch(
    process: subprocess.Popen,
    timeout: float,
    stop: threading.Event | None,
    ended: threading.Event,
    why: list[str],
) -> None:
    deadline = time.monotonic() + timeout
    while not ended.wait(0.2):
        if stop is not None and stop.is_set():
            why[:] = ["stopped", "stopped before it was finished"]
        elif time.monotonic() > deadline:
            why[:] = ["timeout", f"still running after {timeout:g} s, the time a lesson has (--timeout)"]
        if why or process.poll() is not None:
            _end(process)
            return


def _end(process: subprocess.Popen) -> None:
    """Kill the process and its kernel, whose session is its own."""
    import psutil

    try:
        family = psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        family = []
    for member in [process, *family]:
        try:
            member.kill()
        except (psutil.NoSuchProcess, ProcessLookupError):
            continue


def _flat(text: str) -> str:
    return " ".join(text.split())[:300]
