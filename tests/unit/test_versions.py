"""pyproject.toml, environment.yml and requirements.lock name the same packages in compatible versions."""

import re
import tomllib
from importlib.metadata import requires

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import Specifier
from packaging.utils import canonicalize_name
from packaging.version import Version

from course_gan.files import ROOT

CONDA_NAMES = {"torch": "pytorch", "playwright": "playwright-python"}


def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def ranges() -> dict[str, str]:
    extras = project()["optional-dependencies"].values()
    requirements = [Requirement(line) for lines in (project()["dependencies"], *extras) for line in lines]
    found = {canonicalize_name(r.name): str(r.specifier) for r in requirements}
    assert all(found[canonicalize_name(r.name)] == str(r.specifier) for r in requirements), "one package, one range"
    return found


def locked() -> dict[str, list[Version]]:
    found: dict[str, list[Version]] = {}
    for name, version in re.findall(r"^([\w.-]+)==([\w.+]+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE):
        found.setdefault(canonicalize_name(name), []).append(Version(version))
    return found


def test_conda_users_get_the_same_packages_and_ranges():
    lines = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    (by_pip,) = (line["pip"] for line in lines if isinstance(line, dict))  # what conda-forge may not have
    conda = {}
    for line in (*lines, *by_pip):
        if isinstance(line, str) and not line.startswith("--"):
            requirement = Requirement(line)
            conda[requirement.name] = str(requirement.specifier)
    wanted = {CONDA_NAMES.get(name, name): spec for name, spec in ranges().items()}
    assert {k: v for k, v in conda.items() if k not in ("python", "pip")} == wanted


@pytest.mark.parametrize("name", sorted(ranges()))
def test_the_lock_is_within_the_ranges(name):
    specifier = Requirement(f"{name}{ranges()[name]}").specifier
    assert name in locked(), f"{name} is in pyproject.toml but not in requirements.lock: run `make lock`"
    assert all(version in specifier for version in locked()[name])


def test_the_lock_pins_hashes_and_names_no_index():
    text = (ROOT / "requirements.lock").read_text()
    assert "://" not in text
    blocks = re.findall(r"^\S+==[^\n]*(?:\n[ ]+.*)*", text, re.MULTILINE)
    assert len(blocks) > 100
    assert [b.splitlines()[0] for b in blocks if "--hash=sha256:" not in b] == []


def test_what_runs_is_what_is_locked():
    import torch
    import torchvision

    if Version(torch.__version__.split("+")[0]) not in locked()["torch"]:
        pytest.skip("this environment was not made from requirements.lock")
    assert Version(torchvision.__version__.split("+")[0]) in locked()["torchvision"]


def brought_by(names: set[str]) -> set[str]:
    """The packages named and all that they require, as this environment knows them."""
    found: set[str] = set()
    while names:
        name = canonicalize_name(names.pop())
        found.add(name)
        for line in requires(name) or []:
            requirement = Requirement(line)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                names |= {requirement.name} - found
    return found


def test_on_colab_neither_torch_nor_jupyterlab_is_installed():
    """What Colab has in the base's wide ranges stays; the extra itself, and what it brings, names none of these."""
    extra = {Requirement(line).name for line in project()["optional-dependencies"]["colab"]}
    assert extra == {"anywidget"}
    assert "ipywidgets" in brought_by(set(extra))
    assert (
        brought_by(extra) & {"torch", "torchvision", "jupyterlab", "notebook", "jupyter-server", "ipykernel"} == set()
    )


def test_ci_runs_every_python_that_is_supported():
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "test.yml").read_text(encoding="utf-8"))
    tried = workflow["jobs"]["test"]["strategy"]["matrix"]["python"]
    assert tried == ["3.11", "3.12", "3.13"]
    assert Specifier(project()["requires-python"]).contains(tried[0])
    assert not Specifier(project()["requires-python"]).contains("3.10")
