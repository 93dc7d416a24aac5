"""Setting up: what an old Python says, and when .venv is made anew."""

import ast
import importlib.util
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from course_gan.files import ROOT

SCRIPT = ROOT / "scripts" / "bootstrap.py"
OLD = ("python2.7", *(f"python3.{minor}" for minor in range(6, 11)))
THIS = f"{sys.version_info.major}.{sys.version_info.minor}"


def old_pythons() -> dict[str, str]:
    """Pythons that are too old, by version: those on PATH, and those named in PYTHONS (paths, as PATH writes them)."""
    named = [word for word in os.environ.get("PYTHONS", "").split(os.pathsep) if word]
    found = {}
    for command in [*filter(None, map(shutil.which, OLD)), *named]:
        code = "import sys; print('%d.%d.%d' % sys.version_info[:3])"
        asked = subprocess.run([command, "-c", code], capture_output=True, text=True)
        version = asked.stdout.strip()
        if asked.returncode == 0 and tuple(map(int, version.split("."))) < (3, 11):
            found[version] = command
    return found


def test_an_old_python_is_told_in_one_line_which_is_wanted():
    pythons = old_pythons()
    if not pythons:
        pytest.skip("no Python older than 3.11 on PATH or in PYTHONS")
    for version, command in pythons.items():
        done = subprocess.run([command, str(SCRIPT)], capture_output=True, text=True)
        wanted = f"course_gan wants Python 3.11 or newer and found {version}: run make PYTHON=python3.12\n"
        assert (done.returncode, done.stdout, done.stderr) == (1, "", wanted)


def test_the_script_is_written_as_an_old_python_reads_it():
    """Python 2.7 cannot be asked to parse where it is not installed: what it would stumble over is looked for."""
    text = SCRIPT.read_text(encoding="utf-8")
    assert text.isascii()
    newer = (ast.JoinedStr, ast.AnnAssign, ast.NamedExpr, ast.Nonlocal, ast.AsyncFunctionDef, ast.Match, ast.Starred)
    for node in ast.walk(ast.parse(text, feature_version=(3, 6))):
        assert not isinstance(node, newer), f"line {node.lineno}"
        if isinstance(node, ast.FunctionDef):
            annotated = [argument for argument in node.args.args if argument.annotation]
            assert [*node.args.kwonlyargs, *node.args.posonlyargs, *annotated] == [], f"line {node.lineno}"
            assert node.returns is None, f"line {node.lineno}"
        if isinstance(node, ast.Raise):
            assert node.cause is None, f"line {node.lineno}"
        if isinstance(node, ast.Call):
            assert getattr(node.func, "id", "") != "print", f"line {node.lineno}"
    imported = {alias.name for node in ast.parse(text).body if isinstance(node, ast.Import) for alias in node.names}
    assert imported <= {"hashlib", "os", "re", "subprocess", "sys", "tempfile"}  # all there in 2.7


class Bootstrap:
    """The script at work on a folder of its own: environments are really made, and what it would install is noted."""

    def __init__(self, folder: Path, monkeypatch):
        spec = importlib.util.spec_from_file_location("bootstrap", SCRIPT)
        self.script = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self.script)
        (folder / "requirements.lock").write_text(
            "torch==2.10.0 \\\n    --hash=sha256:00\nuv==1 \\\n    --hash=sha256:01\n"
        )
        (folder / "pyproject.toml").write_text("")
        self.folder, self.installs, self.created = folder, [], []
        self.venv = folder / ".venv"
        relative = Path(self.script.PYTHON).relative_to(self.script.VENV)
        for name, path in {"ROOT": folder, "VENV": self.venv, "PYTHON": self.venv / relative}.items():
            monkeypatch.setattr(self.script, name, str(path))
        monkeypatch.setattr(self.script, "STAMP", str(self.venv / Path(self.script.STAMP).name))
        monkeypatch.setattr(self.script, "_run", self.installs.append)
        monkeypatch.setattr(venv, "create", self._create)

    def _create(self, folder, clear, with_pip):
        assert with_pip
        self.created.append(clear)
        venv.EnvBuilder(clear=clear).create(folder)

    def run(self) -> None:
        self.created.clear()
        self.installs.clear()
        self.script.main()


