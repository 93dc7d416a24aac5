"""What a lesson's page depends on, as digests of text: equal under every Python, whatever comments and docstrings say.

From the names that a lesson's code uses we follow to the definitions in the library, and from those to the names that
they use. So a page is stale when code that it runs has changed, and not when something else in the same file has.
"""

import ast
import hashlib
import io
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from course_gan.errors import CourseError
from course_gan.files import ROOT
from workshop.convert import to_notebook

# They say where things are, and what is wrong; nothing that a page shows depends on them.
OVERLOOKED = tuple(f"course_gan.{name}" for name in ("errors", "files", "console", "marker", "own_folder", "catalogue"))
DEFINITIONS = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def digest(text: str) -> str:
    """Sixteen hexadecimal digits of a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def bare(text: str) -> str:
    """Python code without comments, docstrings, imports, blank lines and spaces at the ends of lines."""
    lines = text.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column]
    for node in ast.walk(ast.parse(text)):
        for row in _rows_without_effect(node):
            lines[row - 1] = ""
    return "\n".join(line.rstrip() for line in lines if line.strip())


def _rows_without_effect(node: ast.AST) -> range:
    """The lines of a node that is an import, or of the docstring of one that has one."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        return range(node.lineno, node.end_lineno + 1)
    if isinstance(node, ast.Module | DEFINITIONS) and ast.get_docstring(node, clean=False) is not None:
        return range(node.body[0].lineno, node.body[0].end_lineno + 1)
    return range(0)


@dataclass(frozen=True)
class Code:
    """A file of Python: its text, what its top level defines (name -> statements), what else stands there, and what
    its imports, wherever they are, bind (name -> module, and the name in it or None)."""

    path: Path
    text: str
    definitions: dict[str, list[ast.stmt]]
    loose: list[ast.stmt]
    imports: dict[str, tuple[str, str | None]]


def read_code(path: Path, text: str) -> Code:
    """Take a file apart; raises CourseError where it is no Python."""
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        found = (error.text or "").strip()
        raise CourseError(f"{path}: is not Python ({error.msg}: {found!r})") from None
    definitions: dict[str, list[ast.stmt]] = {}
    loose = []
    for statement in tree.body:
        names = _defined(statement)
        for name in names:
            definitions.setdefault(name, []).append(statement)
        if not names and not _is_import_or_docstring(statement):
            loose.append(statement)
    imports = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                imports[alias.asname or alias.name.split(".")[0]] = (alias.name, None)
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                imports[alias.asname or alias.name] = (node.module, alias.name)
    return Code(path, text, definitions, loose, imports)


def _is_import_or_docstring(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Constant)
    return isinstance(statement, ast.Import | ast.ImportFrom)


def _defined(statement: ast.stmt) -> list[str]:
    """The names that a statement of the top level gives a meaning to."""
    if isinstance(statement, DEFINITIONS):
        return [statement.name]
    if isinstance(statement, ast.Assign):
        targets = statement.targets
    elif isinstance(statement, ast.AugAssign | ast.AnnAssign):
        targets = [statement.target]
    else:
        return []
    return [node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)]


@cache
def _module(name: str) -> Code | None:
    """A module of the package, or None where there is none of this name."""
    if name.split(".")[0] != "course_gan":
        return None
    base = ROOT.joinpath(*name.split("."))
    for path in (base / "__init__.py", base.with_suffix(".py")):
        if path.is_file():
            return read_code(path, path.read_text(encoding="utf-8"))
    return None


class Reached:
    """The definitions of the package that are reached from some code."""

    def __init__(self) -> None:
        self.statements: dict[Path, dict[int, str]] = {}  # file -> line -> the definition's text

    def follow_all(self, code: Code) -> None:
        """Follow everything that a file of a lesson does."""
        for statement in ast.parse(code.text).body:
            self._follow(code, statement)

    def _visit(self, module: str, name: str) -> None:
        """Reach what a module calls by this name; "*" is all of it."""
        code = _module(module)
        if code is None or module in OVERLOOKED:
            return
        if name == "*":
            wanted = [*code.definitions]
        elif name in code.definitions:
            wanted = [name]
        else:
            if name in code.imports:
                source, inside = code.imports[name]
                if _is_submodule(module, name):
                    self._visit(f"{module}.{name}", "*")
                else:
                    self._visit(source, inside or "*")
            return
        for one in wanted:
            for statement in code.definitions[one]:
                self._reach(code, statement)
        for statement in code.loose:
            self._reach(code, statement)

    def _reach(self, code: Code, statement: ast.stmt) -> None:
        known = self.statements.setdefault(code.path, {})
        if statement.lineno in known:
            return
        decorators = getattr(statement, "decorator_list", [])
        first = min([statement.lineno, *(decorator.lineno for decorator in decorators)])
        lines = code.text.splitlines()[first - 1 : statement.end_lineno]
        known[statement.lineno] = bare("\n".join(lines))
        self._follow(code, statement)

    def _follow(self, code: Code, statement: ast.AST) -> None:
        for root, *rest in _names_used(statement):
            if root in code.definitions:
                for other in code.definitions[root]:
                    if code.path.suffix == ".py" and code.path.is_relative_to(ROOT / "course_gan"):
                        self._reach(code, other)
            elif root in code.imports:
                module, name = code.imports[root]
                chain = rest if name is None else [name, *rest]
                while chain and _is_submodule(module, chain[0]):
                    module = f"{module}.{chain[0]}"
                    chain = chain[1:]
                self._visit(module, chain[0] if chain else "*")

    def digests(self) -> dict[str, str]:
        """File -> digest of what is reached in it, in the order of the file."""
        found = {}
        for path, statements in self.statements.items():
            texts = [statements[row] for row in sorted(statements)]
            found[path.relative_to(ROOT).as_posix()] = digest("\n".join(texts))
        return found


