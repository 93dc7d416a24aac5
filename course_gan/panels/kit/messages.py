"""What went wrong, in one line for a person."""

import torch

from course_gan.errors import CourseError
from course_gan.training import NonFiniteError


def one_line(error: BaseException) -> str:
    """What went wrong and what to do, for a panel's line of news."""
    lines = str(error).strip().splitlines() or ["no message"]
    if isinstance(error, torch.OutOfMemoryError | MemoryError) or "can't allocate memory" in str(error):
        return "out of memory: choose a smaller batch size or width and start again; the game so far is kept"
    if isinstance(error, NonFiniteError):
        return f"{lines[0].split(';')[0]}: start anew with a lower learning rate"
    if isinstance(error, CourseError | ValueError):
        return lines[0]
    return f"{type(error).__name__}: {lines[0]}"
