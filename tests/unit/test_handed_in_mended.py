"""A copy of what was handed in can be graded, loses nothing of it, and leaves the original alone."""

import copy
import random

import nbformat
import pytest

from course_gan.grading.handed_in.compare import compare
from course_gan.grading.handed_in.mending import mended
from course_gan.grading.handed_in.reading import read
from tests.unit.broken_hand_ins import (
    CHECK,
    NAME,
    SOLUTION,
    WAYS,
    as_bytes,
    cell,
    copied,
    named,
    right,
)
from tests.unit.damaged_cells import damage
from tests.unit.hand_in_class import (
    GIVES_0,
    RELEASE,
    RELEASES,
    class_of,
    command,
    put,
)


@pytest.fixture
def submitted(tmp_path):
    return class_of(tmp_path)


@pytest.mark.parametrize("way", [way for way in WAYS.values() if way.mendable], ids=lambda way: way.says[:40])
def test_what_can_be_mended_is_as_released_and_loses_nothing(way):
    notebook, _ = read(way.broken())
    kept = copy.deepcopy(notebook)
    whole = mended(notebook, RELEASE)
    assert notebook == kept, "the given one is left as it is"
    nbformat.validate(nbformat.from_dict(whole))
    assert named(whole["cells"]) == list(RELEASE.parts)
    assert compare(whole, RELEASE, RELEASES) == []
    assert mended(whole, RELEASE) == whole
    text = "\n".join(one["source"] for one in whole["cells"])
    lost = [line for one in notebook["cells"] for line in one["source"].splitlines() if line not in text]
    assert lost == (["print(1)"] if way is WAYS["a check added to"] else []), "nbgrader drops it, and nothing needs it"


@pytest.mark.parametrize("way", ["split behind its head", "split behind its docstring", "split, half without a name"])
def test_the_halves_of_a_solution_are_joined(way):
    notebook, _ = read(WAYS[way].broken())
    whole = mended(notebook, RELEASE)
    assert cell(whole, SOLUTION)["source"] == cell(right(), SOLUTION)["source"]


def test_of_copies_the_last_keeps_the_name_and_all_are_run():
    notebook = right()
    copied(SOLUTION)(notebook)
    cell(notebook, "a-copy")["source"] = "def game_value(*a):\n    return 2"
    whole = mended(read(as_bytes(notebook))[0], RELEASE)
    sources = [one["source"] for one in whole["cells"] if "def game_value" in one["source"]]
    assert sources == [cell(right(), SOLUTION)["source"], "def game_value(*a):\n    return 2"]
    assert cell(whole, SOLUTION)["source"] == sources[1]


def test_what_was_written_into_a_locked_cell_is_run_before_it():
    whole = mended(read(WAYS["the setup added to"].broken())[0], RELEASE)
    setup = next(number for number, one in enumerate(whole["cells"]) if one["id"] == "setup")
    assert whole["cells"][setup - 1]["source"].endswith("\nimport math")
    assert whole["cells"][setup]["source"] == RELEASE.parts["setup"].source


def test_a_missing_solution_is_put_back_without_hiding_what_was_written():
    notebook = right()
    cell(notebook, SOLUTION)["source"] = "game_value = lambda D, p, q, x: 0"
    cell(notebook, SOLUTION)["metadata"] = {}
    cell(notebook, SOLUTION)["id"] = "mine"
    whole = mended(read(as_bytes(notebook))[0], RELEASE)
    assert cell(whole, SOLUTION)["source"] == f"# {SOLUTION} was missing from what was handed in"


@pytest.mark.parametrize("seed", range(60))
def test_whatever_happened_to_the_cells_a_copy_can_be_graded_and_loses_nothing(seed):
    random_ = random.Random(seed)
    notebook = right()
    for _ in range(random_.randrange(1, 9)):
        damage(notebook["cells"], random_)
    notebook, _ = read(as_bytes(notebook))
    whole = mended(notebook, RELEASE)
    nbformat.validate(nbformat.from_dict(whole))
    assert sorted(named(whole["cells"])) == sorted(RELEASE.parts)
    assert compare(whole, RELEASE, RELEASES) == []
    text = "\n".join(one["source"] for one in whole["cells"])
    assert [line for one in notebook["cells"] for line in one["source"].splitlines() if line not in text] == []


def test_the_copy_holds_the_whole_class_and_the_hand_ins_stay(submitted, tmp_path):
    put(submitted, WAYS["a check copied"].broken(), student="ada")
    put(submitted, right(), student="bob")
    put(submitted, b"x = 1", f"{NAME}/helper.py", student="bob")
    put(submitted, b"", student="cyd")
    before = {path: path.read_bytes() for path in submitted.rglob("*") if path.is_file()}
    status, said = command(submitted, "--mend", tmp_path / "mended")
    assert status == 1
    assert said == (
        f"mended: ada, {NAME}: cells there more than once ({CHECK}){GIVES_0}\n"
        f"needs a look: cyd, {NAME}: {NAME}/{NAME}.ipynb is empty (0 bytes){GIVES_0}\n"
        f"{tmp_path / 'mended'} holds a copy of 3 hand-ins, of which 1 need a look; to grade it:\n"
        f"    nbgrader autograde NN_name --CourseDirectory.submitted_directory={tmp_path / 'mended'}\n"
    )
    copies = {path.relative_to(tmp_path / "mended") for path in (tmp_path / "mended").rglob("*") if path.is_file()}
    assert {str(path) for path in copies} == {".course_gan", *(str(path.relative_to(submitted)) for path in before)}
    assert {path: path.read_bytes() for path in submitted.rglob("*") if path.is_file()} == before
    mended_too = read((tmp_path / "mended" / "bob" / NAME / f"{NAME}.ipynb").read_bytes())[0]
    assert mended_too == read(as_bytes(right()))[0]


def test_a_copy_is_brought_up_to_date_and_what_was_changed_in_it_is_kept(submitted, tmp_path):
    target = tmp_path / "mended"
    for student in ("ada", "bob", "cyd"):
        put(submitted, WAYS["a check copied"].broken(), student=student)
    command(submitted, "--mend", target)
    mine = target / "bob" / NAME / f"{NAME}.ipynb"
    mine.write_text("mended by hand")
    put(submitted, right(), student="ada")
    (submitted / "cyd" / NAME / f"{NAME}.ipynb").unlink()
    put(submitted, b"", f"{NAME}/note.txt", student="cyd")
    said = command(submitted, "--mend", target)[1]
    assert f"{mine} was changed since it was copied: kept; remove it to have it made anew\n" in said
    assert mine.read_text() == "mended by hand"
    assert read((target / "ada" / NAME / f"{NAME}.ipynb").read_bytes())[0] == read(as_bytes(right()))[0]
    assert not (target / "cyd" / NAME / f"{NAME}.ipynb").exists()


@pytest.mark.parametrize("where", ["grading/submitted/mended", "grading/submitted", "grading", "mine"])
def test_a_folder_that_is_not_for_copies_is_refused_and_untouched(submitted, tmp_path, where):
    put(submitted, WAYS["a check copied"].broken())
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("mine")
    before = sorted(tmp_path.rglob("*"))
    status, said = command(submitted, "--mend", tmp_path / where)
    assert (status, said.count("\n")) == (1, 1)
    assert sorted(tmp_path.rglob("*")) == before
