"""What a class handed in: what nbgrader would stumble over is named, a line each, and all else is not."""

import json
import os

import nbformat
import pytest

from course_gan.errors import CourseError
from course_gan.files import ROOT
from course_gan.grading.handed_in.reading import LIMIT
from course_gan.grading.handed_in.release import releases_for
from tests.unit.broken_hand_ins import CHECK, NAME, SOLUTION, WAYS, cell, released, right
from tests.unit.hand_in_class import GIVES_0, WORDS, class_of, command, lines, put


@pytest.fixture
def submitted(tmp_path):
    return class_of(tmp_path)


# ── the cells ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("notebook", [right(), released()], ids=["all written", "nothing written"])
def test_a_hand_in_as_it_should_be_needs_no_look(submitted, notebook):
    put(submitted, notebook)
    assert lines(submitted) == []


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_each_way_to_break_a_hand_in_is_a_line(submitted, way):
    put(submitted, way.broken())
    (line,) = lines(submitted)
    assert line.startswith(f"ada, {NAME}: ")
    assert way.says in line
    assert line.endswith(WORDS[way.effect])
    assert "\n" not in line


@pytest.mark.parametrize(
    "change",
    [
        {"metadata": {"kernelspec": {"name": "conda-env-gan", "display_name": "gan", "language": "python"}}},
        {"metadata": {}},
        {"nbformat_minor": 4},
        {"nbformat_minor": 9},
    ],
)
def test_what_autograde_does_not_stumble_over_needs_no_look(submitted, change):
    put(submitted, right() | change)
    assert lines(submitted) == []


def test_a_notebook_of_format_3_is_read_as_nbgrader_reads_it(submitted):
    old = nbformat.convert(nbformat.from_dict(right()), 3)
    put(submitted, json.dumps(old))
    assert lines(submitted) == []


def test_cells_of_ones_own_and_changed_text_need_no_look(submitted):
    notebook = right()
    notebook["cells"].insert(3, {"cell_type": "code", "id": "mine", "metadata": {}, "source": "1 +", "outputs": []})
    notebook["cells"][0]["source"] = "my notes"
    del notebook["cells"][-1]
    put(submitted, notebook)
    assert lines(submitted) == []


def test_large_outputs_are_named(submitted):
    notebook = right()
    cell(notebook, SOLUTION)["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "x" * 11_000_000}]
    put(submitted, notebook)
    (line,) = lines(submitted)
    assert "is 11 MB large, outputs and all" in line


def test_one_too_large_to_read_here_is_named_and_not_called_a_failure(submitted):
    os.truncate(put(submitted, right()), LIMIT + 1)
    assert lines(submitted) == [f"ada, {NAME}: {NAME}/{NAME}.ipynb is larger than 50 MB and was not read"]


# ── the command and the guide ─────────────────────────────────────────────────────────────────────────────────────────


def test_the_command_says_how_many_need_a_look_and_who_handed_nothing_in(submitted):
    put(submitted, right())
    put(submitted, WAYS["a check copied"].broken(), student="bob")
    put(submitted, (ROOT / "exercises" / "03_dcgan" / "03_dcgan.ipynb").read_bytes(), "03_dcgan/03_dcgan.ipynb")
    assert command(submitted) == (
        1,
        f"bob, {NAME}: cells there more than once ({CHECK}){GIVES_0}\n"
        "03_dcgan: nothing handed in by bob\n"
        "1 of 3 hand-ins need a look; --mend FOLDER puts 1 of them right, in a copy\n",
    )


def test_a_class_in_order_is_status_0(submitted):
    put(submitted, right())
    assert command(submitted) == (0, "0 of 1 hand-ins need a look\n")


def test_mend_and_grades_together_are_refused(submitted, tmp_path):
    status, said = command(submitted, "--mend", tmp_path / "m", "--grades", tmp_path / "g")
    assert (status, said.count("\n")) == (2, 1)
    assert said.startswith("course-gan: --mend is for before autograde, --grades for after it")


def test_the_guide_says_what_an_instructor_has_to_know():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    guide = readme[readme.index("## As an instructor") : readme.index("## As a maintainer")]
    for words in (
        "course-gan handed-in",
        "--mend grading/mended",
        "column `look`",
        "*Validate*",
        "every student's grade",
    ):
        assert words in guide
    assert "/grades*.csv" in (ROOT / ".gitignore").read_text().splitlines()


def test_a_release_that_cannot_be_read_is_one_line(tmp_path, submitted):
    (tmp_path / "nbgrader_config.py").touch()
    (tmp_path / "exercises" / "x").mkdir(parents=True)
    with pytest.raises(CourseError, match="holds no released exercise; run `nbgrader generate_assignment` first"):
        releases_for(submitted)
    (tmp_path / "exercises" / "x" / "x.ipynb").write_text("{}")
    with pytest.raises(CourseError, match="the release cannot be read"):
        releases_for(submitted)
