"""Digests: a page is stale when code that it runs has changed, and for nothing else; equal under every Python."""

import importlib
import shutil
import subprocess
import sys

import pytest

from course_gan.catalogue import lessons
from course_gan.files import ROOT
from workshop import digests

LESSON = """# %%
from course_gan import data, plots
from course_gan.recipes import build

letters = data.glyphs(32)
recipe = build("03", "smoke")
"""


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A copy of the library under a root of its own, and the digests of a lesson there."""
    shutil.copytree(ROOT / "course_gan", tmp_path / "course_gan", ignore=shutil.ignore_patterns("__pycache__"))
    for room in ("checkpoints", "results"):
        (tmp_path / room).mkdir()
    source = tmp_path / "lesson.py"
    source.write_text(LESSON)
    monkeypatch.setattr(digests, "ROOT", tmp_path)

    class Checkout:
        root = tmp_path

        def change(self, file, old, new):
            path = tmp_path / file
            text = path.read_text(encoding="utf-8")
            assert old in text
            path.write_text(text.replace(old, new, 1), encoding="utf-8")

        def digests(self, text=None):
            if text is not None:
                source.write_text(text)
            digests._module.cache_clear()
            return digests.of_lesson(source)

    yield Checkout()
    digests._module.cache_clear()


def test_names_are_followed_to_the_files_that_define_them(checkout):
    found = checkout.digests()
    for file in ("data/typefaces.py", "recipes/dcgan.py", "models/dcgan.py", "training/gan.py", "losses.py"):
        assert f"course_gan/{file}" in found
    for file in ("recipes/pix2pix.py", "models/pix2pix.py", "panels/__init__.py", "cli.py", "errors.py"):
        assert f"course_gan/{file}" not in found


def test_a_module_that_its_package_imports_is_followed_and_ends(checkout):
    (checkout.root / "course_gan" / "data" / "moon.py").write_text(
        "def crater():\n    return 1\n\n\ndef sea():\n    return 2\n"
    )
    export = "from course_gan.data import moon\n"
    checkout.change("course_gan/data/__init__.py", "from course_gan.data.base", f"{export}from course_gan.data.base")
    text = "# %%\nfrom course_gan import data\n\ndata.moon.crater()\n"
    before = checkout.digests(text)
    assert "course_gan/data/moon.py" in before
    checkout.change("course_gan/data/moon.py", "return 2", "return 3")
    assert checkout.digests() == before
    checkout.change("course_gan/data/moon.py", "return 1", "return 4")
    assert checkout.digests() != before


def test_what_a_page_does_not_use_may_change(checkout):
    before = checkout.digests()
    checkout.change("course_gan/data/__init__.py", '"""', '"""A new export. ')
    (checkout.root / "course_gan" / "data" / "another.py").write_text("def another():\n    return 1\n")
    export = "from course_gan.data.another import another\n"
    checkout.change("course_gan/data/__init__.py", "from course_gan.data.base", f"{export}from course_gan.data.base")
    checkout.change("course_gan/data/typefaces.py", "def glyphs(", "def unused():\n    return 3\n\n\ndef glyphs(")
    checkout.change("course_gan/data/typefaces.py", "def glyphs(", "# a comment\ndef glyphs(")
    checkout.change("course_gan/errors.py", "class CourseError", "# a comment\nX = 1\n\n\nclass CourseError")
    assert checkout.digests() == before


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("data/typefaces.py", "_CAPITAL = 0.62", "_CAPITAL = 0.63"),
        ("recipes/dcgan.py", '"lr": 4e-4', '"lr": 5e-4'),
        ("training/average.py", "(1 + updates) / (10 + updates)", "(1 + updates) / (11 + updates)"),
        ("models/layers.py", "std: float = 0.02", "std: float = 0.03"),
    ],
)
def test_what_it_uses_may_not(checkout, file, old, new):
    before = checkout.digests()
    checkout.change(f"course_gan/{file}", old, new)
    after = checkout.digests()
    assert {name for name in before if before[name] != after[name]} == {f"course_gan/{file}"}


def test_a_definition_that_moved_is_the_same(checkout):
    before = checkout.digests()
    (checkout.root / "course_gan/models/dcgan.py").rename(checkout.root / "course_gan/models/deep.py")
    checkout.change("course_gan/models/__init__.py", "course_gan.models.dcgan", "course_gan.models.deep")
    after = checkout.digests()
    assert before != after
    assert sorted(before.values()) == sorted(after.values())


def test_shipped_files_that_the_code_names_count(checkout):
    (checkout.root / "results" / "99_study.json").write_text("{}")
    (checkout.root / "checkpoints" / "99_painter.pt.sha256").write_text("1")
    text = '# %%\nfrom course_gan.models import load_weights\n\nload_weights("99_painter")\nopen("99_study.json")\n'
    before = checkout.digests(text)
    assert {"results/99_study.json", "checkpoints/99_painter.pt.sha256"} <= set(before)
    (checkout.root / "checkpoints" / "99_painter.pt.sha256").write_text("2")
    changed = checkout.digests()
    assert {name for name in before if before[name] != changed[name]} == {"checkpoints/99_painter.pt.sha256"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x = 1  # a comment\n", "x = 1\n"),
        ('def f():\n    """Says."""\n    return 1\n', "def f():\n\n    return 1\n"),
        ("import os\nfrom a.b import c\nx = c\n", "from d import (\n    c,\n)\nx = c\n"),
        ('x = "# no comment"\n', 'x = "# no comment"  # one\n'),
    ],
)
def test_comments_docstrings_and_imports_do_not_count(one, other):
    assert digests.bare(one) == digests.bare(other)


def test_what_counts_is_the_text():
    assert digests.bare('x = f"{a!r:>{w}}"  # c\n') == 'x = f"{a!r:>{w}}"'
    assert digests.bare("x = 1\n") != digests.bare("x = 2\n")


def test_the_bounds_of_a_claim_do_not_decide_its_value(tmp_path):
    def of(text):
        source = tmp_path / "lesson.py"
        source.write_text(f"# %%\nfrom course_gan.page import claim\n{text}\n")
        return digests.of_values(source)

    first = of('é = 2\nclaim("é", f(é), 1, 2); y = 3')
    assert first == of('é = 2\nclaim("é", f(é),\n    0,\n    9, exact=True); y = 3')
    assert first != of('é = 2\nclaim("é", f(é) + 1, 1, 2); y = 3')
    assert first != of('é = 2\nclaim("é", f(é), 1, 2); y = 4')


def test_every_python_at_hand_finds_the_same_digests():
    """`make test PYTHON=…` runs this under each; where others are on PATH, the text alone is compared right here."""
    text = (ROOT / "workshop" / "digests.py").read_text(encoding="utf-8")
    probe = (
        "import ast, hashlib, io, sys, tokenize\n"
        + text[text.index("def bare(") : text.index("@dataclass")]
        + "\nDEFINITIONS = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef\n"
        "print(hashlib.sha256(bare(sys.stdin.read()).encode()).hexdigest())\n"
    )
    code = "\n".join(digests.code_of(lesson.source) for lesson in lessons())
    found = set()
    for python in {sys.executable, *(shutil.which(f"python3.{minor}") for minor in (11, 12, 13, 14))} - {None}:
        run = subprocess.run([python, "-c", probe], input=code, capture_output=True, text=True)
        if run.returncode == 0:  # a shim of a version that is not installed
            found.add(run.stdout)
    assert len(found) == 1


def test_every_recipe_module_can_be_imported_by_its_digest_name():
    for module, name in digests._recipes().values():
        assert hasattr(importlib.import_module(module), name)
