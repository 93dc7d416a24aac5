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
@click.option("--out", type=_Folder(), help="Folder of the run.  [default: runs/NUMBER]")
@click.option("--profile", help=f"{_COST}  [default: smoke; with --resume the run's own]")
@_parameter
@click.option("--resume", is_flag=True, help="Go on from the newest valid checkpoint in the folder.")
@click.option("--settings", "describe", is_flag=True, help="Only show the settings: values, ranges, what they are.")
def train(lesson, out, profile, pairs, resume, describe):
    """Train a lesson's game without Jupyter: checkpoints, samples as PNG and an animation, log.jsonl in the folder.

    LESSON is the number (3, 03) or the name (03_dcgan, dcgan) of one that has a game; for any other you are told
    those that have. Ctrl-C saves first; with --resume the run goes on and ends as it would have without the
    interruption. An error in the middle saves first, too, and is one line; with COURSE_GAN_DEBUG=1 in the environment
    its traceback is shown.
    """
    from course_gan.catalogue import number_of
    from course_gan.recipes import described
    from course_gan.runner.training import run as run_training

    overrides = _parameters(pairs, fold=True)
    if describe:
        if overrides or resume or out:
            raise click.UsageError(
                "--settings only shows: leave out -p, --out and --resume", click.get_current_context()
            )
        say(described(lesson, "smoke" if profile is None else profile))
        return
    if profile is None and not resume:
        profile = "smoke"
    folder = out or Path("runs") / number_of(lesson)
    try:
        run_training(lesson, profile, folder, resume, overrides)
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
