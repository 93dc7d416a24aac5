"""Set up .venv from requirements.lock with bare Python 3.11+: `python3 scripts/bootstrap.py`; does nothing if current.

Everything is installed by exact version and hash, with bytecode compiled, and the package itself editable. An
environment that another minor version of Python made is made anew: `make test PYTHON=python3.12`.

Whatever Python there is reads this file, and an old one has to get as far as the line that says which is wanted: so it
is written as Python 2.7 understands it, without f-strings and annotations, in ASCII.
"""

import hashlib
import os
import re
import subprocess
import sys
import tempfile

WANTED = (3, 11)
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
STAMP = os.path.join(VENV, ".course_gan_installed")
PYTHON = os.path.join(VENV, "Scripts" if os.name == "nt" else "bin", "python.exe" if os.name == "nt" else "python")


def main():
    """Make .venv what requirements.lock says; one line on stderr and status 1 where that cannot be done."""
    if sys.version_info < WANTED:
        found = "%d.%d.%d" % sys.version_info[:3]
        sys.exit("course_gan wants Python 3.11 or newer and found %s: run make PYTHON=python3.12" % found)
    lock, project = (os.path.join(ROOT, name) for name in ("requirements.lock", "pyproject.toml"))
    current = hashlib.sha256((_read(lock) + _read(project) + sys.version).encode()).hexdigest()
    other = _made_by_another()
    if not other and os.path.exists(STAMP) and _read(STAMP) == current:
        return
    try:
        import ensurepip  # noqa: F401
        import venv
    except ImportError:
        sys.exit("course_gan wants Python's venv module and found none: install it (Debian: apt install python3-venv)")
    if other:
        _say("making .venv anew: " + other)
    _say("setting up .venv (a minute or two, about 6 GB)")
    if other or not os.path.exists(STAMP):
        try:
            venv.create(VENV, clear=bool(other), with_pip=True)
        except (OSError, ValueError, subprocess.CalledProcessError) as error:
            sys.exit("cannot make %s: %s" % (VENV, error))
    _install(lock)
    with open(STAMP, "w") as stamp:
        stamp.write(current)


def _made_by_another():
    """Why the .venv that is there is not for this Python; an empty text where it is, or where there is none."""
    config = os.path.join(VENV, "pyvenv.cfg")
    if not os.path.exists(config):
        return ""
    if not os.path.exists(PYTHON):
        return "its Python is gone"
    found = re.search(r"^version(?:_info)? *= *(\d+\.\d+)", _read(config), re.M)
    this = "%d.%d" % sys.version_info[:2]
    if found and found.group(1) == this:
        return ""
    return "Python %s made it, and this is %s" % (found.group(1) if found else "of an unknown version", this)


def _install(lock):
    """Install uv as the lock pins it, with it all the rest, and the checkout as an editable package."""
    pinned = re.search(r"^uv==(?:.*\\\n)*.*", _read(lock), re.M)
    with tempfile.TemporaryDirectory() as scratch:
        uv_alone = os.path.join(scratch, "uv.txt")
        with open(uv_alone, "w") as file:
            file.write(pinned.group(0) + "\n")
        quietly = ["--quiet", "--disable-pip-version-check", "--require-hashes"]
        _run([PYTHON, "-m", "pip", "install"] + quietly + ["-r", uv_alone])
    uv = [PYTHON, "-m", "uv", "pip", "install", "--quiet", "--compile-bytecode", "--python", PYTHON]
    _run(uv + ["--require-hashes", "-r", lock])
    # "compat" puts the checkout itself on the path: scripts and benchmarks import the workshop, which no wheel holds.
    _run(uv + ["--no-deps", "--config-settings", "editable_mode=compat", "--editable", ROOT])


def _run(command):
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    status = subprocess.call(command, env=environment)
    if status:
        line = "setting up .venv failed with status %d at: %s ...; mend what it says, run again"
        sys.exit(line % (status, " ".join(command[:5])))


def _read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def _say(text):
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
