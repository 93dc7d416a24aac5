"""The README's commands are those that exist, and those that CI runs."""

import re
import shlex

import pytest
from click.testing import CliRunner
from PIL import Image

from course_gan.catalogue import lessons
from course_gan.cli import main
from course_gan.errors import CourseError
from course_gan.files import ROOT
from course_gan.runner import notebooks as notebook_files
from tests.unit import loaded
from workshop import syllabus

README = (ROOT / "README.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def recipe(target: str) -> str:
    """The commands of a make target, its variables filled in."""
    body = re.search(rf"^{target}:[^\n]*\n((?:\t.*\n)+)", MAKEFILE, re.MULTILINE)[1]
    text = " && ".join(line.strip().lstrip("@") for line in body.splitlines())
    text = text.replace("$(COURSE)", ".venv/bin/course-gan").replace("$(PYTHON)", "python3")
    return text.replace("$(PROFILE)", "smoke").replace("$(JOBS)", "2")


def test_the_lines_without_make_are_what_make_does():
    for target in ("run", "test"):
        assert f"    {recipe('setup')} && {recipe(target)}\n" in README


def test_ci_runs_the_readmes_command():
    assert re.search(r"^    make test ", README, re.MULTILINE)
    assert re.search(r"^make test\b", (ROOT / ".ci" / "run").read_text(), re.MULTILINE)
    assert ".ci/run" in (ROOT / ".github" / "workflows" / "test.yml").read_text()


def test_every_make_target_named_exists():
    for target in set(re.findall(r"\bmake ([a-z]+)\b", README)) - {"is"}:
        assert re.search(rf"^{target}:", MAKEFILE, re.MULTILINE), target


def test_every_command_and_option_named_exists():
    found = re.findall(r"course-gan ((?:run|train|info|sample|translate|lab|progress|review)\b[^#`\n&]*)", README)
    assert len(found) >= 4
    for line in found:
        command, *words = shlex.split(line)
        shown = CliRunner().invoke(main, [command, "--help"]).output
        for option in (word for word in words if word.startswith("-")):
            assert re.search(rf"(^|[ ,]){re.escape(option)}\b", shown, re.MULTILINE), f"{command} has no {option}"


def test_the_syllabus_links_every_lesson():
    for lesson in lessons():
        assert f"(notebooks/{lesson.notebook.name})" in README


def test_the_syllabus_states_the_times_of_the_committed_notebooks():
    """A stated time is that of the last build: between a half and twice of it, or within ten seconds."""
    for lesson in lessons():
        row = next(line for line in README.splitlines() if f"(notebooks/{lesson.notebook.name})" in line)
        stated, unit = re.search(r"\|\s*([\d.]+)\s*(s|min)\s*\|$", row).groups()
        seconds = float(stated) * (60 if unit == "min" else 1)
        built = notebook_files.read(lesson.notebook).metadata["course_gan"]["seconds"]
        assert seconds / 2 - 10 <= built <= seconds * 2 + 10, f"{lesson.name}: built in {built} s"


def test_pictures_named_exist_and_say_what_they_show():
    for words, path in re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", README):
        assert len(words) > 20
        assert (ROOT / path).is_file()


def test_the_table_of_lessons_is_what_the_lessons_say():
    assert syllabus.with_table(README) == README, "run `make build`"


def test_a_readme_without_the_tables_marks_is_one_line():
    with pytest.raises(CourseError, match=r"^README.md: the table's marks are missing; put back <!-- lessons"):
        syllabus.with_table("# A course\n")


def test_the_pictures_are_those_of_the_pages():
    script = loaded.script("front_pictures")
    for name, where in script.PICTURES.items():
        file = ROOT / "docs" / f"{name}.webp"
        assert f"(docs/{name}.webp)" in README
        assert file.read_bytes() == script.picture(*where), "run scripts/front_pictures.py"
        with Image.open(file) as picture:
            assert picture.width >= 640
    with pytest.raises(CourseError, match="no figure's caption begins with 'Nothing of the kind'"):
        script.picture("03", "Nothing of the kind")
