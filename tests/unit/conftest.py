"""A training by `course-gan train`, made once, which the tests of its words, settings and ends take copies of."""

import shutil
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def trained_once(tmp_path_factory) -> Path:
    """The folder of a training of twelve steps: to be copied, not to be changed."""
    from course_gan.runner.training import run
    from tests.unit.tiny_trainings import TINY

    folder = tmp_path_factory.mktemp("trained") / "once"
    run("01", "smoke", folder, overrides=TINY, progress=False)
    return folder


@pytest.fixture
def trained(trained_once, tmp_path) -> Path:
    """A folder of one's own with a training of twelve steps."""
    return Path(shutil.copytree(trained_once, tmp_path / "mine"))


@pytest.fixture(scope="session")
def uninterrupted(tmp_path_factory) -> dict:
    """The whole state of a training of fourteen steps that was never interrupted."""
    from course_gan.runner.training import run
    from tests.unit.tiny_games import whole_state
    from tests.unit.tiny_trainings import TINY

    recipe = run("01", "smoke", tmp_path_factory.mktemp("whole"), overrides=TINY | {"steps": 14}, progress=False)
    return whole_state(recipe.game, recipe.batches)
