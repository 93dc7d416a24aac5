"""Cells run again, as learners run them: nothing breaks or is lost, and what is always the same stays the same."""

import subprocess
import sys

import nbformat
import pytest

from course_gan.catalogue import lessons
from course_gan.runner import notebooks as notebook_files
from course_gan.runner.execute import execute
from workshop import convert

RUNS = ("first run", "second run at once", "third run, after the end")
UNDRAWN = """
from course_gan import plots

plots.show = lambda figure, *_, **__: None  # other tests draw the figures; thrice it would be a third of the time
"""


def code_cells(lesson):
    """The page's code cells with their places in it."""
    cells = convert.to_notebook(lesson.source).cells
    return [(place, cell) for place, cell in enumerate(cells) if cell.cell_type == "code"]


def again_and_again(code):
    """(place, run, cell) for every cell twice in place, and then all cells once more from the top."""
    twice = [(place, run, cell) for place, cell in code for run in (0, 1)]
    return twice + [(place, 2, cell) for place, cell in code]


def run(steps, folder):
    """Execute cells in one kernel, in a folder of their own; returns the outcome and the executed cells."""
    sources = [UNDRAWN, *(cell.source for *_, cell in steps)]
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    notebook_files.write(nbformat.v4.new_notebook(metadata=convert.KERNEL, cells=cells), folder / "source.ipynb")
    (folder / "files").mkdir()
    outcome = execute(
        "cells twice",
        folder / "source.ipynb",
        folder / "executed.ipynb",
        profile="smoke",
        parameters={},
        cwd=folder / "files",
        threads=1,
        timeout=600,
    )
    return outcome, notebook_files.read(folder / "executed.ipynb").cells[1:]


def which(steps, number):
    """The page's cell that was executed as the number-th, counted from 1 (UNDRAWN), in words."""
    if number is None or number < 2:
        return "before its first cell"
    place, again, _ = steps[number - 2]
    return f"cell {place}, {RUNS[again]}"


def said(cell):
    """What a cell printed."""
    return "".join(output.text for output in cell.outputs if output.get("name") == "stdout")


@pytest.mark.notebook
@pytest.mark.parametrize("lesson", lessons(), ids=lambda lesson: lesson.name)
def test_every_cell_runs_twice_and_all_run_once_more_after_the_end(lesson, tmp_path):
    steps = again_and_again(code_cells(lesson))
    outcome, cells = run(steps, tmp_path)
    assert outcome.status == "ok", f"{lesson.name}, {which(steps, outcome.cell)}: {outcome.error}"
    steady = {}  # cells whose output is the same under every profile print it again
    for (place, number, cell), executed in zip(steps, cells, strict=True):
        if "nbval-check-output" in cell.metadata.get("tags", []):
            first = steady.setdefault(place, said(executed))
            assert said(executed) == first, f"{lesson.name}, cell {place}, {RUNS[number]}"
    assert list((tmp_path / "files").iterdir()) == [], "a page leaves nothing in the learner's folder"


STOPPED = """
unstopped = train


def train(game, *rest):
    for record in unstopped(game, *rest):
        yield record
        if game.steps == {after}:
            raise KeyboardInterrupt


try:
    exec(CELL)
except KeyboardInterrupt:
    print("stopped after a part:", {game}.steps == {after})
train = unstopped
for _ in range(2):
    exec(CELL)
print("ended well:", {holds})
"""
WHOLE = {  # lesson: its cell that trains, the game, a step on the way, and what must hold at the end
    "01": (
        "for _ in train(recipe.game, recipe.batches, left):",
        "recipe.game",
        "STEPS_PLANE // 2",
        "recipe.game.steps == STEPS_PLANE",
    ),
    "03": (
        "for record in train(game, recipe.batches, left):",
        "game",
        "recipe.steps // 2",
        "game.steps == recipe.steps == len(history) and live.steps == list(range(1, recipe.steps + 1))",
    ),
    "05": (
        "for record in train(game, batches, left):",
        "game",
        "STEPS // 2",
        "game.steps == STEPS == len(history) == len(live.steps) and list(measured) == MARKS and len(looks) == 6",
    ),
    "07": (
        'play(recipes["L1 alone"],',
        'recipes["L1 alone"].game',
        "STEPS // 2",
        'recipes["L1 alone"].game.steps == STEPS == len(histories["L1 alone"])',
    ),
    "09": (
        "for record in train(game, recipe.batches, left):",
        "game",
        "recipe.steps // 2",
        "game.steps == recipe.steps == len(live.steps)",
    ),
    "10": (
        "for record in train(game, recipe.batches, left):",
        "game",
        "recipe.steps // 2",
        "game.steps == recipe.steps == len(live.steps)",
    ),
}


@pytest.mark.notebook
@pytest.mark.parametrize("number", WHOLE)
def test_a_training_that_is_stopped_and_run_again_is_whole(number, tmp_path):
    """It goes on to its last step and no further, with the history of all steps; run once more it says so."""
    line, game, after, holds = WHOLE[number]
    (lesson,) = [one for one in lessons() if one.number == number]
    sources = [cell.source for _, cell in code_cells(lesson)]
    (at,) = [index for index, source in enumerate(sources) if line in source]
    stopping = STOPPED.format(after=after, game=game, holds=holds)
    script = tmp_path / "page.py"
    script.write_text("\n\n".join([*sources[:at], f"CELL = {sources[at]!r}", stopping]), encoding="utf-8")
    ran = subprocess.run([sys.executable, script], cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert ran.returncode == 0, ran.stderr
    lines = ran.stdout.splitlines()
    assert "stopped after a part: True" in lines
    assert sum(line.startswith("already trained for ") for line in lines) == 1
    assert lines[-1] == "ended well: True"
