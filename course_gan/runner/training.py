"""What `course-gan train` does: a lesson's game in a run directory, with a log, samples, and a way back in."""

import io
import json
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import IO, Any

from course_gan.console import say
from course_gan.errors import CourseError
from course_gan.marker import named
from course_gan.own_folder import OwnFolder
from course_gan.recipes import Recipe, recipe_of
from course_gan.runner import own_source
from course_gan.runner.animation import animated
from course_gan.runner.ending import Course
from course_gan.runner.resuming import FILE, Resumed, asked, nothing_to_resume, plain, taken_up
from course_gan.runner.training_log import reopened, set_aside_rest
from course_gan.training import RunDirectory, train


def run(
    lesson: str,
    profile: str | None = None,
    out: str | Path = "run",
    resume: bool = False,
    overrides: dict[str, Any] | None = None,
    progress: bool = True,
) -> Recipe:
    """Train a lesson's game and keep checkpoints, settings.json, log.jsonl and samples/ in the folder `out`.

    At the end samples/animation.webp shows the samples one after another.

    profile: None is "cpu", and on resuming the run's own.
    resume: go on from the newest valid checkpoint with the settings of the first start, which are in it; settings
        given again may only change steps, device, dtype, compile, and where the same pictures are. Without it a
        folder that holds a run is refused.
    overrides: settings by name, upper or lower case; None is a value too. progress: a bar on stderr.
    Raises CourseError, one line, for whatever a person can mend, and for any other error in the middle of the training
    too: then after saving, and with how to go on. KeyboardInterrupt after Ctrl-C and SystemExit(143) after SIGTERM
    come after saving and saying how to go on.
    """
    out = named(str(out))
    given = {name.lower(): value for name, value in (overrides or {}).items()}
    recipe_class = recipe_of(lesson)
    chosen = asked(
        recipe_class, "cpu" if profile is None else profile, given
    )  # refuses what is wrong before anything is written
    writer = int(os.environ.get("RANK", 0)) == 0  # the first of torchrun's processes
    directory = RunDirectory(out, writer=writer)
    if resume and not directory.checkpoints():
        raise nothing_to_resume(out)
    _refuse_a_run(directory, resume)  # before anything is touched
    course = Course(directory, recipe_class.lesson)
    try:
        if not resume:
            directory.prove()
            recipe = recipe_class(chosen)  # before the folder is made: pictures may be missing
        with _entered(directory):
            _refuse_a_run(directory, resume)  # which came meanwhile
            resumed = taken_up(directory, recipe_class, profile, given) if resume else None
            if resumed:
                recipe = recipe_class(resumed.settings)
            directory.restore(recipe.game, recipe.batches)
            if _is_all_made(recipe, directory, resumed):
                return recipe
            _describe(recipe, directory, resumed)
            _train(recipe, course, progress and writer)
    except (KeyboardInterrupt, SystemExit):
        if writer:
            say(f"\nstopped; {course.way_on()}", sys.stderr)
        raise
    except BrokenPipeError:  # nobody listens any more
        raise
    except Exception as error:
        if isinstance(error, CourseError) and not course.has_begun:
            raise
        raise course.ended_by(error) from error
    return recipe


def _refuse_a_run(directory: RunDirectory, resume: bool) -> None:
    if directory.checkpoints() and not resume:
        raise CourseError(f"{directory.path} already holds a run: add --resume to go on, or choose another folder")


@contextmanager
def _entered(directory: RunDirectory) -> Iterator[None]:
    with ExitStack() as stack:
        with _writing(directory.path):
            stack.enter_context(directory)
        yield


@contextmanager
def _writing(out: Path) -> Iterator[None]:
    """Inside, an OSError is one of writing in the folder."""
    try:
        yield
    except OSError as error:
        raise CourseError(f"cannot write in {out}: {error.strerror}; make room or choose another folder") from error


def _is_all_made(recipe: Recipe, directory: RunDirectory, resumed: Resumed | None) -> bool:
    """Whether a run is at its end already; if so, that is said and nothing is written."""
    if resumed is None or resumed.made < recipe.steps:
        return False
    if directory.writer:
        resumed.tell(directory.path, keep=False)
        say(f"all {resumed.made} steps are made: give more with -p steps M", sys.stderr)
    return True


def _describe(recipe: Recipe, directory: RunDirectory, resumed: Resumed | None) -> None:
    """Give the settings to the checkpoints, and write settings.json for people."""
    directory.settings = plain(recipe.settings)
    listing = recipe.listing
    if listing is not None:
        directory.source = own_source.kept(listing)
    if resumed and resumed.is_changed:
        directory.save(recipe.game, recipe.batches)  # at once: a kill must not bring the old settings back
    if not directory.writer:
        return
    with _writing(directory.path):
        directory.folder.note("log.jsonl")
        directory.folder.take_over(FILE)
        if resumed:
            resumed.tell(directory.path, keep=True)
        else:
            set_aside_rest(directory.path)
        directory.folder.put(FILE, json.dumps(recipe.settings.as_dict(), indent=2) + "\n")
        if listing is not None:
            directory.folder.put(own_source.FILE, own_source.named(listing))
    if recipe.about:
        say(recipe.about, sys.stderr)


def _train(recipe: Recipe, course: Course, progress: bool) -> None:
    from tqdm import tqdm

    game = recipe.game
    directory = course.directory
    start = recipe.game.steps
    every = max(10, recipe.steps // 20)  # steps between two checkpoints and two pictures
    log_every = max(1, recipe.steps // 200)
    bar = tqdm(total=recipe.steps, initial=start, unit="step", disable=not progress)
    records = train(game, recipe.batches, recipe.steps - start, directory, every)
    if not directory.writer:
        for _ in course.steps(records, game):
            pass
        return
    with bar, closing(records), _log(directory.path, start, every) as log:
        for record in course.steps(records, game):
            bar.update()
            last = record.step == recipe.steps
            if last or record.step % log_every == 0:
                values = {name: float(value) for name, value in record.values.items()}
                line = json.dumps({"step": record.step, "seconds": round(record.seconds, 3), **values})
                with _writing(directory.path):
                    log.write(f"{line}\n")
                    log.flush()
                bar.set_postfix({name: f"{value:.3g}" for name, value in values.items() if name.endswith("_loss")})
            if last or record.step % every == 0:
                with _writing(directory.path):
                    _picture(recipe, directory.folder, f"samples/step-{record.step:08d}.png")
            if last:
                with _writing(directory.path):
                    _animation(directory)


@contextmanager
def _log(out: Path, start: int, every: int) -> Iterator[IO[str]]:
    log = reopened(out / "log.jsonl", start, every)
    try:
        yield log
    finally:
        with _writing(out):  # what a full disk did not take is tried again
            log.close()


def _animation(directory: RunDirectory) -> None:
    """All pictures of the run one after another, beside them."""
    pictures = sorted((directory.path / "samples").glob("step-*.png"))
    try:
        content = animated(pictures)
    except OSError as error:  # a picture that somebody changed is no reason to fail at the end of a training
        say(f"no animation was made of samples/: {error}", sys.stderr)
        return
    directory.folder.put("samples/animation.webp", content)


def _picture(recipe: Recipe, folder: OwnFolder, name: str) -> None:
    from course_gan import plots

    samples = recipe.preview()
    figure = plots.scatter(None, samples) if samples.ndim == 2 else plots.image_grid(samples, recipe.columns)
    png = io.BytesIO()
    figure.savefig(png, format="png")
    folder.put(name, png.getvalue())