@pytest.fixture
def bootstrap(tmp_path, monkeypatch) -> Bootstrap:
    return Bootstrap(tmp_path, monkeypatch)


def test_a_fresh_checkout_is_set_up_once(bootstrap, capsys):
    bootstrap.run()
    assert bootstrap.created == [False]
    with_pip, with_uv, editable = bootstrap.installs
    assert with_pip[:4] == [str(bootstrap.script.PYTHON), "-m", "pip", "install"]
    assert with_uv[-3:] == ["--require-hashes", "-r", str(bootstrap.folder / "requirements.lock")]
    assert editable[-2:] == ["--editable", str(bootstrap.folder)]
    assert capsys.readouterr().out == "setting up .venv (a minute or two, about 6 GB)\n"
    bootstrap.run()
    assert (bootstrap.created, bootstrap.installs, capsys.readouterr().out) == ([], [], "")


def test_a_changed_lock_is_installed_into_the_environment_that_is_there(bootstrap):
    bootstrap.run()
    mine = bootstrap.venv / "mine"
    mine.write_text("")
    (bootstrap.folder / "pyproject.toml").write_text("[project]\n")
    bootstrap.run()
    assert (bootstrap.created, len(bootstrap.installs)) == ([], 3)
    assert mine.exists()


@pytest.mark.parametrize("key", ["version", "version_info"])
def test_an_environment_of_another_minor_version_is_made_anew_and_said_so(bootstrap, capsys, key):
    bootstrap.run()
    old = bootstrap.venv / "lib" / "python3.9" / "site-packages" / "old.py"
    old.parent.mkdir(parents=True)
    old.write_text("")
    (bootstrap.venv / "pyvenv.cfg").write_text(f"home = /usr/bin\n{key} = 3.9.18\n")
    capsys.readouterr()
    bootstrap.run()
    assert (bootstrap.created, len(bootstrap.installs)) == ([True], 3)
    assert not old.exists()
    assert capsys.readouterr().out.splitlines() == [
        f"making .venv anew: Python 3.9 made it, and this is {THIS}",
        "setting up .venv (a minute or two, about 6 GB)",
    ]
    bootstrap.run()
    assert bootstrap.created == []


def test_another_patch_of_the_same_version_keeps_the_environment(bootstrap):
    bootstrap.run()
    (bootstrap.venv / "pyvenv.cfg").write_text(f"version = {THIS}.99\n")
    bootstrap.run()
    assert bootstrap.created == []


def test_an_environment_whose_python_was_removed_is_made_anew(bootstrap, capsys):
    bootstrap.run()
    Path(bootstrap.script.PYTHON).unlink()
    bootstrap.run()
    assert bootstrap.created == [True]
    assert "making .venv anew: its Python is gone\n" in capsys.readouterr().out


def test_a_setup_that_was_interrupted_is_taken_up(bootstrap):
    bootstrap.run()
    Path(bootstrap.script.STAMP).unlink()
    bootstrap.run()
    assert (bootstrap.created, len(bootstrap.installs)) == ([False], 3)


def test_without_the_venv_module_it_is_one_line(bootstrap, monkeypatch):
    monkeypatch.setitem(sys.modules, "ensurepip", None)
    with pytest.raises(SystemExit) as ended:
        bootstrap.run()
    assert ended.value.code == (
        "course_gan wants Python's venv module and found none: install it (Debian: apt install python3-venv)"
    )


def test_an_environment_that_cannot_be_made_is_one_line(bootstrap):
    bootstrap.venv.write_text("a file")
    with pytest.raises(SystemExit) as ended:
        bootstrap.run()
    assert str(ended.value.code).startswith(f"cannot make {bootstrap.venv}: ")


def test_an_installation_that_fails_names_its_command(bootstrap, monkeypatch):
    spec = importlib.util.spec_from_file_location("plain", SCRIPT)
    plain = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(plain)
    with pytest.raises(SystemExit) as ended:
        plain._run([sys.executable, "-c", "raise SystemExit(3)"])
    assert str(ended.value.code).startswith("setting up .venv failed with status 3 at: ")
    assert str(ended.value.code).endswith("; mend what it says, run again")
