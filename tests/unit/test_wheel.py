"""The course from a wheel: what is in it, and that it works in an empty folder without the checkout."""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

from course_gan.catalogue import exercises, lessons
from course_gan.files import INSTALLED, ROOT

NOT_COPIED = {".git", ".venv", "build", "datasets", "grading", "my", "runs"}  # large, or of no use to a build
PACKED = "course_gan/course/"
WINDOWS = os.name == "nt"


def run(*command, **options) -> str:
    """What a command prints; its failure fails the test with what it said."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=300, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def uv(*words, **options) -> str:
    environment = os.environ | {"UV_OFFLINE": "1"}
    return run(sys.executable, "-m", "uv", *words, env=environment, **options)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory) -> Path:
    """A copy of the checkout, with what an earlier build of another version left in it."""
    copy = tmp_path_factory.mktemp("wheel") / "checkout"
    shutil.copytree(ROOT, copy, ignore=lambda folder, names: NOT_COPIED if Path(folder) == ROOT else {"__pycache__"})
    left = copy / "build" / "lib" / "course_gan" / "course" / "notebooks" / "old.ipynb"
    left.parent.mkdir(parents=True)
    left.write_text("{}")
    return copy


@pytest.fixture(scope="module")
def built(checkout) -> dict[str, Path]:
    """The sdist, the wheel made from it, and the wheel made from the checkout."""
    found = {}
    for name, kinds in {"from_sdist": (), "from_checkout": ("--wheel",)}.items():
        out = checkout.parent / name
        uv("build", *kinds, "--no-build-isolation", "--python", sys.executable, "-o", out, cwd=checkout)
        (found[name],) = out.glob("*.whl")
    (found["sdist"],) = (checkout.parent / "from_sdist").glob("*.tar.gz")
    return found


def contents(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as packed:
        return set(packed.namelist())


def test_the_wheel_holds_the_course_and_nothing_of_the_maintainers(built):
    files = contents(built["from_checkout"])
    course = {name.removeprefix(PACKED) for name in files if name.startswith(PACKED)}
    wanted = {lesson.notebook for lesson in lessons()} | {exercise.release for exercise in exercises()}
    wanted.update(path for path in (ROOT / "results").iterdir() if path.suffix in (".json", ".png"))
    wanted.update((ROOT / "checkpoints").glob("*.pt*"))
    wanted.update((ROOT / "source").glob("*/checks.py"))
    wanted.update((ROOT / "source").glob("*/script.py"))
    wanted.update((ROOT / "source").glob("*/questions.toml"))
    assert {path.relative_to(ROOT).as_posix() for path in wanted} <= course
    assert {re.sub(r"-[\d.]+\.", ".", name.split("/")[0]) for name in files} == {"course_gan", "course_gan.dist-info"}
    packed = {Path(name).name for name in course if name.startswith("source/")}
    assert packed == {"checks.py", "script.py", "questions.toml"}
    assert [name for name in course if "solutions" in name or "old" in name] == []


def test_everything_that_a_page_reads_is_packed(built):
    """Pages name what they read as ROOT / "results" / "name"; where the name is made up, its folder is known."""
    course = {name.removeprefix(PACKED) for name in contents(built["from_checkout"])}
    folders = {name.split("/")[0] for name in course}
    read = [
        found
        for path in ROOT.glob("source/*/*.py")
        for found in re.findall(r"\bROOT((?: / f?\"[^\"]*\")+)", path.read_text(encoding="utf-8"))
    ]
    assert len(read) >= 10
    for found in read:
        parts = re.findall(r"(f?)\"([^\"]*)\"", found)
        assert parts[0][1] in folders, found
        if not any(made_up for made_up, _ in parts) and len(parts) > 1:
            assert "/".join(part for _, part in parts) in course, found


def test_the_sdist_is_enough_to_build_the_same_wheel(built):
    assert contents(built["from_sdist"]) == contents(built["from_checkout"])
    with tarfile.open(built["sdist"]) as packed:
        names = {name.partition("/")[2] for name in packed.getnames()}
    assert {"setup.py", "LICENSE", "NOTICE", "README.md", "source/clinic/checks.py"} <= names
    assert [name for name in names if name.startswith(("solutions", "workshop", "scripts"))] == []


def test_an_editable_install_leaves_the_course_where_it_is(checkout):
    site = checkout.parent / "editable"
    editable = ("--no-deps", "--no-build-isolation", "--config-settings", "editable_mode=compat", "--editable", ".")
    uv("pip", "install", *editable, "--python", sys.executable, "--target", site, cwd=checkout)
    (path_file,) = site.glob("*.pth")
    assert path_file.read_text().strip() == str(checkout)
    assert not (checkout / "course_gan" / "course").exists()
    assert not INSTALLED


class Installed:
    """An environment of its own with the wheel in it, and an empty folder where a learner works."""

    def __init__(self, folder: Path, wheel: Path):
        self.place = folder / "place"
        self.place.mkdir()
        venv.create(folder / "env")
        self.scripts = folder / "env" / ("Scripts" if WINDOWS else "bin")
        self.python = self.scripts / ("python.exe" if WINDOWS else "python")
        self.site = Path(run(self.python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
        # torch and the rest come from this environment: its folder is added, but the editable course in it is not,
        # since a .pth file inside a folder that a .pth file adds is not read
        (self.site / "rest.pth").write_text(sysconfig.get_path("purelib") + "\n")
        uv("pip", "install", "--no-deps", "--python", self.python, wheel)
        self.environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        self.environment["JUPYTER_PATH"] = str(Path(sys.prefix) / "share" / "jupyter")

    def course_gan(self, *words, cwd: Path | None = None) -> str:
        return run(self.scripts / "course-gan", *words, cwd=cwd or self.place, env=self.environment)

    def says(self, code: str, cwd: Path | None = None) -> str:
        return run(self.python, "-c", code, cwd=cwd or self.place, env=self.environment)

    def files(self) -> dict[str, int]:
        """The package's files and their times, without the bytecode that Python keeps for itself."""
        found = (self.site / "course_gan").rglob("*")
        return {str(p): p.stat().st_mtime_ns for p in found if p.is_file() and "__pycache__" not in p.parts}


