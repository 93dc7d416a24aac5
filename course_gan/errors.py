"""The one error that is meant for a person: its text is a line they can act on."""


class CourseError(Exception):
    """Something outside the code is wrong; the message says what was found, what was wanted and what to do."""
