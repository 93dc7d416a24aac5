"""`make clean` removes what can be made again, and names what stays."""

import shutil
import subprocess
import sys
from pathlib import Path

from course_gan.files import ROOT
from course_gan.marker import NAME, TRAINING
from tests.unit.tiny_folders import owned


def cleaned(checkout: Path) -> str:
    run = subprocess.run([sys.executable, checkout / "scripts" / "clean.py"], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return run.stdout


def test_make_clean_removes_what_can_be_made_again_and_names_what_stays(tmp_path):
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "clean.py", tmp_path / "scripts")
    (tmp_path / "course_gan").mkdir()
    for name in ("__init__", "errors", "files", "marker", "own_folder"):
        shutil.copy(ROOT / "course_gan" / f"{name}.py", tmp_path / "course_gan")
    stay = ("grading/gradebook.db", "grading/submitted/a/01/01.ipynb", "my/progress.json", "build/03/kept.pt")
    for name in (*stay, ".ruff_cache/x", ".pytest_cache/x", "build/browser/a.png", "build/lib/x/y.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    for name in ("run", "changed"):
        run = owned(tmp_path / "build" / name)
        run.put("a.ipynb", "result")
        run.put("thumbnails/a_0.png", b"small")
        (run.path / ".running-0123abcd" / "0").mkdir(parents=True)
        run.note(".running-0123abcd")
        (run.path / "lock").write_text("")
    (tmp_path / "build" / "changed" / "a.ipynb").write_text("my notes")
    owned(tmp_path / "build" / "trained", TRAINING).put("settings.json", "{}")
    said = cleaned(tmp_path)
    left = {str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file() and "__pycache__" not in p.parts}
    code = {name for name in left if name.startswith(("course_gan/", "scripts/"))}
    kept = {f"build/changed/{NAME}", "build/changed/a.ipynb", "build/changed/lock"}
    assert left - code == {*stay, *kept, f"build/trained/{NAME}", "build/trained/settings.json"}
    assert [line.split()[0] for line in said.splitlines()] == ["build/03", "build/changed", "build/trained"]
    assert cleaned(tmp_path) == said


def test_make_clean_in_a_clean_checkout_says_nothing(tmp_path):
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "clean.py", tmp_path / "scripts")
    shutil.copytree(
        ROOT / "course_gan",
        tmp_path / "course_gan",
        ignore=lambda folder, names: (
            set(names) - {"__init__.py", "errors.py", "files.py", "marker.py", "own_folder.py"}
        ),
    )
    assert cleaned(tmp_path) == ""
