"""Run lessons side by side: progress, a record of what is finished, and a report that survives an interruption."""

import hashlib
import json
import shutil
import threading
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import asdict
from pathlib import Path

from course_gan.catalogue import Lesson, check_profile
from course_gan.errors import CourseError
from course_gan.runner import notebooks
from course_gan.runner.execute import TIMEOUTS, Outcome, execute
from course_gan.runner.results import Results, cannot_write
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
    Raises CourseError before anything runs: bad profile, unknown parameter, a folder that cannot be written, is in use
    or is not ours; KeyboardInterrupt after the finished lessons are recorded.
    """
    check_profile(profile)
    results = Results(out, lessons)
    marks = {lesson: _mark(lesson, profile, parameters) for lesson in results.lessons}
    plan = _Plan(results, profile, parameters, timeout or TIMEOUTS[profile], max(1, _cores() // max(1, jobs)))
    with results.opened():
        finished = results.finished() if resume else {}
        outcomes = []
        todo = []
        records = {}
        for lesson, mark in marks.items():
            kept = finished.get(lesson.name)
            if kept and kept["mark"] == mark:
                outcomes.append(Outcome(lesson.name, "ok", kept["seconds"]))
                records[lesson.name] = {**asdict(outcomes[-1]), "mark": mark}
            else:
                todo.append((lesson, mark))
        with interrupts.noted() as received:
            try:
                _run_all(plan, todo, jobs, records, outcomes, received)
            finally:
                results.record(list(records.values()), profile, with_index=True)
    return sorted(outcomes, key=lambda o: o.lesson)


class _Plan:
    """What every lesson of a run shares, and the bars that show it."""

    def __init__(self, results: Results, profile: str, parameters: dict, timeout: float, threads: int):
        self.results = results
        self.profile = profile
        self.parameters = parameters
        self.timeout = timeout
        self.threads = threads
        self.stop = threading.Event()
        self.bars: dict = {}  # lesson -> its bar, which tqdm gives a free line

    def one(self, lesson: Lesson) -> Outcome:
        """Run a lesson in a folder of its own, then move what came out into place."""
        from tqdm import tqdm

        shape = "{desc:<24} {bar:20} {n}/{total} cells {elapsed}"
        bar = tqdm(desc=lesson.name, leave=False, total=1, bar_format=shape, disable=None)
        self.bars[lesson.name] = bar

        def progress(done: int, cells: int) -> None:
            bar.total = cells
            bar.update(done - bar.n)

        try:
            outcome = self._executed(lesson, progress)
        except OSError as error:
            outcome = Outcome(lesson.name, "failed", 0.0, cannot_write(self.results.path, error))
        finally:
            bar.close()
            del self.bars[lesson.name]
        return outcome

    def _executed(self, lesson: Lesson, progress: Callable[[int, int], None]) -> Outcome:
        from tqdm import tqdm

        scratch = self.results.scratch(lesson)
        try:
            outcome = execute(
                lesson.name,
                lesson.notebook.resolve(),
                scratch / f"{lesson.name}.ipynb",
                profile=self.profile,
                parameters=self.parameters,
                cwd=scratch / "files",
                threads=self.threads,
                timeout=self.timeout,
                html=scratch / self.results.pages[lesson.name],
                progress=progress,
                stop=self.stop,
            )
            if outcome.status != "stopped":
                self.results.take(lesson, scratch)
            if kept := self.results.take_files(lesson, scratch):
                tqdm.write(f"{lesson.name}: the files that it wrote are in {kept}")
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        return outcome


def _run_all(plan: _Plan, todo: list, jobs: int, records: dict, outcomes: list[Outcome], received: list[int]) -> None:
    from tqdm import tqdm

    with (
        tqdm(desc="lessons", total=len(todo), position=0, unit="lesson", disable=None) as over_all,
        ThreadPoolExecutor(max(1, jobs)) as pool,
    ):
        running: dict[Future, tuple] = {pool.submit(plan.one, lesson): (lesson, mark) for lesson, mark in todo}

        def keep(future: Future) -> None:
            lesson, mark = running.pop(future)
            outcome = future.result()
            outcomes.append(outcome)
            records[lesson.name] = {**asdict(outcome), "mark": mark}
            plan.results.record(list(records.values()), plan.profile, with_index=False)
            over_all.update()
            tqdm.write(f"{outcome.status:<8} {lesson.name:<24} {outcome.seconds:6.1f} s")

        try:
            while running and not received:
                over_all.refresh()  # keeps the clocks going while nothing is finished
                for bar in list(plan.bars.values()):
                    bar.refresh()
                for future in wait(running, timeout=0.5, return_when=FIRST_COMPLETED).done:
                    keep(future)
        finally:
            plan.stop.set()  # ends each lesson that still runs within a second
            for future in running:
                future.cancel()
        if running:
            for future in wait(running).done:
                if not future.cancelled():
                    keep(future)  # it may have finished before it was told to stop
            raise KeyboardInterrupt


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


def _cores() -> int:
    import os

    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
