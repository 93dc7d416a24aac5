"""Scripts whose names are no names of modules: scripts/07_earth.py as a module of its own, fresh for each caller."""

import importlib.util
from types import ModuleType

from course_gan.files import ROOT


def script(name: str) -> ModuleType:
    """scripts/NAME.py, executed but not run as a command."""
    spec = importlib.util.spec_from_file_location(f"script_{name}", ROOT / "scripts" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
