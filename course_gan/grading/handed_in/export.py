"""nbgrader's export with the column `look`; nbgrader_config.py names it, so that no plain 0 leaves the gradebook.

Only nbgrader imports this module.
"""

from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.plugins import CsvExportPlugin

from course_gan.errors import CourseError
from course_gan.grading.handed_in.grades import annotate
from course_gan.grading.handed_in.hand_ins import look
from course_gan.grading.handed_in.release import releases_for


class CsvWithLook(CsvExportPlugin):
    """Writes grades.csv as nbgrader does, then says in it and in the log who needs a look."""

    def export(self, gradebook: Gradebook) -> None:
        """Write the grades; where what was handed in cannot be looked at, they stay as nbgrader wrote them."""
        super().export(gradebook)
        course = self.parent.coursedir
        folder = Path(course.root) / course.submitted_directory
        is_part = bool(self.student or self.assignment)
        try:
            hand_ins = look(folder, releases_for(folder))
            autograded = Path(course.root) / course.autograded_directory
            lines = annotate(Path(self.to or "grades.csv"), hand_ins, autograded, with_missing=not is_part)
        except (CourseError, OSError) as error:
            self.log.warning("Nobody looked at what was handed in: %s", error)
            return
        for line in lines:
            self.log.warning("Needs a look: %s", line)
