"""`make build`, or `.venv/bin/python -m workshop [LESSON …]`."""

import sys

import click
from tqdm import tqdm

from course_gan import catalogue as find
from course_gan.cli import OneLine
from workshop import exercises, notebooks


class _Command(OneLine, click.Command):
    pass


@click.command(cls=_Command)
@click.argument("lesson", nargs=-1)
@click.option("--force", is_flag=True, help="Build even what is current.")
@click.option("--check", is_flag=True, help="Only say what is stale; exit status 1 if anything is.")
@click.option("--threads", default=2, show_default=True, help="Computing threads; 1 where other work goes on.")
def main(lesson, force, check, threads):
    """Build notebooks/ from source/, executed under the cpu profile; solutions/ and exercises/, unexecuted.

    Only what is stale. LESSON is a number (03), a name (03_dcgan) or clinic; all where none is given.
    """
    stale, chosen = 0, find.choose(lesson)
    wanted = [e for e in find.exercises() if not lesson or e.name in {one.name for one in chosen}]
    for name, state in exercises.build(wanted, check).items():
        click.echo(f"{name}: exercise {state}{'' if check or state == 'current' else '; built'}")
        stale += state != "current"
    for one in chosen:
        state = notebooks.state(one)
        click.echo(f"{one.name}: {state}")
        if state == "current" and not force:
            continue
        stale += 1
        if not check:
            with tqdm(desc=one.name, unit="cell", leave=False, disable=None) as bar:

                def progress(done, cells, bar=bar):
                    bar.total = cells
                    bar.update(done - bar.n)

                seconds = notebooks.build(one, threads=threads, progress=progress)
            click.echo(f"{one.name}: built in {seconds:.0f} s")
    sys.exit(1 if check and stale else 0)


if __name__ == "__main__":
    sys.exit(main(prog_name="python -m workshop"))
