"""What every test shares: one torch thread, Jupyter settings that are not the user's, the smoke profile."""

import os
import subprocess
import tempfile

import pytest

_HERMETIC = tempfile.mkdtemp(prefix="course-gan-tests-")
for _name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR", "MPLCONFIGDIR"):
    os.environ[_name] = os.path.join(_HERMETIC, _name.lower())
    os.makedirs(os.environ[_name], exist_ok=True)
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("COURSE_GAN_PROFILE", "smoke")
os.environ["COURSE_GAN_CLAIMS"] = "strict"  # a number that leaves its interval is a failure here, not a remark
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


@pytest.fixture(autouse=True)
def _one_thread(request):
    if request.node.nodeid.startswith("tests/"):
        import torch

        torch.set_num_threads(1)
        torch.manual_seed(0)


@pytest.fixture
def mounted(tmp_path):
    """A function that mounts a small file system of its own and returns its folder; skips where it may not.

    options: as mount takes them, size=256k or ro.
    """
    folders = []

    def mount(options):
        if not hasattr(os, "geteuid") or os.geteuid() != 0:
            pytest.skip("mounting a small file system needs root")
        folder = tmp_path / f"disk{len(folders)}"
        folder.mkdir()
        if subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], capture_output=True
        ).returncode:
            pytest.skip("this machine does not let us mount a small file system")
        folders.append(folder)
        return folder

    yield mount
    for folder in folders:
        subprocess.run(["umount", str(folder)], check=True)
