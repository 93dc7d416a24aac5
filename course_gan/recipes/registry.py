"""All recipes of this folder, found by themselves: whoever adds one adds its file and nothing else."""

import difflib
import importlib
import pkgutil
from functools import cache
from pathlib import Path
from typing import Any

from course_gan.catalogue import check_profile, number_of
from course_gan.errors import CourseError
from course_gan.recipes.recipe import Recipe
from course_gan.recipes.schema import Settings


@cache
def recipes() -> dict[str, type[Recipe]]:
    """Every recipe that belongs to a lesson, by the lesson's number, in their order."""
    found = {}
    for module in pkgutil.iter_modules([str(Path(__file__).parent)]):
        for value in vars(importlib.import_module(f"course_gan.recipes.{module.name}")).values():
            if isinstance(value, type) and issubclass(value, Recipe) and value.lesson:
                found[value.lesson] = value
    return dict(sorted(found.items()))


def recipe_of(name: str) -> type[Recipe]:
    """The recipe of a lesson, "3", "03", "03_dcgan" or "dcgan"; CourseError, which names those there are."""
    number = number_of(name)
    if number not in recipes():
        raise CourseError(f"lesson {number!r} has no game to train: choose one of {', '.join(recipes())}")
    return recipes()[number]


def settings(name: str, profile: str = "cpu", **overrides: Any) -> Settings:
    """The settings of a lesson's game under a profile; an override of None leaves the profile's.

    name: as in `recipe_of`. profile: "smoke", "cpu" or "gpu". overrides: by name, in upper or lower case.
    Raises CourseError for another lesson, profile or setting, or a value that the setting cannot have.
    """
    recipe = recipe_of(name)
    given = {key.lower(): value for key, value in overrides.items() if value is not None}
    known = sorted(recipe.Settings.specs())
    for key in given:
        if key not in known:
            near = difflib.get_close_matches(key, known, 1)
            meant = f"did you mean {near[0]}? " if near else ""
            raise CourseError(f"lesson {recipe.lesson} has no setting {key!r}: {meant}it has {', '.join(known)}")
    values = recipe.standard | recipe.profiles[check_profile(profile)] | recipe.implied(given, profile) | given
    return recipe.Settings(lesson=recipe.lesson, profile=profile, **values)


def build(name: str, profile: str = "cpu", **overrides: Any) -> Recipe:
    """A lesson's game with its data, from `settings(name, profile, **overrides)`.

    The same settings give the same players, batches and samples, whatever torch's global random state.
    """
    return recipe_of(name)(settings(name, profile, **overrides))


def described(name: str, profile: str = "cpu") -> str:
    """A table of the settings of a lesson's game: name, value under the profile, what it may be, and what it is."""
    chosen = settings(name, profile)
    specs = chosen.specs()
    widest = max(len(key) for key in specs)
    lines = [f"settings of lesson {chosen.lesson} under profile {profile}, each set by -p NAME VALUE:"]
    for key, spec in specs.items():
        value = getattr(chosen, key)
        lines.append(f"  {key:<{widest}}  {value!s:<12}  {spec.label}: {spec.wanted()}")
    return "\n".join(lines)
