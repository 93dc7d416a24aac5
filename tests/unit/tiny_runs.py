"""A short run in a folder, and a fresh game brought to what it left, for the tests of run directories."""

import warnings

from course_gan.errors import CourseError
from course_gan.training import RunDirectory, train
from tests.unit.tiny_games import make


def trained(folder, steps=6, every=2, **arguments):
    game, batches = make("GAN")
    with RunDirectory(folder, **arguments) as run:
        list(train(game, batches, steps, run, every))
    return game, batches


def restored(folder, name="GAN", **options):
    """A fresh game brought to the newest checkpoint of the folder, its data, and the warnings on the way."""
    game, batches = make(name, seed=7, **options)
    with warnings.catch_warnings(record=True) as seen, RunDirectory(folder) as run:
        warnings.simplefilter("always")
        run.restore(game, batches)
    return game, batches, [str(warning.message) for warning in seen]


def one_line(error) -> str:
    assert isinstance(error.value, CourseError)
    assert "\n" not in str(error.value)
    return str(error.value)
