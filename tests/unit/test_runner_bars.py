"""Executed pages hold no progress bar: without its kernel it would stand at 0 %."""

import nbformat
import pytest

from course_gan.catalogue import lessons
from course_gan.runner.execute import execute
from course_gan.runner.notebooks import read, without_bars

CELLS = (
    "from tqdm.auto import tqdm\nfor _ in tqdm(range(3), 'seeds'):\n    pass\nprint('after it')",
    "import ipywidgets\nipywidgets.IntSlider()",
)


def texts(cell):
    return [output.get("text") or output["data"]["text/plain"] for output in cell.outputs]


def test_a_bar_is_taken_out_of_a_run_and_what_stands_beside_it_stays(tmp_path):
    source = tmp_path / "bars.ipynb"
    cells = [nbformat.v4.new_code_cell(cell) for cell in CELLS]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), source)
    target, page = tmp_path / "ran.ipynb", tmp_path / "ran.html"
    (tmp_path / "files").mkdir()
    outcome = execute(
        "bars",
        source,
        target,
        profile="smoke",
        parameters={},
        cwd=tmp_path / "files",
        threads=1,
        timeout=120,
        html=page,
    )
    assert outcome.status == "ok", outcome
    first, second = (cell for cell in read(target).cells if cell.cell_type == "code" and cell.source in CELLS)
    assert texts(first) == ["after it\n"]
    assert texts(second)[0].startswith("IntSlider(")
    assert "0%|" not in page.read_text(encoding="utf-8")


def test_the_same_words_are_left_where_they_are_no_widget():
    printed = nbformat.v4.new_output("stream", text="seeds:   0%|          | 0/3")
    shown = nbformat.v4.new_output("display_data", {"text/plain": "seeds:   0%|          | 0/3"})
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("", outputs=[printed, shown])])
    without_bars(notebook)
    assert notebook.cells[0].outputs == [printed, shown]


@pytest.mark.parametrize("lesson", lessons(), ids=lambda lesson: lesson.name)
def test_no_committed_page_holds_a_bar(lesson):
    notebook = read(lesson.notebook)
    before = [len(cell.get("outputs", [])) for cell in notebook.cells]
    without_bars(notebook)
    assert [len(cell.get("outputs", [])) for cell in notebook.cells] == before
