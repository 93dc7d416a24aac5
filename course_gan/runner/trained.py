"""A training's folder, read and never written: what it was started with, and its players with their weights."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course_gan.errors import CourseError
from course_gan.recipes import Recipe, Settings
from course_gan.runner.resuming import nothing_in, started_with
from course_gan.training import RunDirectory

ELSEWHERE = {
    "GAN": "course-gan sample {run} --out FILE.png",
    "Pix2Pix": "course-gan translate {run} PICTURE --out FOLDER",
    "CycleGAN": "course-gan translate {run} PICTURE --out FOLDER",
    "PatchStyle": "course-gan stylize PHOTO --style STYLE",
}


@dataclass(frozen=True)
class Trained:
    """The newest valid checkpoint of a run.

    folder: the run's. checkpoint: the file. recipe, settings: what it was started with. content: of the checkpoint.
    """

    folder: Path
    checkpoint: Path
    recipe: type[Recipe]
    settings: Settings
    content: dict[str, Any]

    @property
    def game_name(self) -> str:
        """The class of its game, as "GAN"."""
        return self.content["game"]["game"]

    @property
    def steps(self) -> int:
        """How many steps are made."""
        return self.content["game"]["steps"]

    def require(self, *games: str) -> None:
        """Raise CourseError, which names the command that fits, unless the game is one of these."""
        if self.game_name not in games:
            found = f"{self.folder} holds a run of lesson {self.recipe.lesson}, a {self.game_name}"
            other = ELSEWHERE.get(self.game_name)
            advice = f"use {other.format(run=self.folder)}" if other else f"this command is for {' and '.join(games)}"
            raise CourseError(f"{found}: {advice}")

    def build(self) -> Recipe:
        """The game with these weights, on the CPU, without its data; CourseError where they do not fit."""
        plainly = dataclasses.replace(self.settings, device="cpu", dtype="fp32", compile=False)
        recipe = self.recipe(plainly, with_data=False)
        try:
            recipe.game.load_state_dict(self.content["game"])
        except (ValueError, LookupError, TypeError, RuntimeError) as error:
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            raise CourseError(f"{self.checkpoint} does not fit: {reason}") from error
        return recipe


def opened(folder: Path) -> Trained:
    """The run in a folder. Only plain tensors are loaded, and nothing in it is changed.

    Raises CourseError, one line, for a folder that is missing or holds no run, and where no checkpoint of it is valid.
    """
    if not folder.is_dir():
        raise CourseError(f"there is no folder {folder}: name the folder of a training, as runs/03")
    directory = RunDirectory(folder, writer=False)
    content = directory.newest()
    if content is None:
        raise nothing_in(folder)
    checkpoint = directory.newest_path()
    game = content.get("game") if isinstance(content, dict) else None
    if not isinstance(game, dict) or not isinstance(game.get("game"), str) or not isinstance(game.get("steps"), int):
        raise CourseError(f"{checkpoint} holds no game of course_gan: it was saved by something else")
    recipe, settings = started_with(folder, content)
    return Trained(folder, checkpoint, recipe, settings, content)
