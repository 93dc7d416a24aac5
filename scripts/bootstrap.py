"""Set up .venv from requirements.lock with bare Python 3.11+: `python3 scripts/bootstrap.py`; does nothing if current.

Everything is installed by exact version and hash, with bytecode compiled, and the package itself editable.
"""

import hashlib
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
STAMP = VENV / ".course_gan_installed"


def main() -> None:
    if sys.version_info < (3, 11):  # noqa: UP036 - this script is the one that an old Python reads
        sys.exit(
            f"course_gan wants Python 3.11 or newer and found {sys.version.split()[0]}: run make PYTHON=python3.12"
        )
    lock, project = ROOT / "requirements.lock", ROOT / "pyproject.toml"
    current = hashlib.sha256(lock.read_bytes() + project.read_bytes() + sys.version.encode()).hexdigest()
    if STAMP.exists() and STAMP.read_text() == current:
        return
    try:
        import ensurepip  # noqa: F401
        import venv
    except ImportError:
        sys.exit("course_gan wants Python's venv module and found none: install it (Debian: apt install python3-venv)")
    print("setting up .venv (a minute or two, about 6 GB)", flush=True)
    if not (VENV / "pyvenv.cfg").exists():
        venv.create(VENV, with_pip=True)
    python = str(BIN / ("python.exe" if os.name == "nt" else "python"))
    pinned = re.search(r"^uv==(?:.*\\\n)*.*", lock.read_text(), re.MULTILINE)
    with tempfile.TemporaryDirectory() as scratch:
        uv_alone = Path(scratch) / "uv.txt"
        uv_alone.write_text(pinned[0] + "\n")
        _run(
            python,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--require-hashes",
            "-r",
            str(uv_alone),
        )
    uv = [python, "-m", "uv", "pip", "install", "--quiet", "--compile-bytecode", "--python", python]
    _run(*uv, "--require-hashes", "-r", str(lock))
    # "compat" puts the checkout itself on the path: scripts and benchmarks import the workshop, which no wheel holds.
    _run(*uv, "--no-deps", "--config-settings", "editable_mode=compat", "--editable", str(ROOT))
    STAMP.write_text(current)


def _run(*command: str) -> None:
    env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    if code := subprocess.run(command, env=env).returncode:
        sys.exit(
            f"setting up .venv failed with status {code} at: {' '.join(command[:5])} …; mend what it says, run again"
        )


if __name__ == "__main__":
    main()
