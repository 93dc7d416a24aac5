"""The games of the course with their data, settings and a look at what they have learned."""
# ruff: noqa: F401

from course_gan.recipes.games import Recipe, build, settings
