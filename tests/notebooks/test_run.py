"""`course-gan run`, driven as a person drives it: what goes wrong is one line, and the rest still runs."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import psutil
import pytest

from course_gan.catalogue import Lesson, lessons
from course_gan.runner import run as runner

PARAMETERS = "import os\nPROFILE = os.environ.get('COURSE_GAN_PROFILE', 'cpu')\nSEED = 0"
COMMAND = [str(Path(sys.executable).parent / "course-gan")]
CASES = {
    "good": ["print(PROFILE, SEED, os.environ['OMP_NUM_THREADS'])"],
    "raises": ["total = 1\nratio = 1 / 0"],
    "exits": ["import sys; sys.exit(0)", "print('never')"],
    "kills": ["os._exit(3)"],
    "hangs": ["import time\nwhile True:\n    time.sleep(1)"],
    "thread": ["import threading\nt = threading.Thread(target=lambda: 1 / 0)\nt.start(); t.join()"],
}


def write_case(folder: Path, name: str) -> Path:
    cells = [nbformat.v4.new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]})]
    cells += [nbformat.v4.new_code_cell(source) for source in CASES[name]]
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    path = folder / f"{name}.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), path)
    return path


def course_gan(*words, **options) -> subprocess.CompletedProcess:
    run = subprocess.run([*COMMAND, *map(str, words)], capture_output=True, text=True, timeout=240, **options)
    assert "Traceback" not in run.stderr + run.stdout
    return run


def one_error(run: subprocess.CompletedProcess) -> str:
    lines = [line for line in run.stderr.splitlines() if line.startswith(("course-gan:", "FAILED"))]
    assert len(lines) == 1, run.stderr
    return lines[0]


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    """One run over a good lesson and all bad ones, two at a time."""
    folder = tmp_path_factory.mktemp("mixed")
    paths = [write_case(folder, name) for name in CASES]
    (folder / "corrupt.ipynb").write_text("{ not json")
    out = folder / "out"
    run = course_gan(
        "run", *paths, folder / "corrupt.ipynb", "--jobs", 2, "--out", out, "--timeout", 40, "-p", "SEED", 3
    )
    return run, out


def test_each_failure_is_one_line_and_the_status_is_1(mixed):
    run, _ = mixed
    assert run.returncode == 1
    failures = dict(line.removeprefix("FAILED ").split(": ", 1) for line in run.stderr.splitlines() if "FAILED" in line)
    assert len(failures) == 6
    assert failures["raises, cell 3"] == "ZeroDivisionError: division by zero (the cell begins: total = 1)"
    assert failures["exits, cell 4"].startswith("this cell was never executed")
    assert failures["hangs, cell 3"] == "still running after 40 s, the time a lesson has (--timeout)"
    assert failures["kills, cell 3"].startswith("its kernel died")
    assert failures["thread, cell 3"] == "a background thread failed: ZeroDivisionError: division by zero"
    assert "is not a readable notebook" in failures["corrupt"]
    assert run.stdout.splitlines()[-1].startswith("1 of 7 lessons ran to their end; open ")


def test_the_good_lesson_ran_with_its_parameter_and_its_share_of_the_cores(mixed):
    _, out = mixed
    cells = nbformat.read(out / "good.ipynb", 4).cells
    share = max(1, len(os.sched_getaffinity(0)) // 2) if hasattr(os, "sched_getaffinity") else 1
    assert cells[-1].outputs[0].text == f"smoke 3 {share}\n"


def test_the_report_names_every_lesson_its_status_and_links_its_page(mixed):
    _, out = mixed
    page = (out / "index.html").read_text(encoding="utf-8")
    for name in CASES:
        assert f">{name}</a>" in page or f">{name}</td>" in page
    assert "<a href='good.html'>" in page
    assert (out / "good.html").exists()
    assert page.count("class='failed'") == 5
    assert page.count("class='timeout'") == 1
    assert "<small>ZeroDivisionError" in page


def test_nothing_is_left_running_or_lying_about(mixed):
    _, out = mixed
    assert not (out / ".running").exists()
    kernels = [p for p in psutil.process_iter(["cmdline"]) if str(out) in " ".join(p.info["cmdline"] or [])]
    assert kernels == []


def test_interrupted_it_keeps_what_is_finished_and_resumes(tmp_path):
    paths = [write_case(tmp_path, name) for name in ("good", "hangs")]
    out = tmp_path / "out"
    process = subprocess.Popen(
        [*COMMAND, "run", *map(str, paths), "--out", str(out)], stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 90
    while not (out / "good.ipynb").exists() and time.monotonic() < deadline:
        time.sleep(0.2)
    time.sleep(3)  # into the second lesson
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "interrupted; what is finished is kept in" in errors
    assert "--resume" in errors
    assert "Traceback" not in errors
    assert [r["lesson"] for r in json.loads((out / "run.json").read_text())["lessons"]] == ["good"]
    kept = (out / "good.ipynb").stat().st_mtime_ns

    again = course_gan("run", *paths, "--out", out, "--resume", "--timeout", 8)
    assert again.returncode == 1
    assert (out / "good.ipynb").stat().st_mtime_ns == kept
    assert {r["lesson"]: r["status"] for r in json.loads((out / "run.json").read_text())["lessons"]} == {
        "good": "ok",
        "hangs": "timeout",
    }


def test_a_run_that_is_killed_leaves_no_process_behind_and_a_folder_that_goes_on(tmp_path):
    process = subprocess.Popen([*COMMAND, "run", write_case(tmp_path, "hangs"), "--out", tmp_path / "out"])
    family, deadline = [], time.monotonic() + 90
    while not any("ipykernel" in " ".join(p.cmdline()) for p in family) and time.monotonic() < deadline:
        time.sleep(0.3)
        family = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    process.wait()
    assert len(family) >= 2  # the worker and its kernel
    _, alive = psutil.wait_procs(family, timeout=20)
    assert alive == []
    out = tmp_path / "out"
    assert len(list(out.glob(".running-*"))) == 1
    again = course_gan("run", write_case(tmp_path, "good"), "--out", out)
    assert again.returncode == 0
    assert "kept as" not in again.stderr
    assert not list(out.glob(".running-*"))
    assert (out / "good.html").exists()


def test_a_notebook_that_hangs_in_the_folder_of_its_results_is_still_there(tmp_path):
    source = write_case(tmp_path, "hangs")
    text = source.read_bytes()
    run = course_gan("run", source, "--out", tmp_path, "--timeout", 5)
    assert run.returncode == 1
    assert one_error(run).startswith(f"course-gan: {source} lies in {tmp_path}, where the results go")
    assert source.read_bytes() == text
    assert [path.name for path in tmp_path.iterdir()] == ["hangs.ipynb"]


@pytest.mark.parametrize(
    ("words", "status", "line"),
    [
        (["run", "99"], 1, "course-gan: unknown lesson '99': there are 00_start_here"),
        (["run", "--profile", "big"], 1, "course-gan: unknown profile 'big': choose one of smoke, cpu, gpu"),
        (
            ["run", "00", "-p", "NOPE", "1"],
            1,
            "course-gan: lesson 00_start_here has no parameter 'NOPE': it has PROFILE",
        ),
        (["run", "00", "--out", "/proc/nowhere"], 1, "course-gan: cannot write into /proc/nowhere"),
        (["run", "none.ipynb"], 1, "course-gan: no notebook at none.ipynb"),
        (["run", "--jobs", "0"], 2, "course-gan: Invalid value for '--jobs'"),
        (["dance"], 2, "course-gan: No such command 'dance'"),
    ],
)
def test_bad_words_are_one_line_and_a_status(words, status, line, tmp_path):
    run = course_gan(*words, cwd=tmp_path)
    assert run.returncode == status
    assert one_error(run).startswith(line)


def test_a_full_disk_is_one_line_and_the_other_lessons_still_run(tmp_path, monkeypatch):
    """A quota of the file system stands in for a full disk: the folder's writes fail as they would there."""
    out = tmp_path / "out"

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(runner, "execute", full)
    lesson = Lesson("good", tmp_path, write_case(tmp_path, "good"))
    outcome, *_ = runner.run([lesson], profile="smoke", jobs=1, out=out, parameters={})
    assert str(outcome).startswith(f"good: cannot write into {out} (No space left on device): free space there")


def test_a_really_full_folder_is_one_line(tmp_path, mounted):
    out = mounted("size=48k")
    run = course_gan("run", write_case(tmp_path, "good"), "--out", out)
    assert run.returncode == 1
    assert "No space left on device" in one_error(run)
    assert [path for path in out.rglob("*") if path.is_file()] == []


@pytest.mark.notebook
@pytest.mark.parametrize("lesson", [lesson.number for lesson in lessons()])
def test_every_lesson_runs_to_its_end_under_smoke(lesson, tmp_path):
    # Two jobs give each kernel one thread: two threads beside another test wait for each other, ten times as long.
    run = course_gan("run", lesson, "--profile", "smoke", "--jobs", 2, "--out", tmp_path / "run")
    assert run.returncode == 0, run.stderr
    assert (tmp_path / "run" / "index.html").exists()
