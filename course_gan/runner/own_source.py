"""The pictures of a run that learns a person's own: what is kept of them, and whether they are still the same.

A checkpoint holds a digest of all names and sizes; pictures.json in the run's folder holds the names, so that it can be
said what differs. Where the folder is does not count: a run and its pictures may be moved.
"""

import json
from pathlib import Path
from typing import Any

from course_gan.data import Listing, pictures_in
from course_gan.errors import CourseError
from course_gan.recipes import Recipe, Settings, recipe_of, recipes
from course_gan.recipes.own import FOLDER, OwnRecipe

FILE = "pictures.json"


def overrides(lesson: str, folder: Path | None, size: int | None, given: dict[str, Any]) -> dict[str, Any]:
    """The settings that --data and --size mean, beside those given by name; CourseError where they contradict."""
    recipe = recipe_of(lesson)
    found: dict[str, Any] = {}
    if folder is not None:
        _check_folder(recipe, folder, given)
        found |= {"data": FOLDER, "folder": str(folder.absolute())}
    if size is not None:
        if "image_size" in given:
            raise CourseError("--size and -p image_size say the same: leave out one of them")
        if "image_size" not in recipe.Settings.specs():
            raise CourseError(f"--size is {size}, but lesson {recipe.lesson} learns points, which have none")
        found["image_size"] = size
    return given | found


def _check_folder(recipe: type[Recipe], folder: Path, given: dict[str, Any]) -> None:
    if not issubclass(recipe, OwnRecipe):
        able = [number for number, other in recipes().items() if issubclass(other, OwnRecipe)]
        raise CourseError(f"lesson {recipe.lesson} learns no pictures of your own: choose one of {', '.join(able)}")
    for name in ("data", "folder"):
        if name in given:
            raise CourseError(f"--data and -p {name} say the same: leave out one of them")
    if str(folder) in recipe.Settings.specs()["data"].choices and not folder.exists():
        raise CourseError(f"there is no folder {folder}; for the course's own set of that name say -p data {folder}")


def learns_own(recipe: type[Recipe], settings: Settings) -> bool:
    """Whether a run of these settings learns a folder of a person's own."""
    return issubclass(recipe, OwnRecipe) and settings.data == FOLDER


def kept(listing: Listing) -> dict[str, Any]:
    """What a checkpoint holds of a listing."""
    return {"digest": listing.digest, "files": len(listing.sizes)}


def named(listing: Listing) -> str:
    """What pictures.json holds of a listing."""
    return json.dumps({"folder": str(listing.path), **kept(listing), "sizes": listing.sizes}, indent=1) + "\n"


def refuse_others(run: Path, saved: Any, recipe: type[OwnRecipe], folder: str) -> None:
    """Raise CourseError where a folder does not hold the pictures that a run was started with, saying what differs.

    run: its folder. saved: what its newest checkpoint holds of them. folder: where they are said to be now.
    """
    try:
        now = pictures_in(folder, recipe.layout)
    except CourseError as error:
        raise CourseError(f"{error} (where are the pictures of {run} now? say it by --data PATH)") from error
    before = saved if isinstance(saved, dict) else {}
    if before.get("digest") == now.digest:
        return
    counts = f"{before.get('files')} picture(s) then, {len(now.sizes)} now"
    sizes = _sizes_before(run, before)
    found = f"{counts}; {now.differences(sizes)}" if sizes else counts
    advice = "put them back, or start a new run in another folder"
    raise CourseError(f"{folder} does not hold the pictures that {run} was started with ({found}): {advice}")


def _sizes_before(run: Path, before: dict[str, Any]) -> dict[str, int]:
    """The names and sizes that pictures.json holds, if they are those of the checkpoint; else nothing."""
    try:
        content = json.loads((run / FILE).read_text(encoding="utf-8"))
        sizes = dict(content["sizes"])
        is_right = content["digest"] == before["digest"]
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return {}
    return sizes if is_right else {}
