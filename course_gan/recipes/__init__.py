"""A game with its data, typed settings and preview; one file a family; what `course-gan train` trains."""
# ruff: noqa: F401

from course_gan.recipes.recipe import Recipe
from course_gan.recipes.registry import build, described, recipe_of, recipes, settings
from course_gan.recipes.schema import Settings, Spec, setting
