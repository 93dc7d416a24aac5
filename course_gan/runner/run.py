"""Run lessons side by side: progress, a record of what is finished, and a report that survives an interruption."""

import hashlib
import json
import shutil
import threading
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import asdict
from pathlib import Path

from course_gan.catalogue import Lesson, check_profile
from course_gan.errors import CourseError
from course_gan.files import write_whole
from course_gan.runner import notebooks, report
from course_gan.runner.execute import TIMEOUTS, Outcome, execute
from course_gan.training import interrupts


def run(
    lessons: list[Lesson],
    *,
    profile: str,
    jobs: int,
    out: Path,
    parameters: dict,
    resume: bool = False,
    timeout: float | None = None,
) -> list[Outcome]:
    """Run lessons headless into `out`: executed notebooks, their HTML, run.json and index.html.

    Arguments: profile, one of PROFILES; jobs, how many at once (they share the cores); parameters, injected into
    every lesson; resume, keep what run.json says is finished with the same notebook, profile and parameters;
    timeout, seconds a lesson may take. Returns an Outcome a lesson; a lesson that fails leaves the others running.
    Raises CourseError before anything runs: bad profile, unknown parameter, unwritable folder; KeyboardInterrupt
    after the finished lessons are recorded.
    """
    check_profile(profile)
    _check_out(out)
    finished = _finished(out) if resume else {}
    outcomes, todo = [], []
    for lesson in lessons:
        mark = _mark(lesson, profile, parameters)
        kept = finished.get(lesson.name)
        if kept and kept["mark"] == mark:
            outcomes.append(Outcome(lesson.name, "ok", kept["seconds"]))
        else:
            todo.append((lesson, mark))
    plan = _Plan(out, profile, parameters, timeout or TIMEOUTS[profile], max(1, _cores() // max(1, jobs)))
    records = {o.lesson: {**asdict(o), "mark": finished[o.lesson]["mark"]} for o in outcomes}
    with interrupts.noted() as received:
        try:
            _run_all(plan, todo, jobs, records, outcomes, received)
        finally:
            _record(out, profile, list(records.values()), [lesson.name for lesson in lessons])
    return sorted(outcomes, key=lambda o: o.lesson)


class _Plan:
    """What every lesson of a run shares, and the bars that show it."""

    def __init__(self, out, profile, parameters, timeout, threads):
        self.out, self.profile, self.parameters, self.timeout, self.threads = out, profile, parameters, timeout, threads
        self.stop = threading.Event()
        self.bars: dict = {}  # lesson -> its bar, which tqdm gives a free line

    def one(self, lesson: Lesson) -> Outcome:
        """Run a lesson in a folder of its own, then move what came out into place."""
        from tqdm import tqdm

        scratch = self.out / ".running" / lesson.name
        shutil.rmtree(scratch, ignore_errors=True)
        shape = "{desc:<24} {bar:20} {n}/{total} cells {elapsed}"
        bar = tqdm(desc=lesson.name, leave=False, total=1, bar_format=shape, disable=None)
        self.bars[lesson.name] = bar

        def progress(done, cells):
            bar.total = cells
            bar.update(done - bar.n)

        try:
            (scratch / "files").mkdir(parents=True)
            outcome = execute(
                lesson.name, lesson.notebook.resolve(), scratch / f"{lesson.name}.ipynb", profile=self.profile,
                parameters=self.parameters, cwd=scratch / "files", threads=self.threads, timeout=self.timeout,
                html=scratch / f"{lesson.name}.html", progress=progress, stop=self.stop,
            )  # fmt: skip
            if outcome.status != "stopped":
                for made in (f"{lesson.name}.ipynb", f"{lesson.name}.html"):
                    (self.out / made).unlink(missing_ok=True)
                    if (scratch / made).exists():
                        (scratch / made).replace(self.out / made)
        except OSError as error:
            outcome = Outcome(lesson.name, "failed", 0.0, _cannot_write(self.out, error))
        finally:
            bar.close()
            del self.bars[lesson.name]
            shutil.rmtree(scratch, ignore_errors=True)
        return outcome


def _run_all(plan: _Plan, todo: list, jobs: int, records: dict, outcomes: list[Outcome], received: list[int]) -> None:
    from tqdm import tqdm

    with (
        tqdm(desc="lessons", total=len(todo), position=0, unit="lesson", disable=None) as over_all,
        ThreadPoolExecutor(max(1, jobs)) as pool,
    ):
        running: dict[Future, tuple] = {pool.submit(plan.one, lesson): (lesson, mark) for lesson, mark in todo}
        while running and not received:
            over_all.refresh()  # keeps the clocks going while nothing is finished
            for bar in list(plan.bars.values()):
                bar.refresh()
            for future in wait(running, timeout=0.5, return_when=FIRST_COMPLETED).done:
                lesson, mark = running.pop(future)
                outcome = future.result()
                outcomes.append(outcome)
                records[lesson.name] = {**asdict(outcome), "mark": mark}
                _record(plan.out, plan.profile, list(records.values()), None)
                over_all.update()
                tqdm.write(f"{outcome.status:<8} {lesson.name:<24} {outcome.seconds:6.1f} s")
        if running:
            plan.stop.set()  # ends each lesson within a second
            for future in running:
                future.cancel()
            raise KeyboardInterrupt


def _record(out: Path, profile: str, records: list[dict], order: list[str] | None) -> None:
    """Write run.json in one move, and the index where the order of its rows is given."""
    records = [r for r in records if r["status"] != "stopped"]
    try:
        write_whole(out / "run.json", json.dumps({"profile": profile, "lessons": records}, indent=1) + "\n")
        if order is not None:
            report.write_index(out, sorted(records, key=lambda r: order.index(r["lesson"])), profile)
            if (out / ".running").exists():
                shutil.rmtree(out / ".running", ignore_errors=True)
    except OSError as error:
        raise CourseError(_cannot_write(out, error)) from None


def _finished(out: Path) -> dict[str, dict]:
    """Return what an earlier run finished, by lesson; nothing where there is no readable record."""
    try:
        records = json.loads((out / "run.json").read_text(encoding="utf-8"))["lessons"]
        return {r["lesson"]: r for r in records if r["status"] == "ok" and (out / f"{r['lesson']}.ipynb").exists()}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _mark(lesson: Lesson, profile: str, parameters: dict) -> str:
    """Return a digest of what decides a result: the notebook, the profile and the parameters."""
    _check_parameters(lesson, parameters)
    text = lesson.notebook.read_bytes() if lesson.notebook.exists() else b""
    return hashlib.sha256(text + json.dumps([profile, parameters], sort_keys=True).encode()).hexdigest()[:16]


def _check_parameters(lesson: Lesson, parameters: dict) -> None:
    if not parameters:
        return
    try:
        notebooks.read(lesson.notebook)
    except CourseError:
        return  # said, with its reason, when the lesson's turn comes
    from papermill import inspect_notebook

    known = list(inspect_notebook(str(lesson.notebook)))
    for name in parameters:
        if name not in known:
            raise CourseError(f"lesson {lesson.name} has no parameter {name!r}: it has {', '.join(known) or 'none'}")


def _check_out(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        probe = out / ".writable"
        probe.write_bytes(b"0" * 65536)
        probe.unlink()
    except OSError as error:
        raise CourseError(_cannot_write(out, error)) from None


def _cannot_write(out: Path, error: OSError) -> str:
    return f"cannot write into {out} ({error.strerror or error}): free space there or choose another folder with --out"


def _cores() -> int:
    import os

    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
