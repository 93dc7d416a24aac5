"""What every test shares: one torch thread, Jupyter settings that are not the user's, the smoke profile."""

import os
import tempfile

import pytest

_HERMETIC = tempfile.mkdtemp(prefix="course-gan-tests-")
for _name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR", "MPLCONFIGDIR"):
    os.environ[_name] = os.path.join(_HERMETIC, _name.lower())
    os.makedirs(os.environ[_name], exist_ok=True)
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("COURSE_GAN_PROFILE", "smoke")
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


@pytest.fixture(autouse=True)
def _one_thread(request):
    if request.node.nodeid.startswith("tests/"):
        import torch

        torch.set_num_threads(1)
        torch.manual_seed(0)
