"""What is right: checks that a learner calls in the notebook and a judge may call through a worker."""
# ruff: noqa: F401

from course_gan.grading.assess import Check, Result, close, judge, load
from course_gan.grading.notebook import NotPassed, check, progress, require
from course_gan.grading.worker.ask import Complaint, call, value_and_gradients