@pytest.fixture(scope="module")
def installed(built, tmp_path_factory) -> Installed:
    return Installed(tmp_path_factory.mktemp("installed"), built["from_sdist"])


def test_the_command_and_the_module_are_the_wheels(installed):
    assert installed.course_gan("--help") == run(
        installed.python, "-m", "course_gan", "--help", cwd=installed.place, env=installed.environment
    )
    said = installed.says("import course_gan, course_gan.files as f; print(course_gan.__file__, f.INSTALLED, f.ROOT)")
    package = installed.site / "course_gan"
    assert said.split() == [str(package / "__init__.py"), "True", str(package / "course")]


def test_a_learner_copies_checks_and_sees_progress_and_the_package_stays_as_it_was(installed):
    before = installed.files()
    copied = len(lessons()) + len(exercises())
    assert installed.course_gan("lab", "--no-open").startswith(f"my: {copied} new files; ")
    room = installed.place / "my" / "exercises" / "01_minimax_game"
    right = "lambda p, q: (p + 1e-30) / (p + q + 2e-30)"  # a half where there is neither
    code = f"from course_gan.grading import check; check('01.optimal_discriminator', {right})"
    assert installed.says(code, cwd=room) == "✓ 01.optimal_discriminator: passed (3 cases)\n"
    assert list(json.loads((installed.place / "my" / "progress.json").read_text())) == ["01.optimal_discriminator"]
    assert installed.course_gan("progress", "minimax_game").startswith("01: 1 of ")
    assert re.fullmatch(r"\d+ due: \d+ of 01\n", installed.course_gan("review", "--due", "--lesson", "minimax_game"))
    assert installed.says(code, cwd=installed.site / "course_gan" / "course" / "exercises").startswith("✓")
    assert installed.files() == before


def test_a_lessons_game_trains_and_its_checkpoint_is_read(installed):
    before = installed.files()
    installed.course_gan("train", "03", "--profile", "smoke", "-p", "steps", 2)
    assert (installed.place / "runs" / "03" / "step-00000002.pt").is_file()
    said = installed.says("from course_gan.models.shipped import load_weights; print(len(load_weights('10_adain')[1]))")
    assert int(said) > 10
    assert installed.files() == before


@pytest.mark.notebook
def test_a_lesson_runs_headless_on_the_wheels_library(installed):
    import nbformat

    before = installed.files()
    cell = nbformat.v4.new_code_cell("import course_gan\nprint(course_gan.__file__)")
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    nbformat.write(nbformat.v4.new_notebook(cells=[cell], metadata=kernel), installed.place / "mine.ipynb")
    said = installed.course_gan("run", "00", "mine.ipynb", "--profile", "smoke")
    assert said.splitlines()[-1] == f"2 of 2 lessons ran to their end; open {Path('build/run/index.html')}"
    out = installed.place / "build" / "run"
    assert {path.name for path in out.glob("*.html")} == {"index.html", "00_start_here.html", "mine.html"}
    (executed,) = nbformat.read(out / "mine.ipynb", 4).cells
    assert executed.outputs[0].text == f"{installed.site / 'course_gan' / '__init__.py'}\n"
    assert installed.files() == before
