"""A file that ``render`` wrote, back to candidates."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from pytest_llmgen.records import Candidate, Category, Oracle, Origin
from pytest_llmgen.refine.imports import bindings
from pytest_llmgen.refine.rename import used_names
from pytest_llmgen.refine.render import needed

_FILE = re.compile(r"^# llmgen: format=(?P<format>\d+) source=(?P<source>.*) checksum=\w*$", re.MULTILINE)
_TEST = re.compile(
    r"^# llmgen: category=(?P<category>\S+) oracle=(?P<oracle>\S+) origin=(?P<origin>\S+)"
    r"(?: shows=(?P<shows>\S+))? reviewed=(?P<reviewed>\S+)$"
)
MARKER = "pytest.mark.llm_generated"


@dataclass(frozen=True, slots=True)
class WrittenTest:
    """A generated test in a file; ``candidate`` is None where a person removed its ``# llmgen:`` line."""

    name: str
    target: str  # module:qualname, as in the marker
    reviewed: bool
    candidate: Candidate | None = None


def parse_back(text: str, file: str) -> tuple[WrittenTest, ...]:
    """The generated tests of a file, in order; ids of candidates are ``file::name``.

    Raises:
        SyntaxError: the file is not Python (any more).
    """
    found = _FILE.search(text)
    source = found["source"] if found else ""
    pieces = list(_pieces(text))
    imports = tuple(piece for node, piece in pieces if isinstance(node, ast.Import | ast.ImportFrom))
    marked = [(node, piece) for node, piece in pieces if _target(node)]
    helpers = tuple(
        piece for node, piece in pieces if not _target(node) and not isinstance(node, ast.Import | ast.ImportFrom)
    )
    return tuple(_written(node, piece, source, imports, helpers, file) for node, piece in marked)


def source_of(text: str) -> str:
    """The path of the module that a file tests, by its header; nothing where it has none."""
    found = _FILE.search(text)
    return found["source"] if found else ""


def _pieces(text: str) -> Iterator[tuple[ast.stmt, str]]:
    """Each statement with the comments before it, and with indented ones that follow it."""
    lines, end = text.splitlines(), 0
    for node in ast.parse(text).body:
        start, end = end, node.end_lineno or 0
        while end < len(lines) and re.match(r"\s+#", lines[end]):
            end += 1
        yield node, "\n".join(lines[start:end]).strip("\n")


def _target(node: ast.AST) -> str:
    """The target that the marker of a test names, else nothing."""
    for decorator in getattr(node, "decorator_list", []):
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == MARKER:
            values = [k.value for k in decorator.keywords if k.arg == "target"]
            return str(values[0].value) if values and isinstance(values[0], ast.Constant) else "?"
    return ""


def _written(
    node: ast.stmt, piece: str, source: str, imports: tuple[str, ...], helpers: tuple[str, ...], file: str
) -> WrittenTest:
    target, name = _target(node), str(getattr(node, "name", ""))
    tag = next((found for line in piece.splitlines() if (found := _TEST.match(line))), None)
    if tag is None or not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return WrittenTest(name, target, reviewed=False)
    candidate = Candidate(
        id=f"{file}::{name}",
        target=f"{source}::{target.partition(':')[2]}",
        name=name,
        category=Category(tag["category"]),
        origin=Origin(tag["origin"]),
        oracle=Oracle(tag["oracle"]),
        source=_without_marks(piece),
        summary=(ast.get_docstring(node) or "").partition("\n")[0],
        helpers=helpers,
        shows=tag["shows"] or "",
    )
    return WrittenTest(name, target, tag["reviewed"] == "yes", _with_needs(candidate, imports))


def _without_marks(piece: str) -> str:
    kept = re.sub(r"^# llmgen: .*\n", "", piece, flags=re.MULTILINE)
    return re.sub(r"^@pytest\.mark\.llm_generated\(\s*target=[\"'][^\"']*[\"'],?\s*\)\n", "", kept, flags=re.MULTILINE)


def _with_needs(candidate: Candidate, imports: tuple[str, ...]) -> Candidate:
    helpers = needed(candidate)
    used = frozenset().union(*(used_names(piece) for piece in (*helpers, candidate.source)))
    own = []
    for binding in bindings(imports):
        if binding.local in used or binding.module == "__future__":
            alias = f" as {binding.alias}" if binding.alias else ""
            start = f"from {binding.module} import {binding.name}" if binding.name else f"import {binding.module}"
            own.append(start + alias)
    return replace(candidate, imports=tuple(own), helpers=helpers)
