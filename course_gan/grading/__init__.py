"""What is right: checks that a learner calls in the notebook and a judge may call through a worker."""

from course_gan.grading.ask import Complaint, call, value_and_gradients
from course_gan.grading.check import Check, Result, close, judge, load
from course_gan.grading.notebook import NotPassed, check, progress, require

__all__ = [
    "Check",
    "Complaint",
    "NotPassed",
    "Result",
    "call",
    "check",
    "close",
    "judge",
    "load",
    "progress",
    "require",
    "value_and_gradients",
]
