"""From source/NN_name/exercise.py to the instructor's notebook in solutions/ and the learner's in exercises/."""

import ast
import logging
import re
import shutil
import tempfile
from pathlib import Path

from nbformat import NotebookNode

from course_gan.catalogue import Exercise
from course_gan.errors import CourseError
from course_gan.files import ROOT
from course_gan.runner import notebooks as notebook_files
from workshop import convert

_CONFIG = "nbgrader_config.py"
_HIDDEN = """
### BEGIN HIDDEN TESTS
from course_gan.grading import require

require("{name}", {learners})
### END HIDDEN TESTS"""


def to_solution(exercise: Exercise) -> NotebookNode:
    """Return the instructor's notebook: the source's cells with what nbgrader has to know of each.

    A code cell with BEGIN SOLUTION is one that is handed in. A cell that is one line, check("01.item", object), under
    a marker with points (`# %% points=2`), is graded: it gets its hidden test here. The first code cell is locked.
    Raises CourseError, one line, for a check without points, points without a check, or an item graded twice.
    """
    notebook = convert.to_notebook(exercise.source)
    points = _points(exercise.source)
    first = True
    graded: set[str] = set()
    for cell, worth in zip(notebook.cells, points, strict=True):
        if cell.cell_type != "code":
            continue
        found = _check_line(cell.source)
        if bool(found) != (worth is not None):
            raise CourseError(_misplaced(exercise, cell, bool(found)))
        if found:
            name, learners = found
            if name in graded:
                twice = f"{name} is graded twice; give each item one check cell with points"
                raise CourseError(f"{exercise.source}: {twice}")
            graded.add(name)
            cell.source += _HIDDEN.format(name=name, learners=learners)
            cell.metadata["nbgrader"] = _nbgrader(_name("check", name.split(".", 1)[-1]), grade=True, points=worth)
        elif "BEGIN SOLUTION" in cell.source:
            cell.metadata["nbgrader"] = _nbgrader(_name("solution", _defined(cell.source) or cell.id), solution=True)
        elif first:
            cell.metadata["nbgrader"] = _nbgrader("setup", locked=True)
        if "nbgrader" in cell.metadata:
            cell.id = cell.metadata["nbgrader"]["grade_id"]
        first = False
    if len({c.id for c in notebook.cells}) < len(notebook.cells):
        raise CourseError(f"{exercise.source}: two solution cells define the same name; give each a name of its own")
    return notebook


def _misplaced(exercise: Exercise, cell: NotebookNode, is_check: bool) -> str:
    """What is wrong with a check without points, or with points above something else."""
    begins = cell.source.splitlines()[0][:60] if cell.source else ""
    found = f"no points above {begins}" if is_check else f"points above {begins!r}"
    wanted = 'a graded cell is `# %% points=N` above the one line check("NN.item", object)'
    return f"{exercise.source}: {wanted}; found {found}"


def make(exercises: list[Exercise], root: Path) -> None:
    """Write solutions/ and exercises/ of the given exercises below `root`, as nbgrader releases them.

    Raises CourseError with nbgrader's own reason where it refuses one.
    """
    from nbgrader.converters import GenerateAssignment
    from nbgrader.coursedir import CourseDirectory
    from nbgrader.preprocessors import SaveCells
    from traitlets.config.loader import PyFileConfigLoader

    if not (root / _CONFIG).exists():
        shutil.copy(ROOT / _CONFIG, root / _CONFIG)
    config = PyFileConfigLoader(_CONFIG, path=str(root)).load_config()
    for exercise in exercises:
        notebook_files.write(to_solution(exercise), root / exercise.solution.relative_to(ROOT))
        course = CourseDirectory(config=config, assignment_id=exercise.name)
        converter = GenerateAssignment(coursedir=course, config=config, no_database=True, force=True)
        converter.preprocessors = [p for p in converter.preprocessors if p is not SaveCells]  # it asks for a database
        said: list[str] = []
        for part in (converter, course):
            part.log = _listening(said)
        try:
            converter.start()
        except (Exception, SystemExit):  # nbgrader, nbconvert and traitlets each raise their own; the reason is logged
            reasons = [line for text in said for line in text.splitlines() if re.match(r"\S*(Error|Exception):", line)]
            why = reasons[0] if reasons else "see `nbgrader generate_assignment`"
            raise CourseError(f"{exercise.source}: nbgrader cannot release it ({why[:200]})") from None


def _listening(said: list[str]) -> logging.Logger:
    """A logger that keeps what it is told and shows nothing."""
    logger = logging.Logger("nbgrader")
    handler = logging.Handler()
    handler.emit = lambda entry: said.append(handler.format(entry))
    logger.addHandler(handler)
    return logger


def build(exercises: list[Exercise], check: bool = False) -> dict[str, str]:
    """Rebuild the exercises and put what differs in place (not with check); by name "current" or what was different."""
    states = {}
    with tempfile.TemporaryDirectory(prefix="course-gan-exercises-") as scratch:
        make(exercises, Path(scratch))
        for exercise in exercises:
            differing = []
            for path in (exercise.solution, exercise.release):
                made = Path(scratch) / path.relative_to(ROOT)
                if not path.exists() or path.read_bytes() != made.read_bytes():
                    differing.append(str(path.relative_to(ROOT)))
                    if not check:
                        path.parent.mkdir(parents=True, exist_ok=True)
                        shutil.copyfile(made, path)
            states[exercise.name] = f"differs: {', '.join(differing)}" if differing else "current"
    return states


def _points(source: Path) -> list[int | None]:
    """The points on each cell's marker, which the notebook itself does not keep."""
    import jupytext

    cells = jupytext.reads(source.read_text(encoding="utf-8"), fmt="py:percent").cells
    return [cell.metadata.get("points") for cell in cells]


def _check_line(code: str) -> tuple[str, str] | None:
    """The item and the object of a cell that is a call of check, else None."""
    try:
        body = ast.parse(code).body
    except SyntaxError:
        return None
    match body:
        case [ast.Expr(ast.Call(ast.Name("check"), [ast.Constant(str(name)), learners], []))]:
            return name, ast.get_source_segment(code, learners)
    return None


def _defined(code: str) -> str | None:
    """The name of the last function or class that a cell defines."""
    found = re.findall(r"^(?:def|class) (\w+)", code, re.MULTILINE)
    return found[-1] if found else None


def _name(kind: str, rest: str) -> str:
    return f"{kind}-{re.sub(r'[^A-Za-z0-9_-]', '_', rest)}"


def _nbgrader(
    grade_id: str, grade: bool = False, solution: bool = False, locked: bool = False, points: int | None = None
) -> dict[str, object]:
    cell = {"grade_id": grade_id, "schema_version": 3, "grade": grade, "solution": solution}
    cell["locked"] = grade or locked
    cell["task"] = False
    if grade:
        cell["points"] = points
    return cell
