"""Build notebooks/ from source/: convert, execute under the cpu profile, and redo only what is stale."""

import ast
import hashlib
import platform
import tempfile
from importlib.metadata import version
from pathlib import Path

from course_gan.catalogue import Lesson
from course_gan.errors import CourseError
from course_gan.files import ROOT
from course_gan.runner import notebooks as notebook_files
from course_gan.runner.execute import TIMEOUTS, execute
from workshop import convert
from workshop.machine import machine

_PACKAGE = ROOT / "course_gan"


def state(lesson: Lesson) -> str:
    """Say in a word or a line what a lesson's notebook is: current, or why it has to be built."""
    if not lesson.notebook.exists():
        return "never built"
    built = notebook_files.read(lesson.notebook)
    if differing := convert.same_code(convert.to_notebook(lesson.source), built):
        return f"code differs from {lesson.source.relative_to(ROOT)} (cells {differing})"
    before, now = built.metadata.get("course_gan", {}).get("modules", {}), module_digests(lesson.source)
    changed = sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))
    return f"the library changed: {', '.join(changed)}" if changed else "current"


def build(lesson: Lesson, profile: str = "cpu", threads: int = 2, progress=lambda done, cells: None) -> float:
    """Execute a lesson's source into its notebook and return the seconds it took.

    The notebook is replaced only when every cell ran: raises CourseError, one line, where one did not.
    """
    notebook = convert.to_notebook(lesson.source)
    with tempfile.TemporaryDirectory(prefix="course-gan-build-") as scratch:
        source, target = Path(scratch) / "source.ipynb", Path(scratch) / "executed.ipynb"
        notebook_files.write(notebook, source)
        (Path(scratch) / "files").mkdir()
        outcome = execute(
            lesson.name, source, target, profile=profile, parameters={}, cwd=Path(scratch) / "files", threads=threads,
            timeout=TIMEOUTS[profile], progress=progress,
        )  # fmt: skip
        if outcome.status != "ok":
            raise CourseError(f"{outcome}; {lesson.notebook.name} was left as it was")
        executed = notebook_files.read(target)
    for cell, ran in zip(notebook.cells, executed.cells, strict=True):
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [_steady(o) for o in ran.outputs], ran.execution_count
    notebook.metadata["course_gan"] = {
        "source": hashlib.sha256(lesson.source.read_bytes()).hexdigest()[:16],
        "modules": module_digests(lesson.source),
        "profile": profile,
        "threads": threads,
        "seconds": round(outcome.seconds),
        "machine": machine(),
        "versions": {"python": platform.python_version(), **{p: version(p) for p in ("torch", "torchvision", "numpy")}},
    }
    notebook_files.write(notebook, lesson.notebook)
    return outcome.seconds


def module_digests(source: Path) -> dict[str, str]:
    """Return the digest of every module of the library that a source reaches, and of a script.py beside it.

    A digest is of the code alone: comments, docstrings and layout do not count.
    """
    found: dict[str, str] = {}
    waiting = sorted(_imports(convert_to_code(source)))
    waiting += ["script.py"] if source.with_name("script.py").exists() else []
    while waiting:
        name = waiting.pop()
        path = source.with_name(name) if name == "script.py" else _module_path(name)
        if name in found or path is None:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found[name] = hashlib.sha256(ast.dump(_without_docstrings(tree)).encode()).hexdigest()[:16]
        waiting.extend(_imports(tree))
    return dict(sorted(found.items()))


def convert_to_code(source: Path) -> ast.Module:
    """Return the syntax tree of a lesson's code cells."""
    cells = [c.source for c in convert.to_notebook(source).cells if c.cell_type == "code"]
    try:
        return ast.parse("\n".join(line for c in cells for line in c.splitlines() if not line.startswith(("%", "!"))))
    except SyntaxError as error:
        raise CourseError(f"{source}: is not Python ({error.msg}: {(error.text or '').strip()!r})") from None


def _imports(tree: ast.AST) -> set[str]:
    """Return the library's modules that code names, `from course_gan import plots` counted as course_gan.plots."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(a.name for a in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.update({node.module, *(f"{node.module}.{a.name}" for a in node.names)})
    return {n for n in names if n.split(".")[0] == "course_gan"}


def _module_path(name: str) -> Path | None:
    base = _PACKAGE.joinpath(*name.split(".")[1:])
    for path in (base / "__init__.py", base.with_suffix(".py")):
        if path.is_file():
            return path
    return None


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
    return tree


def _steady(output):
    """Drop what differs each time without meaning anything: execution counts stay, transient ids go."""
    output.pop("transient", None)
    return output
