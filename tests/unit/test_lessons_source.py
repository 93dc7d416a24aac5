"""Lessons: a notebook is what its source says, what it states is so, and it is fit to be read.

The clinic's page is a lesson like the others: every rule here holds for it too.
"""

import base64
import io

import pytest
from click.testing import CliRunner

from course_gan.catalogue import choose, lessons
from course_gan.errors import CourseError
from course_gan.page.claims import claims_in
from course_gan.runner import notebooks as notebook_files
from course_gan.runner.learners_copy import copy_for_learner
from workshop import convert, notebooks
from workshop.__main__ import build as workshop
from workshop.syllabus import is_draft

LESSONS = lessons()
each_lesson = pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)


def skip_drafts(notebook):
    if is_draft(notebook):
        pytest.skip("a draft is not yet held to the manners of a page")


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


@each_lesson
def test_a_notebook_has_the_code_of_its_source(lesson):
    built = notebook_files.read(lesson.notebook)
    assert convert.same_code(convert.to_notebook(lesson.source), built) == [], "run `make build`"


@each_lesson
def test_a_conversion_is_stable_to_the_byte_and_every_id_is_its_own(lesson):
    import nbformat

    first, second = convert.to_notebook(lesson.source), convert.to_notebook(lesson.source)
    assert nbformat.writes(first) == nbformat.writes(second)
    assert len({cell.id for cell in first.cells}) == len(first.cells)


@each_lesson
def test_a_notebook_was_executed_whole_without_error(lesson):
    cells = [cell for cell in code_cells(notebook_files.read(lesson.notebook)) if cell.source.strip()]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert not any(output.output_type == "error" for cell in cells for output in cell.outputs)
    assert notebook_files.read(lesson.notebook).metadata["course_gan"]["profile"] == "cpu"


@each_lesson
def test_every_claim_of_the_committed_outputs_holds(lesson):
    notebook = notebook_files.read(lesson.notebook)
    claims = claims_in(notebook)
    assert len(claims) >= (1 if is_draft(notebook) else 3)
    assert [str(claim) for claim in claims if not claim.holds] == []


@each_lesson
def test_a_notebook_is_under_a_megabyte_and_its_cells_are_short(lesson):
    assert lesson.notebook.stat().st_size <= 1_000_000
    lengths = {i: len(c.source.splitlines()) for i, c in enumerate(code_cells(notebook_files.read(lesson.notebook)))}
    assert {i: n for i, n in lengths.items() if n > 20} == {}


@each_lesson
def test_a_lesson_explains_shows_and_asks(lesson):
    notebook = notebook_files.read(lesson.notebook)
    skip_drafts(notebook)
    prose = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    figures = [o for c in code_cells(notebook) for o in c.outputs if "image/png" in o.get("data", {})]
    assert 1200 <= len(prose.split()) <= 4000
    assert len(figures) >= 4
    assert all(o.metadata.get("image/png", {}).get("alt") for o in figures), "a figure without alternative text"
    assert prose.count("**Predict") >= 2
    assert prose.count("<details>") == prose.count("</details>") >= 1
    assert prose.count("arXiv:") >= 3


@each_lesson
def test_no_figure_is_empty(lesson):
    from PIL import Image

    for cell in code_cells(notebook_files.read(lesson.notebook)):
        for output in cell.outputs:
            if "image/png" in output.get("data", {}):
                with Image.open(io.BytesIO(base64.b64decode(output.data["image/png"]))) as picture:
                    assert min(picture.size) > 40
                    assert len(picture.convert("RGB").getcolors(1 << 24)) > 8


@each_lesson
def test_a_lesson_has_one_parameters_cell_and_five_whose_output_is_compared(lesson):
    notebook = notebook_files.read(lesson.notebook)
    tags = [tag for cell in code_cells(notebook) for tag in cell.metadata.get("tags", [])]
    assert tags.count("parameters") == 1
    assert tags.count("nbval-check-output") >= (1 if is_draft(notebook) else 5)


@each_lesson
def test_no_claim_is_compared_to_the_last_digit(lesson):
    """Its value is held to an interval; digits beyond the seventh are those of a processor."""
    cells = code_cells(notebook_files.read(lesson.notebook))
    compared = [cell.source for cell in cells if "nbval-check-output" in cell.metadata.get("tags", [])]
    assert [source for source in compared if "claim(" in source] == []


@each_lesson
def test_no_page_is_stale(lesson):
    """What a page shows was computed by the code that is here; `make build` redoes those that were not."""
    assert notebooks.state(lesson) == "current", "run `make build`"


def test_a_changed_cell_is_found_by_its_place(tmp_path):
    source = tmp_path / "lesson.py"
    source.write_text("# %%\nx = 1\n\n# %%\ny = 2\n")
    before = convert.to_notebook(source)
    source.write_text("# %%\nx = 1\n\n# %%\ny = 3\n\n# %%\nz = 4\n")
    assert convert.same_code(before, convert.to_notebook(source)) == [1, 2]


def test_equal_cells_get_ids_of_their_own(tmp_path):
    source = tmp_path / "lesson.py"
    source.write_text("# %%\nx = 1\n\n# %%\nx = 1\n")
    first, second = convert.to_notebook(source).cells
    assert second.id == f"{first.id}-2"


@pytest.mark.parametrize("word", ["00", "00_start_here", "start_here"])
def test_a_lesson_is_found_by_number_and_name(word):
    assert [lesson.name for lesson in choose((word,))] == ["00_start_here"]


def test_the_clinic_is_found_by_its_name_and_comes_last():
    assert [lesson.notebook.name for lesson in choose(("clinic",))] == ["clinic.ipynb"]
    assert LESSONS[-1].number == "clinic"


def test_an_unknown_lesson_is_named_with_those_there_are():
    with pytest.raises(CourseError, match="unknown lesson '99': there are 00_start_here, "):
        choose(("99",))


def test_the_learners_copy_is_never_overwritten(tmp_path):
    new = copy_for_learner(tmp_path)
    assert tmp_path / "notebooks" / "00_start_here.ipynb" in new
    mine = new[0]
    mine.write_text("my own work")
    new[1].unlink()
    assert copy_for_learner(tmp_path) == [new[1]]
    assert mine.read_text() == "my own work"


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CourseError, match=r"cannot write .*Not a directory.*choose another folder with --dir"):
        copy_for_learner(tmp_path / "file")


def test_building_an_unknown_lesson_is_one_line():
    done = CliRunner().invoke(workshop, ["99"], standalone_mode=False)
    assert (done.return_value, done.output.count("\n")) == (1, 1)
    assert done.output.startswith("course-gan: unknown lesson '99': there are 00_start_here")
