"""The way back into a run: what it was started with, what may be said anew, and what contradicts it.

The settings of a run are in its checkpoints. settings.json says the same for people; where it says something else, or
cannot be read, the checkpoint is right. Only checkpoints of before there were settings in them need the file.
"""

import dataclasses
import difflib
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course_gan.console import say
from course_gan.errors import CourseError
from course_gan.marker import set_aside
from course_gan.recipes import Recipe, Settings, recipe_of, settings
from course_gan.runner.own_source import learns_own, refuse_others
from course_gan.training import RunDirectory, checkpoint

MAY_CHANGE = ("steps", "device", "dtype", "compile", "folder")  # on resuming; all else would make it another run
FILE = "settings.json"


def nothing_to_resume(folder: Path) -> CourseError:
    """The refusal to resume where there is no run; it names the runs in the folder, else those beside it."""
    found = f"nothing to resume in {folder}"
    known = _runs_near(folder)
    return CourseError(
        f"{found}{known}" if known else f"{found}, and no run is beside it: leave out --resume to start one"
    )


def nothing_in(folder: Path) -> CourseError:
    """The refusal of a folder that holds no run; it names the runs in it, else those beside it."""
    known = _runs_near(folder)
    return CourseError(f"{folder} holds no run{known or ', and no run is beside it: name the folder of a training'}")


def _runs_near(folder: Path) -> str:
    for place, where, like in ((folder, "in", ""), (folder.parent, "beside", folder.name)):
        if runs := _runs_in(place, like):
            return f"; runs {where} it: {', '.join(map(str, runs[:5]))}"
    return ""


def _runs_in(place: Path, like: str) -> list[Path]:
    """The folders in a place that hold a checkpoint of ours, those first whose name is most like this one."""
    try:
        folders = sorted(path for path in place.iterdir() if path.is_dir())
        runs = [path for path in folders if any(map(checkpoint.is_checkpoint, RunDirectory(path).checkpoints()))]
    except OSError:
        return []
    return sorted(runs, key=lambda path: -difflib.SequenceMatcher(None, path.name, like).ratio())


def asked(recipe: type[Recipe], profile: str, given: dict[str, Any]) -> Settings:
    """The settings that a person asks for; None is a value like any other here.

    given: by name, in lower case. Raises CourseError, one line, for another profile or setting, or a value that the
    setting cannot have.
    """
    for name in ("name", "profile"):  # which `settings` would take for arguments of its own
        if name in given:
            instead = (
                "--profile says it" if name == "profile" else f"it has {', '.join(sorted(recipe.Settings.specs()))}"
            )
            raise CourseError(f"lesson {recipe.lesson} has no setting {name!r}: {instead}")
    chosen = settings(recipe.lesson, profile, **given)
    return dataclasses.replace(chosen, **{name: None for name, value in given.items() if value is None})


def plain(chosen: Settings) -> dict[str, Any]:
    """Settings as JSON gives them back: tuples are lists."""
    return json.loads(json.dumps(chosen.as_dict()))


@dataclass(frozen=True)
class Resumed:
    """What a run goes on with.

    settings: those it was started with, changed where that is allowed. made: the steps that are made.
    is_changed: whether the checkpoint says otherwise. filled_in: a line on settings that there were not yet when the
    run was started, or "". contradiction: a line on a settings.json that is not right, or "".
    """

    settings: Settings
    made: int
    is_changed: bool
    filled_in: str
    contradiction: str

    def tell(self, folder: Path, keep: bool) -> None:
        """Say what is not as it was; keep: set a settings.json that is not right aside, too. Raises OSError."""
        if self.filled_in:
            say(self.filled_in, sys.stderr)
        if self.contradiction:
            aside = f", and the file is kept as {set_aside(folder / FILE).name}" if keep else ""
            say(f"{self.contradiction}{aside}", sys.stderr)


def taken_up(directory: RunDirectory, recipe: type[Recipe], profile: str | None, given: dict[str, Any]) -> Resumed:
    """What the run in the directory goes on with, asked for these settings; nothing is written.

    profile: None is the run's own. given: by name, in lower case, each a value that its setting can have.
    Raises CourseError, one line, for another lesson, other pictures or anything else that would make it another run,
    for fewer steps than are made, and where the settings of the run are not known or no longer understood.
    """
    content = directory.newest()
    state = content if isinstance(content, dict) else {}
    kept, contradiction = _kept(directory.path, state.get("settings"))
    if kept["lesson"] != recipe.lesson:
        found = f"{directory.path} holds a run of lesson {kept['lesson']}, not of {recipe.lesson}"
        raise CourseError(f"{found}: choose another folder")
    started, filled_in = _understood(directory.path, recipe, kept)
    chosen = _changed(directory.path, recipe, started, profile, given)
    game = state.get("game")
    made = game.get("steps", 0) if isinstance(game, dict) else 0  # else `restore` says that it does not fit
    if "steps" in given and chosen.steps < made:
        found = f"steps is {chosen.steps}, but {made} are made in {directory.path}"
        raise CourseError(f"{found}: give more with -p steps M")
    if learns_own(recipe, chosen):
        refuse_others(directory.path, state.get("source"), recipe, chosen.folder)
    is_changed = "settings" in state and plain(chosen) != state["settings"]
    return Resumed(chosen, made, is_changed, filled_in, contradiction)


