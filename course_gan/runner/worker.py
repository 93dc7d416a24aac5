"""Execute one notebook with papermill in a process of its own: `python -m course_gan.runner.worker` reads a job
as JSON on standard input and reports on standard output, one JSON object a line: cells, started, finished, and at
last an error (with its cell) or none."""

import contextlib
import json
import os
import re
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from course_gan.errors import CourseError
from course_gan.runner import notebooks
from course_gan.runner.report import write_html

if TYPE_CHECKING:
    from nbformat import NotebookNode

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")  # which Python 3.13 puts into tracebacks


def work(job: dict, say: Callable[..., None]) -> None:
    """Run a job: source and target paths, parameters, cwd, html path or None; say() takes the report's fields."""
    import papermill as pm
    from nbclient.exceptions import DeadKernelError
    from papermill.engines import NBClientEngine, papermill_engines
    from papermill.exceptions import PapermillExecutionError

    class ReportingEngine(NBClientEngine):
        """papermill's own engine that tells us of each cell."""

        @classmethod
        def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **options: Any) -> None:
            started, finished = nb_man.cell_start, nb_man.cell_complete

            def start(cell: Any, cell_index: int, **more: Any) -> None:
                say(started=cell_index + 1)
                started(cell, cell_index, **more)

            def complete(cell: Any, cell_index: int, **more: Any) -> None:
                finished(cell, cell_index, **more)
                say(finished=cell_index + 1)

            nb_man.cell_start, nb_man.cell_complete = start, complete
            super().execute_managed_notebook(nb_man, kernel_name, **options)

    papermill_engines.register("course-gan", ReportingEngine)
    source, target = Path(job["source"]), Path(job["target"])
    say(cells=len(notebooks.read(source).cells))
    error = None
    try:
        pm.execute_notebook(
            str(source),
            str(target),
            parameters=job["parameters"],
            engine_name="course-gan",
            kernel_name="python3",
            cwd=job["cwd"],
            progress_bar=False,
            start_timeout=180,
        )
        finished = notebooks.read(target)
        notebooks.without_bars(finished)
        notebooks.write(finished, target)
    except PapermillExecutionError as raised:
        line = next((line for line in raised.source.splitlines() if line.strip() and line[0] not in "#%"), "")
        error = {"error": f"{raised.ename}: {raised.evalue} (the cell begins: {line[:60]})"}
        error["cell"] = raised.cell_index + 1
    except OSError as raised:
        error = {"error": f"cannot write {target.parent} ({raised.strerror or raised}); free space or choose --out"}
    except DeadKernelError:
        error = {"error": "its kernel died (killed from outside, a crash, or out of memory)"}
    except Exception as raised:  # a kernel that does not start
        error = {"error": _one_line(raised)}
    if target.exists():
        executed = notebooks.read(target)
        error = error or unrun(executed) or failed_thread(executed)
        if job["html"]:
            write_html(executed, Path(job["html"]))
    say(**(error or {"error": None}))


def unrun(notebook: "NotebookNode") -> dict | None:
    """Find a code cell that was never executed: after sys.exit(0) papermill itself sees nothing wrong."""
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type == "code" and cell.source.strip() and cell.get("execution_count") is None:
            return {"error": "this cell was never executed: the kernel left before it (sys.exit?)", "cell": index + 1}
    return None


def failed_thread(notebook: "NotebookNode") -> dict | None:
    """Find a background thread that died of an exception, which papermill does not notice."""
    for index, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", []):
            if output.get("name") == "stderr" and "Exception in thread" in output.get("text", ""):
                last = _COLOURS.sub("", output["text"]).strip().splitlines()[-1]
                return {"error": f"a background thread failed: {last}", "cell": index + 1}
    return None


def _one_line(error: Exception) -> str:
    text = str(error).strip().splitlines()
    return f"{type(error).__name__}: {text[0] if text else 'no message'}"


def follow_parent(parent: int, every: float = 1.0) -> None:
    """End this process and its kernel when the process that started it is gone, killed without a word."""
    import psutil

    while os.getppid() == parent:
        time.sleep(every)
    for member in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            member.kill()
    os._exit(1)


def main() -> None:
    """Take the job from standard input; keep standard output for reports, away from the kernel, which inherits it."""
    reports = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    threading.Thread(target=follow_parent, args=(os.getppid(),), daemon=True).start()

    def say(**fields: Any) -> None:
        print(json.dumps(fields), file=reports, flush=True)

    try:
        work(json.load(sys.stdin), say)
    except CourseError as error:
        say(error=str(error))
    except Exception as error:
        say(error=_one_line(error))


if __name__ == "__main__":
    main()
