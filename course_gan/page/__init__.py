"""What a lesson's own cells use: the profile that fills its parameters, and claims that keep prose true."""
# ruff: noqa: F401

from course_gan.page.claims import claim
from course_gan.page.profile import Profile
