"""nbgrader over this course: solutions/ → exercises/ (`make build`); a class's work and grades stay in grading/."""

import os
import sys
from pathlib import Path

_here = Path(__file__).resolve().parent
os.environ["PATH"] = (
    f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # nbgrader calls `alembic` by name
)
(_here / "grading").mkdir(exist_ok=True)  # else every nbgrader command fails in a fresh clone

c = get_config()  # noqa: F821  (given by traitlets)
c.CourseDirectory.root = str(_here)
c.CourseDirectory.course_id = "course_gan"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "exercises"
c.CourseDirectory.submitted_directory = "grading/submitted"
c.CourseDirectory.autograded_directory = "grading/autograded"
c.CourseDirectory.feedback_directory = "grading/feedback"
c.CourseDirectory.db_url = f"sqlite:///{_here / 'grading' / 'gradebook.db'}"
c.ClearSolutions.code_stub = {"python": "raise NotImplementedError()  # your code here"}
c.OverwriteCells.add_missing_cells = True
c.ExportApp.plugin_class = "course_gan.grading.handed_in.export.CsvWithLook"  # says which 0 is no grade
c.Execute.timeout = 600  # seconds a cell; an experiment states its own, shorter, budget
