"""nbgrader itself is asked: it fails where we say that it does, and every mended copy passes it."""

import copy
import json
import logging
import os
import random
import sys
import warnings
from pathlib import Path

import pytest

from course_gan.files import ROOT
from course_gan.grading.handed_in.compare import compare
from course_gan.grading.handed_in.findings import Effect
from course_gan.grading.handed_in.mending import mended
from course_gan.grading.handed_in.reading import read
from course_gan.grading.handed_in.release import releases_for
from tests.unit.broken_hand_ins import CHECK, NAME, SOLUTION, WAYS, as_bytes, cell, named, right
from tests.unit.damaged_cells import damage

RELEASES = releases_for(ROOT / "grading" / "submitted")
RELEASE = RELEASES[NAME]
BEFORE_RUNNING = ("ClearOutput", "DeduplicateIds", "OverwriteKernelspec", "OverwriteCells", "CheckCellMetadata")


@pytest.fixture(scope="module")
def nbgrader(tmp_path_factory):
    """A function that does with a notebook what autograde does before it runs it; None, or nbgrader's reason."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        preprocessors = pytest.importorskip("nbgrader.preprocessors")
    import nbformat
    from nbgrader.api import Gradebook

    database = f"sqlite:///{tmp_path_factory.mktemp('book') / 'gradebook.db'}"
    about = {"notebook": NAME, "assignment": NAME, "student": "ada", "db_url": database}
    path = os.environ["PATH"]
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{path}"  # it calls `alembic` by name
    logging.disable(logging.CRITICAL)

    def through(notebook, names):
        for name in names:
            step = getattr(preprocessors, name)()
            if name == "OverwriteCells":
                step.add_missing_cells = True  # as nbgrader_config.py has it
            if name == "ClearSolutions":
                step.code_stub = {"python": "raise NotImplementedError()  # your code here"}
            notebook, _ = step.preprocess(notebook, {"nbgrader": dict(about), "metadata": {}})
            nbformat.validate(notebook, relax_add_props=True)
        return notebook

    def fails(data):
        try:
            _, notebook = nbformat.validator.normalize(nbformat.reads(data.decode("utf-8"), as_version=4))
            nbformat.writes(through(notebook, BEFORE_RUNNING)).encode("utf-8")
        except Exception as error:
            return f"{type(error).__name__}: {error}"
        return None

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Gradebook(database) as book:
            book.add_assignment(NAME)
        source = nbformat.read(ROOT / "solutions" / NAME / f"{NAME}.ipynb", 4)
        through(source, ("LockCells", "ClearSolutions", "ClearOutput", "ComputeChecksums", "SaveCells"))
        yield fails
    logging.disable(logging.NOTSET)
    os.environ["PATH"] = path


def said_to_fail(data):
    notebook, findings = read(data)
    findings += compare(notebook, RELEASE, RELEASES)
    return any(finding.effect in (Effect.STOPS, Effect.FAILS) for finding in findings)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_nbgrader_fails_where_we_say_so_and_not_on_what_was_mended(nbgrader, way):
    data = way.broken()
    assert bool(nbgrader(data)) == (way.effect in (Effect.STOPS, Effect.FAILS)), nbgrader(data)
    if way.mendable:
        assert nbgrader(as_bytes(mended(read(data)[0], RELEASE))) is None


VALUES = {
    "grade": (True, False, None, 1, ...),
    "solution": (True, False, None, ...),
    "locked": (True, False, None, "x", ...),
    "task": (True, False, None, ...),
    "points": (..., None, -1, 0, 2.5, "2", "x", [1], 10**400),
    "grade_id": ("", 5, None, ..., "a b", "of-another"),
    "schema_version": (..., None, 2, 3.0, "3", 4),
    "checksum": (..., None, "x", "a" * 32),
    "cell_type": (..., None, "markdown", "of my own"),
    "of my own": (1,),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("cell_id", ["setup", SOLUTION, CHECK])
@pytest.mark.parametrize("key", VALUES)
def test_every_value_of_its_metadata_is_judged_as_nbgrader_does(nbgrader, cell_id, key):
    for value in VALUES[key]:
        notebook = right()
        metadata = cell(notebook, cell_id)["metadata"]["nbgrader"]
        metadata[key] = value
        if value is ...:
            del metadata[key]
        data = as_bytes(notebook)
        assert said_to_fail(data) == bool(nbgrader(data)), (key, value, nbgrader(data))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("seed", range(12))
def test_whatever_happened_nbgrader_agrees_and_takes_the_mended_copy(nbgrader, seed):
    random_ = random.Random(1000 + seed)
    notebook = right()
    for _ in range(random_.randrange(1, 7)):
        damage(notebook["cells"], random_)
    data = as_bytes(notebook)
    assert said_to_fail(data) == bool(nbgrader(data)), nbgrader(data)
    whole = mended(read(data)[0], RELEASE)
    assert nbgrader(json.dumps(whole).encode()) is None
    assert sorted(named(whole["cells"])) == sorted(RELEASE.parts)


def test_the_oracle_is_no_stub(nbgrader):
    """It takes what is right, and its reason for a copied cell is the one that people report."""
    assert nbgrader(as_bytes(right())) is None
    twin = right()
    twin["cells"].append(copy.deepcopy(cell(twin, CHECK)) | {"id": "twin"})
    assert nbgrader(as_bytes(twin)) == "KeyError: 'grade_id'"
