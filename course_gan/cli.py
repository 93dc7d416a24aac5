"""The `course-gan` command: thin hands on tested functions; every error a person can cause is one line."""

import ast
import os
import sys
from pathlib import Path

import click
from click.core import ParameterSource

from course_gan import marker
from course_gan.catalogue import PROFILES
from course_gan.console import say
from course_gan.errors import CourseError
from course_gan.one_line import OneLine, require


class _Group(OneLine, click.Group):
    pass


@click.group(cls=_Group, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.pass_context
def main(context):
    """The GAN course from the command line: run its lessons, train their models, see your progress."""
    if context.invoked_subcommand is None:
        say(context.get_help())


def _value(text: str):
    """Read a parameter's value as Python writes it (3, 2e-4, True, None), else as the text it is."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return text


def _parameters(pairs, fold=False) -> dict:
    """The parameters by name, each of which may be said once; fold: whether upper and lower case mean the same."""
    found = {}
    for name, text in pairs:
        key = name.lower() if fold else name
        if key in found:
            raise click.UsageError(f"-p {name} is given twice: give it once", click.get_current_context())
        found[key] = _value(text)
    return found


def _refuse_words(line: str):
    """Raise the error for words that do not go together."""
    raise click.UsageError(line, click.get_current_context())


class _Folder(click.ParamType):
    """A folder that a person names; blank, as an unset variable leaves it, is not the working directory."""

    name = "path"

    def convert(self, value, param, context):
        return marker.named(value) if isinstance(value, str) else value


_COST = f"How much it may cost: {', '.join(PROFILES)}."
_profile = click.option("--profile", default="smoke", show_default=True, help=_COST)
_PAIR = {"nargs": 2, "multiple": True, "metavar": "NAME VALUE", "help": "Set a parameter; may be repeated."}
_parameter = click.option("-p", "pairs", **_PAIR)


@main.command()
@click.argument("lesson", nargs=-1)
@_profile
@click.option("--jobs", default=1, show_default=True, type=click.IntRange(1, 64), help="Lessons that share the cores.")
@click.option("--out", default="build/run", show_default=True, type=_Folder(), help="Folder to write.")
@_parameter
@click.option("--resume", is_flag=True, help="Keep what an earlier run into the same folder finished.")
@click.option("--timeout", type=click.FloatRange(min=1), help="Seconds a lesson may take.  [default: by profile]")
def run(lesson, profile, jobs, out, pairs, resume, timeout):
    """Run lessons headless: executed notebooks, HTML and index.html.

    LESSON is a number (3, 03), a name (03_dcgan, dcgan) or the path of a notebook; all lessons where none is given.
    Exit status 1 if a lesson failed, 130 if interrupted.
    """
    from course_gan.catalogue import choose
    from course_gan.runner.run import run as run_lessons

    require("ipykernel", "nbconvert", "papermill", "psutil")  # in processes of their own they would be missed late
    chosen = choose(lesson)
    if resume and not (out / "run.json").exists():
        say(f"nothing to resume in {out}: every lesson is run", sys.stderr)
    try:
        how = {"profile": profile, "jobs": jobs, "out": out, "resume": resume, "timeout": timeout}
        outcomes = run_lessons(chosen, parameters=_parameters(pairs), **how)
    except KeyboardInterrupt:
        kept = f"what is finished is kept in {out}; go on with the same command and --resume"
        say(f"\ninterrupted; {kept}", sys.stderr)
        sys.exit(130)
    failed = [o for o in outcomes if o.status != "ok"]
    for outcome in failed:
        say(f"FAILED {outcome}", sys.stderr)
    say(f"{len(outcomes) - len(failed)} of {len(outcomes)} lessons ran to their end; open {out / 'index.html'}")
    sys.exit(1 if failed else 0)


@main.command()
@click.argument("lesson")
@click.option(
    "--data", "folder", type=_Folder(), help="Folder of your own pictures (03, 04), pairs (07), domains (08)."
)
@click.option("--size", type=int, help="Height and width in pixels to which they are brought.")
@click.option("--preview", help="File to write, .png: what the networks will see. Nothing is trained.")
@click.option("--out", type=_Folder(), help="Folder of the run.  [default: runs/NUMBER]")
@click.option("--profile", help=f"{_COST}  [default: smoke; with --data cpu; with --resume the run's own]")
@_parameter
@click.option("--resume", is_flag=True, help="Go on from the newest valid checkpoint in the folder.")
@click.option("--settings", "describe", is_flag=True, help="Only show the settings: values, ranges, what they are.")
def train(lesson, folder, size, preview, out, profile, pairs, resume, describe):
    """Train a lesson's game without Jupyter: checkpoints, samples as PNG and an animation, log.jsonl in the folder.

    LESSON is the number (3, 03) or the name (03_dcgan, dcgan) of one that has a game; for any other you are told
    those that have. Ctrl-C saves first; with --resume the run goes on and ends as it would have without the
    interruption. An error in the middle saves first, too, and is one line; with COURSE_GAN_DEBUG=1 in the environment
    its traceback is shown.

    Your own pictures: a folder, with folders in it or without. Pairs are files with A left and B right, or two folders
    A and B of equal names; domains are two folders trainA and trainB, or A and B.
    """
    from course_gan.catalogue import number_of
    from course_gan.recipes import described
    from course_gan.runner.own_source import overrides as with_own
    from course_gan.runner.previewing import previewed
    from course_gan.runner.training import run as run_training

    given = _parameters(pairs, fold=True)
    if describe:
        if given or resume or out or folder or size is not None or preview is not None:
            _refuse_words("--settings only shows: leave out -p, --data, --size, --preview, --out and --resume")
        say(described(lesson, "smoke" if profile is None else profile))
        return
    if preview is not None and (resume or out):
        _refuse_words("--preview only shows: leave out --out and --resume")
    if profile is None and not resume:
        profile = "smoke" if folder is None else "cpu"
    given = with_own(lesson, folder, size, given)
    if preview is not None:
        say(previewed(lesson, profile, preview, given))
        return
    try:
        run_training(lesson, profile, out or Path("runs") / number_of(lesson), resume, given)
    except KeyboardInterrupt:  # the run has said how to go on
        sys.exit(130)


@main.command()
@click.argument("lesson", nargs=-1)
@click.option("--dir", "folder", default="my", show_default=True, type=_Folder(), help="Your copy.")
@click.pass_context
def progress(context, lesson, folder):
    """Show which exercise items pass, as the last check of each found.

    LESSON is a number (3, 03) or a name (03_dcgan, dcgan, clinic); all exercises where none is given.
    """
    from course_gan.grading import record

    if context.get_parameter_source("folder") is not ParameterSource.DEFAULT and not folder.is_dir():
        raise CourseError(f"there is no folder {folder}: name the one that `course-gan lab --dir` made")
    say(record.table(record.read(folder), list(lesson)))
    if trouble := record.trouble(folder):
        say(trouble, sys.stderr)


@main.command()
@click.option("--dir", "folder", type=_Folder(), help="Your copy.  [default: the one you are in, else my]")
@click.option("--lesson", "lessons", multiple=True, help="Ask about this lesson, finished or not; may be repeated.")
@click.option("-n", "--questions", "count", default=5, show_default=True, type=click.IntRange(1, 50), help="At most.")
@click.option("--due", is_flag=True, help="Only say how many are due, and of which lessons.")
def review(folder, lessons, count, due):
    """Answer short questions from lessons that you have finished: two minutes, spaced over days and months.

    A lesson is finished when at least half of the items of its exercise pass (see `course-gan progress`). A question
    that you answer rightly comes back after 2 days, then 11, then 46, and so on; one that you do not, tomorrow. Your
    answers are kept in review.json in your copy. Ctrl-C ends a sitting and keeps them.
    """
    from course_gan.grading import record
    from course_gan.review import answers, sitting

    if folder is not None and not folder.is_dir():
        raise CourseError(f"there is no folder {folder}: name the one that `course-gan lab --dir` made")
    folder = folder or sitting.usual_folder()
    if trouble := record.trouble(folder):
        say(trouble, sys.stderr)
    if due:
        if trouble := answers.trouble(folder):
            say(trouble, sys.stderr)
        say(sitting.due_line(folder, lessons))
        return
    if sitting.sit(folder, lessons, count, say).ended == "interrupted":
        sys.exit(130)


@main.command()
@click.option("--dir", "folder", default="my", show_default=True, type=_Folder(), help="Your copy.")
@click.option("--no-open", is_flag=True, help="Copy, but do not start JupyterLab.")
def lab(folder, no_open):
    """Copy the notebooks and exercises you do not have yet into `my/` and open JupyterLab there."""
    from course_gan.runner.learners_copy import copy_for_learner

    new = copy_for_learner(folder)
    say(f"{folder}: {len(new)} new files; what you already had is untouched")
    if no_open:
        return
    require("jupyterlab")
    os.execv(sys.executable, [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder.resolve()}"])


@main.command()
@click.argument("photo")
@click.option("--style", required=True, help="A style the course knows, or the path of a picture of your own.")
@click.option("--out", help="File to write, .png, .jpg or .webp.  [default: PHOTO in STYLE.png, in this folder]")
@click.option("--strength", default=1.0, show_default=True, type=float, help="From 0, the photo, to 1, the painting.")
@click.option("--size", default=512, show_default=True, type=int, help="Longest side of the result, 64 to 1024 pixels.")
def stylize(photo, style, out, strength, size):
    """Paint PHOTO in a style: one of the course's at once, that of any picture in a minute.

    Nothing is overwritten, and nothing leaves your machine.
    """
    from course_gan.runner.stylizing import stylized

    path, seconds = stylized(photo, style, out, strength, size)
    say(f"{path}: {photo} in the style of {style}, {seconds:.1f} seconds")


@main.command()
@click.argument("run", type=_Folder())
def info(run):
    """Show what the folder RUN of a training holds: lesson, data, steps, settings, players, losses. It is only read."""
    from course_gan.runner.describing import described

    say(described(run))


@main.command()
@click.argument("run", type=_Folder())
@click.option("-n", "count", default=64, show_default=True, type=int, help="How many.")
@click.option(
    "--out", required=True, help="A file (.png, .jpg, .webp) for one sheet, or a new folder for one PNG each."
)
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0, 2**31), help="Of the latents.")
def sample(run, count, out, seed):
    """Make new pictures by the generator that was trained in the folder RUN (lessons 03 and 04), which is only read."""
    from course_gan.runner.sampling import sampled

    say(f"{sampled(run, count, out, seed)}: {count} sample(s) of {run}")


@main.command()
@click.argument("run", type=_Folder())
@click.argument("source", metavar="IN", type=_Folder())
@click.option("--out", required=True, help="A new folder for one PNG each.")
@click.option("--direction", help="Of a CycleGAN: a_to_b or b_to_a.  [default: a_to_b]")
@click.option(
    "--size", default=1024, show_default=True, type=int, help="Longest side; larger pictures are made smaller."
)
def translate(run, source, out, direction, size):
    """Translate the picture IN, or all in the folder IN, by what was trained in the folder RUN (lessons 07 and 08)."""
    from course_gan.runner.translating import translated

    say(f"{out}: {translated(run, source, out, direction, size)} picture(s), translated by {run}")


@main.command("handed-in")
@click.argument("folder", default="grading/submitted", type=_Folder())
@click.option("--mend", "target", type=_Folder(), help="Copy all to this folder, put right where that is safe.")
@click.option("--grades", type=_Folder(), help="After autograde: nbgrader's grades.csv, to which to add a column look.")
def handed_in(folder, target, grades):
    """Look through a class's hand-ins before nbgrader grades them, or after: a line for each that needs a look.

    FOLDER holds STUDENT/NN_name/NN_name.ipynb  [default: grading/submitted]. Nothing of a hand-in is run or changed.
    Exit status 1 if anybody needs a look.
    """
    from course_gan.grading.handed_in import report

    if target and grades:
        raise click.UsageError("--mend is for before autograde, --grades for after it", click.get_current_context())
    if grades:
        needed = report.after(folder, grades, say)
    elif target:
        needed = report.copied(folder, target, say)
    else:
        needed = report.before(folder, say)
    sys.exit(1 if needed else 0)


if __name__ == "__main__":
    main(prog_name="course-gan")
