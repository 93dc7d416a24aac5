"""The house: storeys, sizes, what an import costs, and that nothing needs Jupyter which should not."""

import ast
import importlib
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from course_gan.files import ROOT

PACKAGE = ROOT / "course_gan"
FILES = sorted(PACKAGE.rglob("*.py"))
STOREYS = [
    {"console", "errors", "files"},
    {"marker", "one_line"},
    {"own_folder"},
    {"catalogue", "data"},
    {"contrast", "losses", "regularizers", "style_losses", "models"},
    {"plots", "metrics", "training"},
    {"page", "recipes", "grading"},
    {"runner", "judge", "panels", "review"},
    {"cli"},
    {"__main__"},
]
HEIGHT = {room: level for level, rooms in enumerate(STOREYS) for room in rooms}
CORE = {"data", "models", "losses", "regularizers", "training", "metrics", "plots"}


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {module_of(path) for path in FILES}


def imported_modules(path: Path) -> set[str]:
    """The package's modules that a file imports anywhere in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: a relative import, wanted absolute ones"
            submodules = {f"{node.module}.{alias.name}" for alias in node.names}
            names.update(submodules & MODULES if submodules <= MODULES else {node.module, *submodules})
    return names & MODULES - {"course_gan"}


def test_every_room_has_a_storey():
    assert {room_of(path) for path in FILES} - {"__init__"} <= set(HEIGHT)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_room_imports_only_from_storeys_below(path):
    room = room_of(path)
    for module in imported_modules(path):
        other = module.split(".")[1]
        assert other == room or HEIGHT[other] < HEIGHT[room], f"{path.name} ({room}) imports {module}"


def test_the_imports_hold_no_circle():
    graph = {module_of(path): imported_modules(path) - {module_of(path)} for path in FILES}
    done: set[str] = set()

    def walk(module: str, above: tuple[str, ...]) -> None:
        assert module not in above, f"a circle: {' → '.join((*above, module))}"
        if module not in done:
            for below in graph[module]:
                walk(below, (*above, module))
            done.add(module)

    for module in graph:
        walk(module, ())


def test_files_and_rooms_stay_small():
    every = [*FILES, *ROOT.glob("workshop/*.py")]
    long = {str(p.relative_to(ROOT)): len(p.read_text(encoding="utf-8").splitlines()) for p in every}
    assert {name: n for name, n in long.items() if n > 300} == {}


PACKAGES = sorted({path.parent for path in FILES if path.name == "__init__.py"})


@pytest.mark.parametrize("folder", PACKAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_module_is_hidden_by_something_of_its_name(folder):
    """`course_gan.grading.check` was a function and a module: which one an import gave depended on the order."""
    package = importlib.import_module(module_of(folder / "__init__.py"))
    inside = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    inside |= {path.parent.name for path in folder.glob("*/__init__.py")}
    names = {name for name in inside if not isinstance(getattr(package, name, package), type(package))}
    assert names == set()


def test_ruff_keeps_functions_small_and_public_names_documented_and_typed():
    rules = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["ruff"]["lint"]
    assert {"C901", "PLR0915", "D101", "D103", "ANN001", "ANN201"} <= set(rules["select"])
    assert (rules["mccabe"]["max-complexity"], rules["pylint"]["max-statements"]) == (10, 50)


def test_no_file_turns_the_formatter_off():
    """Its switches hid signatures of five arguments a line."""
    found = {str(path.relative_to(ROOT)) for path in FILES if "fmt: skip" in path.read_text(encoding="utf-8")}
    assert found == set()


def test_what_is_no_python_is_packaged_too():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = project["tool"]["setuptools"]["package-data"]["*"]
    others = [p for p in PACKAGE.rglob("*.*") if p.suffix not in (".py", ".pyc") and "/." not in p.as_posix()]
    assert {path.suffix for path in others} == {".js", ".mplstyle"}
    assert [path for path in others if not any(path.match(pattern) for pattern in patterns)] == []


def _python(code: str) -> str:
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert run.returncode == 0, run.stderr
    return run.stdout


def test_importing_the_package_loads_nothing_heavy_that_torch_does_not():
    added = _python(
        "import sys, torch; before = set(sys.modules)\n"
        "import course_gan, course_gan.data, course_gan.models, course_gan.losses, course_gan.regularizers\n"
        "import course_gan.training, course_gan.cli\n"
        "print(*sorted({m.split('.')[0] for m in set(sys.modules) - before}))"
    ).split()
    heavy = {
        "torchvision",
        "matplotlib",
        "sklearn",
        "skimage",
        "scipy",
        "IPython",
        "ipywidgets",
        "papermill",
        "nbgrader",
    }
    assert heavy & set(added) == set()


def test_the_library_imports_where_jupyter_is_not_installed():
    """A finder that hides Jupyter stands in for a server that has none."""
    hide = (
        "import sys\n"
        "class Hide:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] in {'IPython', 'ipykernel', 'ipywidgets', 'jupyterlab', 'jupytext',\n"
        "                                  'nbformat', 'nbconvert', 'nbclient', 'nbgrader', 'papermill'}:\n"
        "            raise ModuleNotFoundError(f'hidden: {name}', name=name)\n"
        "sys.meta_path.insert(0, Hide())\n"
    )
    modules = [module_of(p) for p in FILES if room_of(p) in CORE or room_of(p) in {"cli", "errors"}]
    _python(hide + "import " + ", ".join(modules) + "\nfrom course_gan.page.claims import claim\nclaim('x', 1, 0, 2)")
