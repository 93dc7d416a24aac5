"""pyproject.toml, environment.yml and requirements.lock name the same packages in compatible versions."""

import re
import tomllib

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from course_gan.files import ROOT

CONDA_NAMES = {"torch": "pytorch", "playwright": "playwright-python"}


def ranges() -> dict[str, str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = project["dependencies"] + [r for extra in project["optional-dependencies"].values() for r in extra]
    requirements = [Requirement(line) for line in lines]
    return {canonicalize_name(r.name): str(r.specifier) for r in requirements}


def locked() -> dict[str, list[Version]]:
    found: dict[str, list[Version]] = {}
    for name, version in re.findall(r"^([\w.-]+)==([\w.+]+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE):
        found.setdefault(canonicalize_name(name), []).append(Version(version))
    return found


def test_conda_users_get_the_same_packages_and_ranges():
    lines = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    conda = {}
    for requirement in (Requirement(line) for line in lines if isinstance(line, str)):
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