def _is_submodule(module: str, name: str) -> bool:
    """Whether a package's attribute is the module in it of that name, and not something that hides it."""
    code = _module(module)
    if _module(f"{module}.{name}") is None or code is None or name in code.definitions:
        return False
    bound = code.imports.get(name)
    return bound in (None, (module, name), (f"{module}.{name}", None))


def _names_used(node: ast.AST) -> Iterator[list[str]]:
    """Every name in a piece of code, with the attributes that are taken of it: data.glyphs as ["data", "glyphs"]."""
    chain = []
    inner = node
    while isinstance(inner, ast.Attribute):
        chain.insert(0, inner.attr)
        inner = inner.value
    if isinstance(inner, ast.Name):
        yield [inner.id, *chain]
        return
    for child in ast.iter_child_nodes(inner):
        yield from _names_used(child)


def code_of(source: Path) -> str:
    """The code cells of a lesson's source as one text, without magics."""
    cells = [cell.source for cell in to_notebook(source).cells if cell.cell_type == "code"]
    lines = [line for cell in cells for line in cell.splitlines()]
    return "\n".join(line for line in lines if not line.startswith(("%", "!")))


def of_lesson(source: Path) -> dict[str, str]:
    """What the page of a lesson's source depends on: file -> digest of the part of it that is used.

    Files are those of the library, a script.py beside the source, recipes that the lesson names by number, and the
    checkpoints and results whose names stand in its code.
    """
    reached = Reached()
    code = read_code(source, code_of(source))
    reached.follow_all(code)
    found = {}
    beside = source.with_name("script.py")
    texts = [code.text]
    if beside.exists():
        script = read_code(beside, beside.read_text(encoding="utf-8"))
        reached.follow_all(script)
        texts.append(script.text)
        found["script.py"] = digest(bare(script.text))
    for literal in _literals(texts):
        for file in _named_files(literal):
            found[file.relative_to(ROOT).as_posix()] = hashlib.sha256(file.read_bytes()).hexdigest()[:16]
        if literal in _recipes():
            module, name = _recipes()[literal]
            reached._visit(module, name)
    return dict(sorted((found | reached.digests()).items()))


def of_values(source: Path) -> str:
    """A digest of what decides the values of a lesson's claims: its code, without the bounds of the claims."""
    return digest(bare(_without_bounds(code_of(source))))


def _without_bounds(text: str) -> str:
    """Code with each claim(name, value, low, high, …) cut behind the value."""
    lines = [line.encode() for line in text.splitlines()]  # positions in a syntax tree count bytes
    calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    claims = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "claim"]
    for call in sorted(claims, key=lambda call: call.lineno, reverse=True):
        if len(call.args) < 2:
            continue
        value = call.args[1]
        row = value.end_lineno - 1
        end = lines[call.end_lineno - 1][call.end_col_offset :]
        lines[row : call.end_lineno] = [lines[row][: value.end_col_offset] + b")" + end]
    return b"\n".join(lines).decode()


def _literals(texts: list[str]) -> list[str]:
    nodes = [node for text in texts for node in ast.walk(ast.parse(text))]
    values = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return sorted(value for value in values if value and "\n" not in value)


def _named_files(word: str) -> list[Path]:
    """Shipped files that a text in the code means: "07_earth", "glyphs" (features), "03_rules.json"."""
    name = word.split("/")[-1]
    if not name.replace("_", "a").replace(".", "a").replace("-", "a").isalnum():
        return []
    candidates = (
        ROOT / "checkpoints" / f"{name}.pt.sha256",
        ROOT / "checkpoints" / f"features_{name}.pt.sha256",
        ROOT / "results" / name,
    )
    return [file for file in candidates if file.is_file()]


@cache
def _recipes() -> dict[str, tuple[str, str]]:
    """A lesson's number -> module and class of its recipe."""
    from course_gan.recipes import recipes

    return {number: (recipe.__module__, recipe.__name__) for number, recipe in recipes().items()}
