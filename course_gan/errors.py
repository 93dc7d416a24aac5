"""The one error that is meant for a person: its text is a line they can act on."""


class CourseError(Exception):
    """Something outside the code is wrong; the message says what was found, what was wanted and what to do."""

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows of it: the line, and not the forty lines of how we got there."""
        return [f"{type(self).__name__}: {self}"]
