"""The `course-gan` command: thin hands on tested functions; every error a person can cause is one line."""

import ast
import importlib.util
import os
import sys
from pathlib import Path

import click

from course_gan import marker
from course_gan.catalogue import PROFILES
from course_gan.errors import CourseError
from course_gan.files import INSTALLED

_WITH_NOTEBOOKS = "pip install 'THE_WHEEL[notebooks]'" if INSTALLED else "pip install -e '.[notebooks]'"


class OneLine:
    """Makes a click command turn every error a person can cause into one line: status 1, or 2 for its words."""

    def main(self, *args, standalone_mode=True, **kwargs):
        try:
            status = super().main(*args, standalone_mode=False, **kwargs)
        except click.UsageError as error:
            of = f"{error.ctx.command_path} --help" if error.ctx else "course-gan --help"
            click.echo(f"course-gan: {error.format_message()} (see {of})", err=True)
            sys.exit(2)
        except click.Abort:
            click.echo("course-gan: interrupted", err=True)
            sys.exit(130)
        if standalone_mode:
            sys.exit(status)
        return status

    def invoke(self, context):
        try:
            return super().invoke(context)
        except CourseError as error:
            click.echo(f"course-gan: {error}", err=True)
            context.exit(1)
        except ModuleNotFoundError as error:
            if (error.name or "").split(".")[0] == "course_gan":
                raise
            click.echo(f"course-gan: {_missing(error.name)}", err=True)
            context.exit(1)


def _missing(package: str) -> str:
    return f"this command needs the package {package!r}: install the notebooks extra (`{_WITH_NOTEBOOKS}`)"


def _require(*packages: str) -> None:
    """Raise CourseError, which says how to install it, for the first of these packages that is missing."""
    for package in packages:
        if importlib.util.find_spec(package) is None:
            raise CourseError(_missing(package))


class _Group(OneLine, click.Group):
    pass


@click.group(cls=_Group, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.pass_context
def main(context):
    """The GAN course from the command line: run its lessons, train their models, see your progress."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


def _value(text: str):
    """Read a parameter's value as Python writes it (3, 2e-4, True, None), else as the text it is."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


def _parameters(pairs) -> dict:
    return {name: _value(text) for name, text in pairs}


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

    _require("ipykernel", "nbconvert", "papermill", "psutil")  # in processes of their own they would be missed late
    chosen = choose(lesson)
    try:
        how = {"profile": profile, "jobs": jobs, "out": out, "resume": resume, "timeout": timeout}
        outcomes = run_lessons(chosen, parameters=_parameters(pairs), **how)
    except KeyboardInterrupt:
        kept = f"what is finished is kept in {out}; go on with the same command and --resume"
        click.echo(f"\ninterrupted; {kept}", err=True)
        sys.exit(130)
    failed = [o for o in outcomes if o.status != "ok"]
    for outcome in failed:
        click.echo(f"FAILED {outcome}", err=True)
    click.echo(f"{len(outcomes) - len(failed)} of {len(outcomes)} lessons ran to their end; open {out / 'index.html'}")
    sys.exit(1 if failed else 0)


@main.command()
@click.argument("lesson")
@click.option("--out", type=_Folder(), help="Folder of the run.  [default: runs/NUMBER]")
@_profile
@_parameter
@click.option("--resume", is_flag=True, help="Go on from the newest valid checkpoint in the folder.")
@click.option("--settings", "describe", is_flag=True, help="Only show the settings: values, ranges, what they are.")
def train(lesson, out, profile, pairs, resume, describe):
    """Train a lesson's game without Jupyter: checkpoints, samples as PNG and log.jsonl in the folder.

    LESSON is the number (3, 03) or the name (03_dcgan, dcgan) of one that has a game; for any other you are told
    those that have. Ctrl-C saves first; with --resume the run goes on and ends as it would have without the
    interruption.
    """
    from course_gan.catalogue import number_of
    from course_gan.recipes import described
    from course_gan.runner.training import run as run_training

    if describe:
        click.echo(described(lesson, profile))
        return
    folder = out or Path("runs") / number_of(lesson)
    try:
        run_training(lesson, profile, folder, resume, _parameters(pairs))
    except KeyboardInterrupt:  # the run has said how to go on
        sys.exit(130)


@main.command()
@click.argument("lesson", nargs=-1)
@click.option("--dir", "folder", default="my", show_default=True, type=_Folder(), help="Your copy.")
def progress(lesson, folder):
    """Show which exercise items pass, as the last check of each found.

    LESSON is a number (3, 03) or a name (03_dcgan, dcgan, clinic); all exercises where none is given.
    """
    from course_gan.grading import record

    click.echo(record.table(record.read(folder), list(lesson)))
    if trouble := record.trouble(folder):
        click.echo(trouble, err=True)


@main.command()
@click.option("--dir", "folder", default="my", show_default=True, type=_Folder(), help="Your copy.")
@click.option("--no-open", is_flag=True, help="Copy, but do not start JupyterLab.")
def lab(folder, no_open):
    """Copy the notebooks and exercises you do not have yet into `my/` and open JupyterLab there."""
    from course_gan.runner.learners_copy import copy_for_learner

    new = copy_for_learner(folder)
    click.echo(f"{folder}: {len(new)} new files; what you already had is untouched")
    if no_open:
        return
    _require("jupyterlab")
    os.execv(sys.executable, [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder.resolve()}"])


if __name__ == "__main__":
    main(prog_name="course-gan")
