"""Click commands whose errors are one line each, whatever a person does wrong."""

import contextlib
import importlib.util
import os
import sys
import traceback
import warnings
from pathlib import Path

import click

from course_gan.console import say, speak_plainly
from course_gan.errors import CourseError
from course_gan.files import INSTALLED

_PACKAGE = Path(__file__).parent
_WITH_NOTEBOOKS = "pip install 'THE_WHEEL[notebooks]'" if INSTALLED else "pip install -e '.[notebooks]'"


class OneLine:
    """Makes a click command turn every error a person can cause into one line: status 1, or 2 for its words.

    With COURSE_GAN_DEBUG=1 in the environment the traceback stands before the line.
    """

    def main(self, *args, standalone_mode=True, **kwargs):
        speak_plainly()
        try:
            with _warnings_as_lines():
                status = super().main(*args, standalone_mode=False, **kwargs)
        except click.UsageError as error:
            of = f"{error.ctx.command_path} --help" if error.ctx else "course-gan --help"
            _tell(f"{error.format_message()} (see {of})")
            sys.exit(2)
        except click.Abort:
            _tell("interrupted")
            sys.exit(130)
        if standalone_mode:
            sys.exit(status)
        return status

    def invoke(self, context):
        try:
            return super().invoke(context)
        except CourseError as error:
            _trace()
            _tell(str(error))
            context.exit(1)
        except ModuleNotFoundError as error:
            if (error.name or "").split(".")[0] == "course_gan":
                raise
            _tell(_missing(error.name))
            context.exit(1)
        except BrokenPipeError:  # click ends silently: nobody reads on
            raise
        except OSError as error:
            _trace()
            what = f"{error.filename}: " if error.filename is not None else ""
            _tell(f"{what}{error.strerror or error}")
            _forget_unwritten()
            context.exit(1)


@contextlib.contextmanager
def _warnings_as_lines():
    """Inside, what the course warns of is a line for a person, without the place in the code."""
    with warnings.catch_warnings():
        show = warnings.showwarning

        def tell(message, category, filename, *more):
            if Path(filename).is_relative_to(_PACKAGE):
                _tell(str(message))
            else:
                show(message, category, filename, *more)

        warnings.showwarning = tell
        yield


def _tell(text: str) -> None:
    say(f"course-gan: {text}", sys.stderr)


def _trace() -> None:
    """Where it went wrong, for whoever wants to know."""
    if os.environ.get("COURSE_GAN_DEBUG", "0") not in ("", "0"):
        traceback.print_exc()


def _forget_unwritten() -> None:
    """Let Python not try again at its end, with a traceback, to write what a full disk did not take."""
    try:
        sys.stdout.flush()
    except OSError:
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _missing(package: str) -> str:
    return f"this command needs the package {package!r}: install the notebooks extra (`{_WITH_NOTEBOOKS}`)"


def require(*packages: str) -> None:
    """Raise CourseError, which says how to install it, for the first of these packages that is missing."""
    for package in packages:
        if importlib.util.find_spec(package) is None:
            raise CourseError(_missing(package))
