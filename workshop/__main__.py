"""`make build`, or `.venv/bin/python -m workshop [LESSON …]`; and `… -m workshop new 06_conditional`."""

import sys

import click
from tqdm import tqdm

from course_gan import catalogue
from course_gan.files import ROOT
from course_gan.one_line import OneLine
from workshop import exercises, new, notebooks, syllabus


class _Build(OneLine, click.Command):
    pass


class _New(OneLine, click.Command):
    pass


@click.command(cls=_Build)
@click.argument("lesson", nargs=-1)
@click.option("--force", is_flag=True, help="Build even what is current.")
@click.option("--check", is_flag=True, help="Only say what is stale; exit status 1 if anything is.")
@click.option("--threads", default=2, show_default=True, help="Computing threads; 1 where other work goes on.")
def build(lesson, force, check, threads):
    """Build notebooks/ from source/, executed under the cpu profile; solutions/ and exercises/, unexecuted.

    Only what is stale; then the README's table of lessons. LESSON is a number (03), a name (03_dcgan) or clinic; all
    where none is given. `new 06_conditional` lays the files of a new lesson.
    """
    chosen = catalogue.choose(lesson)
    names = {one.name for one in chosen}
    wanted = [exercise for exercise in catalogue.exercises() if not lesson or exercise.name in names]
    stale = 0
    for name, state in exercises.build(wanted, check).items():
        done = "" if check or state == "current" else "; built"
        click.echo(f"{name}: exercise {state}{done}")
        stale += state != "current"
    for one in chosen:
        state = notebooks.state(one)
        click.echo(f"{one.name}: {state}")
        if state == "current" and not force:
            continue
        stale += 1
        if not check:
            _build_page(one, threads)
    if not check and syllabus.update():
        click.echo("README.md: table of lessons written")
    sys.exit(1 if check and stale else 0)


def _build_page(lesson: catalogue.Lesson, threads: int) -> None:
    with tqdm(desc=lesson.name, unit="cell", leave=False, disable=None) as bar:

        def progress(done: int, cells: int) -> None:
            bar.total = cells
            bar.update(done - bar.n)

        seconds = notebooks.build(lesson, threads=threads, progress=progress)
    click.echo(f"{lesson.name}: built in {seconds:.0f} s")


@click.command(cls=_New)
@click.argument("name")
@click.option("--title", default="A title", show_default=True, help="The heading of its page.")
@click.option("--game", is_flag=True, help="Lay a recipe too, for `course-gan train`.")
def lay(name, title, game):
    """Lay every file of a new lesson NAME (two digits and a word, 06_conditional), with its headings."""
    for path in new.lay(name, title, game):
        click.echo(path.relative_to(ROOT))
    click.echo(f"fill them in; then: python -m workshop {name[:2]}, and make test")


def main(words: list[str] | None = None):
    """`new …` lays a lesson, anything else builds."""
    words = sys.argv[1:] if words is None else words
    if words[:1] == ["new"]:
        return lay.main(words[1:], prog_name="python -m workshop new")
    return build.main(words, prog_name="python -m workshop")


if __name__ == "__main__":
    sys.exit(main())
