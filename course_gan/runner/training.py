"""What `course-gan train` does: a lesson's game in a run directory, with a log, samples, and a way back in."""

import json
import os
import sys
from contextlib import closing
from pathlib import Path
from typing import IO, Any

from course_gan.errors import CourseError
from course_gan.files import write_whole
from course_gan.recipes import Recipe, build, settings
from course_gan.training import RunDirectory, train

MAY_CHANGE = ("steps", "device", "dtype", "compile")  # on resuming; all else would make it another run


def run(
    lesson: str,
    profile: str = "cpu",
    out: str | Path = "run",
    resume: bool = False,
    overrides: dict[str, Any] | None = None,
    progress: bool = True,
) -> Recipe:
    """Train a lesson's game and keep checkpoints, settings.json, log.jsonl and samples/ in the folder `out`.

    resume: go on from the newest valid checkpoint with the settings of the first start; settings given again may only
        change steps and device. Without it a folder that holds a run is refused.
    overrides: settings by name, upper or lower case. progress: a bar and messages on stderr.
    Raises CourseError for whatever a person can mend; KeyboardInterrupt after Ctrl-C and SystemExit(143) after SIGTERM,
    both after saving and after saying how to resume.
    """
    out, overrides = Path(out), {name.lower(): value for name, value in (overrides or {}).items()}
    lesson = settings(lesson, profile, **overrides).lesson  # refuses what is wrong before anything is written
    writer = int(os.environ.get("RANK", 0)) == 0  # the first of torchrun's processes
    try:
        with RunDirectory(out, writer=writer) as directory:
            if directory.checkpoints() and not resume:
                raise CourseError(f"{out} already holds a run: add --resume to go on, or choose another folder")
            if resume and (out / "settings.json").exists():
                overrides = _kept_settings(out, lesson, overrides)
                profile = overrides.pop("profile")
            recipe = build(lesson, profile, **overrides)
            directory.restore(recipe.game, recipe.batches)
            if writer:
                write_whole(out / "settings.json", json.dumps(recipe.settings.as_dict(), indent=2) + "\n")
            _train(recipe, directory, progress and writer)
    except OSError as error:
        raise CourseError(f"cannot write in {out}: {error.strerror}; make room or choose another folder") from error
    except (KeyboardInterrupt, SystemExit):
        if writer and directory.last_step:
            saved = f"stopped; step {directory.last_step} is saved"
            print(f"\n{saved}; go on with: course-gan train {lesson} --out {out} --resume", file=sys.stderr)
        raise
    return recipe


def _kept_settings(out: Path, lesson: str, overrides: dict[str, Any]) -> dict[str, Any]:
    """The settings a run was started with, changed where that is allowed."""
    try:
        kept = json.loads((out / "settings.json").read_text())
        first = kept.pop("lesson")
    except (OSError, ValueError, LookupError) as error:
        raise CourseError(f"{out / 'settings.json'} cannot be read ({error}): put it back or start anew") from error
    if first != lesson:
        raise CourseError(f"{out} holds a run of lesson {first}, not of {lesson}: choose another folder")
    given = {name: value for name, value in overrides.items() if value is not None}
    for name in given.keys() & kept.keys() - set(MAY_CHANGE):
        if json.loads(json.dumps(given[name])) != kept[name]:
            found = f"{name} was {kept[name]!r} when {out} was started"
            raise CourseError(f"{found}: it cannot become {given[name]!r} on resuming")
    return kept | given


def _train(recipe: Recipe, directory: RunDirectory, progress: bool) -> None:
    from tqdm import tqdm

    game, out, start = recipe.game, directory.path, recipe.game.steps
    every = max(10, recipe.steps // 20)  # steps between two checkpoints and two pictures
    log_every = max(1, recipe.steps // 200)
    bar = tqdm(total=recipe.steps, initial=start, unit="step", disable=not progress)
    records = train(game, recipe.batches, recipe.steps - start, directory, every)
    if not directory.writer:
        for _ in records:
            pass
        return
    with bar, closing(records), _reopened_log(out / "log.jsonl", start) as log:
        for record in records:
            bar.update()
            last = record.step == recipe.steps
            if last or record.step % log_every == 0:
                values = {name: float(value) for name, value in record.values.items()}
                log.write(json.dumps({"step": record.step, "seconds": round(record.seconds, 3), **values}) + "\n")
                log.flush()
                bar.set_postfix({name: f"{value:.3g}" for name, value in values.items() if name.endswith("_loss")})
            if last or record.step % every == 0:
                _picture(recipe, out / "samples" / f"step-{record.step:08d}.png")


def _reopened_log(path: Path, step: int) -> IO[str]:
    """The log, without the lines that an interrupted run wrote after the checkpoint it is resumed from."""
    lines = path.read_text().splitlines(keepends=True) if path.exists() else []
    path.write_text("".join(line for line in lines if line.endswith("}\n") and json.loads(line)["step"] <= step))
    return path.open("a")


def _picture(recipe: Recipe, path: Path) -> None:
    from course_gan import plots

    samples = recipe.preview()
    path.parent.mkdir(exist_ok=True)
    figure = plots.scatter(None, samples) if samples.ndim == 2 else plots.image_grid(samples, recipe.columns)
    figure.savefig(path)
