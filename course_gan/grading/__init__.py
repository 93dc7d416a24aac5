"""What is right: checks that a learner calls in the notebook and a judge may call through a worker."""
# ruff: noqa: F401

from course_gan.grading.comparison import close
from course_gan.grading.items import Check, load
from course_gan.grading.notebook import NotPassed, check, progress, require
from course_gan.grading.verdict import Result, assess
from course_gan.grading.worker.ask import Complaint, call, value_and_gradients
