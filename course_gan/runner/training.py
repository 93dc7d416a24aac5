"""What `course-gan train` does: a lesson's game in a run directory, with a log, samples, and a way back in."""

import io
import itertools
import json
import os
import sys
from contextlib import closing
from pathlib import Path
from typing import IO, Any

from course_gan.errors import CourseError
from course_gan.files import write_whole
from course_gan.marker import TRAINING, is_ours, named, quoted, set_aside
from course_gan.own_folder import OwnFolder
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
    out = named(str(out))
    overrides = {name.lower(): value for name, value in (overrides or {}).items()}
    lesson = settings(lesson, profile, **overrides).lesson  # refuses what is wrong before anything is written
    writer = int(os.environ.get("RANK", 0)) == 0  # the first of torchrun's processes
    directory = RunDirectory(out, writer=writer)
    if not is_ours(out, TRAINING):  # so that nothing is touched where an earlier version trained
        _refuse_a_run(directory, resume)
    try:
        with directory:
            _refuse_a_run(directory, resume)
            if resume and (out / "settings.json").exists():
                overrides = _kept_settings(out, lesson, overrides)
                profile = overrides.pop("profile")
            recipe = build(lesson, profile, **overrides)
            directory.restore(recipe.game, recipe.batches)
            if writer:
                directory.folder.note("log.jsonl")
                directory.folder.take_over("settings.json")
                if recipe.game.steps == 0:
                    _set_aside_rest(out)
                directory.folder.put("settings.json", json.dumps(recipe.settings.as_dict(), indent=2) + "\n")
            _train(recipe, directory, progress and writer)
    except OSError as error:
        raise CourseError(f"cannot write in {out}: {error.strerror}; make room or choose another folder") from error
    except (KeyboardInterrupt, SystemExit):
        if writer and directory.last_step:
            saved = f"stopped; step {directory.last_step} is saved"
            print(f"\n{saved}; go on with: course-gan train {lesson} --out {quoted(out)} --resume", file=sys.stderr)
        raise
    return recipe


def _refuse_a_run(directory: RunDirectory, resume: bool) -> None:
    if directory.checkpoints() and not resume:
        raise CourseError(f"{directory.path} already holds a run: add --resume to go on, or choose another folder")


def _set_aside_rest(out: Path) -> None:
    """Keep what is left of a run whose checkpoints are gone, under names of their own; say which."""
    log, samples = out / "log.jsonl", out / "samples"
    is_rest = (log.is_file() and log.stat().st_size) or (samples.is_dir() and any(samples.iterdir()))
    if not is_rest:
        return
    rest = [path for path in (log, samples, out / "settings.json") if os.path.lexists(path)]
    for number in itertools.count(1):
        aside = [path.with_name(f"{path.name}.{number}") for path in rest]
        if not any(os.path.lexists(path) for path in aside):
            break
    for path, new in zip(rest, aside, strict=True):
        path.rename(new)
    kept = ", ".join(path.name for path in aside)
    print(f"{out} held a run that no checkpoint is left of: the rest of it is kept as {kept}", file=sys.stderr)


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
    with bar, closing(records), _reopened_log(out / "log.jsonl", start, every) as log:
        for record in records:
            bar.update()
            last = record.step == recipe.steps
            if last or record.step % log_every == 0:
                values = {name: float(value) for name, value in record.values.items()}
                log.write(json.dumps({"step": record.step, "seconds": round(record.seconds, 3), **values}) + "\n")
                log.flush()
                bar.set_postfix({name: f"{value:.3g}" for name, value in values.items() if name.endswith("_loss")})
            if last or record.step % every == 0:
                _picture(recipe, directory.folder, f"samples/step-{record.step:08d}.png")


def _reopened_log(path: Path, step: int, every: int) -> IO[str]:
    """The log, without the lines that an interrupted run wrote after the checkpoint it is resumed from.

    One with lines that are no records, or with more than the `every` steps that an interruption can cost, is set aside
    and named. Raises CourseError naming a log that cannot be read.
    """
    try:
        data = path.read_bytes() if path.is_file() or not os.path.lexists(path) else None
    except FileNotFoundError:
        data = b""
    except OSError as error:
        raise CourseError(f"{path} cannot be read ({error.strerror}): mend that or move it away") from error
    *lines, last = (data or b"").decode(errors="replace").split("\n")
    records = [(line, _step_of(line)) for line in lines]
    if _step_of(last) is not None:  # else nothing, or what a kill cut off
        records.append((last, _step_of(last)))
    steps = [number for _, number in records if number is not None]
    is_damaged = data is None or len(steps) < len(records)
    if is_damaged or max(steps, default=0) > step + every:
        why = "is damaged" if is_damaged else f"goes beyond step {step}, from which the run goes on"
        aside = set_aside(path)
        print(f"{path} {why}: kept as {aside.name}; what can be used of it is in the new one", file=sys.stderr)
    kept = "".join(f"{line}\n" for line, number in records if number is not None and number <= step)
    if kept.encode() != data:
        write_whole(path, kept)
    return path.open("a", encoding="utf-8", newline="\n")


def _step_of(line: str) -> int | None:
    """The step of a record in the log; None of a line that is none."""
    try:
        step = json.loads(line)["step"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return None
    return step if isinstance(step, int) else None


def _picture(recipe: Recipe, folder: OwnFolder, name: str) -> None:
    from course_gan import plots

    samples = recipe.preview()
    figure = plots.scatter(None, samples) if samples.ndim == 2 else plots.image_grid(samples, recipe.columns)
    png = io.BytesIO()
    figure.savefig(png, format="png")
    folder.put(name, png.getvalue())