def started_with(folder: Path, content: dict[str, Any]) -> tuple[type[Recipe], Settings]:
    """The recipe and the settings that a run was started with, in today's terms; content: of its newest checkpoint.

    Raises CourseError, one line, where they are not known or no longer understood.
    """
    kept, _ = _kept(folder, content.get("settings"))
    recipe = recipe_of(kept["lesson"])
    return recipe, _understood(folder, recipe, kept)[0]


def _kept(folder: Path, in_checkpoint: Any) -> tuple[dict[str, Any], str]:
    """The settings that the run was started with, and a line on a settings.json that is not right."""
    path = folder / FILE
    beside: dict[str, Any] | None = None
    trouble = "it is missing"
    try:
        if os.path.lexists(path):
            beside = _checked(json.loads(path.read_text(encoding="utf-8-sig")))
    except OSError as error:
        trouble = error.strerror or type(error).__name__
    except (ValueError, RecursionError) as error:
        trouble = str(error)
    if in_checkpoint is None:
        if beside is None:
            why = f"{path} cannot be read ({trouble}), and the checkpoints, of an earlier version, hold no settings"
            raise CourseError(f"{why}: put it back or start anew")
        return beside, ""
    try:
        kept = _checked(in_checkpoint)
    except ValueError as error:
        raise CourseError(f"the settings in the checkpoints of {folder} are no settings: {error}") from None
    if beside is not None:
        differences = _differences(beside, kept)
        wrong = f"{path} contradicts the checkpoint ({differences})" if differences else ""
    else:
        wrong = f"{path} cannot be read ({trouble})" if os.path.lexists(path) else ""
    return kept, f"{wrong}: the checkpoint's settings are taken" if wrong else ""


def _checked(content: Any) -> dict[str, Any]:
    """Settings as they were saved; raises ValueError for anything else."""
    if not isinstance(content, dict):
        raise ValueError("no names and values")
    for name in ("lesson", "profile"):
        if not isinstance(content.get(name), str):
            raise ValueError(f"it does not say the {name}")
    return content


def _differences(beside: dict[str, Any], kept: dict[str, Any]) -> str:
    """In words where a settings.json differs from the checkpoint, three places at most."""
    names = [
        name for name in {**kept, **beside} if (name in beside, beside.get(name)) != (name in kept, kept.get(name))
    ]
    words = [f"{name} is {_shown(beside, name)} in it and {_shown(kept, name)} there" for name in names[:3]]
    if len(names) > 3:
        words.append(f"{len(names) - 3} more")
    return ", ".join(words)


def _shown(content: dict[str, Any], name: str) -> str:
    return repr(content[name]) if name in content else "missing"


def _understood(folder: Path, recipe: type[Recipe], kept: dict[str, Any]) -> tuple[Settings, str]:
    """The settings a run was started with in today's terms, and a line on those there were not yet."""
    specs = recipe.Settings.specs()
    for name in kept:
        if name not in specs and name not in ("lesson", "profile"):
            found = f"{folder} was started with {name} = {kept[name]!r}, which lesson {recipe.lesson} no longer has"
            raise CourseError(f"{found}: go on with the version of course_gan that started it, or start anew")
    values = {name: kept[name] for name in specs if name in kept}
    try:
        defaults = settings(recipe.lesson, kept["profile"], **values)
        started = dataclasses.replace(defaults, **values)  # what is None in it too
    except CourseError as error:
        raise CourseError(f"{folder} was started with what this version of course_gan refuses: {error}") from None
    lacking = [f"{name} = {getattr(started, name)!r}" for name in specs if name not in kept]
    if not lacking:
        return started, ""
    found = f"{folder} was started before these settings came"
    return started, f"{found}, whose defaults are taken: {', '.join(lacking)}"


def _changed(
    folder: Path, recipe: type[Recipe], started: Settings, profile: str | None, given: dict[str, Any]
) -> Settings:
    """The settings with what may change on resuming; CourseError for what may not and is given otherwise."""
    specs = recipe.Settings.specs()
    asked_for = {name: specs[name].checked(value) for name, value in given.items()}
    if profile is not None:
        asked_for = {"profile": profile, **asked_for}
    others = {name: value for name, value in asked_for.items() if value != getattr(started, name)}
    refused = [name for name in others if name not in MAY_CHANGE]
    if refused:
        were = " and ".join(f"{name} was {getattr(started, name)!r}" for name in refused)
        become = " and ".join(repr(others[name]) for name in refused)
        they = "it" if len(refused) == 1 else "they"
        raise CourseError(f"{were} when {folder} was started: {they} cannot become {become} on resuming")
    return dataclasses.replace(started, **others)
