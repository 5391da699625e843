"""What the project's own tests offer: examples for style, fixtures, the plugin that runs async tests."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from pathlib import PurePosixPath
from textwrap import dedent

from pytest_llmgen.extract.layout import is_under
from pytest_llmgen.extract.names import imported_modules, parse_or_empty
from pytest_llmgen.extract.outline import first_paragraph
from pytest_llmgen.extract.standins import FixtureCode, stand_in
from pytest_llmgen.extract.targets import Function, decorator_names, last_name, text_of
from pytest_llmgen.records import Fixture, Target

_EXAMPLES = 2
_LONGEST = 2500  # characters; longer tests show no style
_YIELDS = frozenset({"Iterator", "Iterable", "Generator", "AsyncIterator", "AsyncIterable", "AsyncGenerator"})
_MODES = {
    "asyncio": re.compile(r"^\s*asyncio_mode\s*=", re.MULTILINE),
    "anyio": re.compile(r"^\s*anyio_mode\s*=", re.MULTILINE),
}


@dataclass(frozen=True, slots=True)
class TextFile:
    """A file's path and text."""

    path: str
    source: str


@dataclass(frozen=True, slots=True)
class Example:
    """A test of the project with the names that it uses."""

    path: str
    source: str
    names: frozenset[str]
    modules: frozenset[str]  # what its file imports
    is_method: bool = False


def read_examples(files: Iterable[TextFile]) -> tuple[Example, ...]:
    """Every test of the files that is short enough to be shown."""
    return tuple(each for file in files for each in _examples(file) if len(each.source) <= _LONGEST)


def _examples(file: TextFile) -> Iterator[Example]:
    tree = parse_or_empty(file.source)
    modules = frozenset(imported_modules(tree))
    classes = [node.body for node in tree.body if isinstance(node, ast.ClassDef) and _holds_tests(node)]
    for body in (tree.body, *classes):
        for node in body:
            if isinstance(node, Function) and node.name.startswith("test"):
                yield Example(file.path, source_of(file.source, node), _names(node), modules, body is not tree.body)


def _holds_tests(node: ast.ClassDef) -> bool:
    return node.name.startswith("Test") or any(last_name(base).endswith("TestCase") for base in node.bases)


def source_of(source: str, node: Function) -> str:
    """The text of a function with its decorators, as written."""
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    return dedent("\n".join(source.split("\n")[first - 1 : node.end_lineno]))


def _names(node: ast.AST) -> frozenset[str]:
    names = (getattr(each, "id", None) or getattr(each, "attr", None) for each in ast.walk(node))
    return frozenset(name for name in names if isinstance(name, str))


def choose_examples(target: Target, name: str, examples: Sequence[Example]) -> tuple[str, ...]:
    """Up to two short tests that mention the name, those that import its module and plain functions first.

    Where none does: the shortest test of the file whose name is nearest to the module's.
    """

    def place(example: Example) -> tuple[bool, bool, int, str]:
        return (target.module not in example.modules, example.is_method, len(example.source), example.path)

    mentions = sorted((each for each in examples if name in each.names), key=place)
    if mentions:
        return tuple(each.source for each in mentions[:_EXAMPLES])
    paths = sorted({each.path for each in examples})
    nearest = max(paths, key=lambda path: _likeness(target, path), default="")
    return tuple(each.source for each in sorted((each for each in examples if each.path == nearest), key=place)[:1])


def _likeness(target: Target, path: str) -> float:
    stem = PurePosixPath(path).stem.removeprefix("test_").removesuffix("_test")
    return SequenceMatcher(None, target.module.rpartition(".")[2], stem).ratio()


def read_fixtures(conftests: Iterable[TextFile], output_dir: str) -> tuple[Fixture, ...]:
    """The fixtures that tests in ``output_dir`` can ask for, by name; the nearest conftest wins."""
    seen = (file for file in conftests if is_under(output_dir, str(PurePosixPath(file.path).parent)))
    nearest_last = sorted(seen, key=lambda file: (file.path.count("/"), file.path))
    found: dict[str, Fixture] = {}
    code: dict[str, FixtureCode] = {}
    for file in nearest_last:
        tree = parse_or_empty(file.source)
        for fixture, node in _fixtures(file.path, tree):
            found[fixture.name], code[fixture.name] = fixture, FixtureCode(node, tree)
    return tuple(_stood_in(found[name], code) for name in sorted(found) if not name.startswith("_"))


def _stood_in(fixture: Fixture, code: Mapping[str, FixtureCode]) -> Fixture:
    made = stand_in(fixture.name, code)
    return replace(fixture, stand_in=made.code, needs=tuple(sorted(made.needs))) if made else fixture


def _fixtures(path: str, tree: ast.Module) -> Iterator[tuple[Fixture, Function]]:
    for node in tree.body:
        if isinstance(node, Function) and {"fixture", "yield_fixture"} & set(decorator_names(node)):
            options = _options(node)
            fixture = Fixture(
                name=options.get("name", node.name),
                scope=options.get("scope", "function"),
                doc=first_paragraph(ast.get_docstring(node)),
                returns=_given(node.returns),
                path=path,
            )
            yield fixture, node


def _options(node: Function) -> dict[str, str]:
    calls = [each for each in node.decorator_list if isinstance(each, ast.Call)]
    keywords = [keyword for call in calls for keyword in call.keywords]
    return {
        each.arg: each.value.value
        for each in keywords
        if each.arg and isinstance(each.value, ast.Constant) and isinstance(each.value.value, str)
    }


def _given(returns: ast.expr | None) -> str:
    """What a test gets: ``Session`` for ``Iterator[Session]`` and for ``Session``."""
    if returns is None:
        return ""
    if isinstance(returns, ast.Subscript) and last_name(returns.value) in _YIELDS:
        returns = (
            returns.slice.elts[0] if isinstance(returns.slice, ast.Tuple) and returns.slice.elts else returns.slice
        )
    return text_of(returns)


def async_plugin_of(settings: str, tests: Iterable[TextFile]) -> str | None:
    """``asyncio`` or ``anyio``: the one that the configuration names, else the one that more tests mark."""
    for name, pattern in _MODES.items():
        if pattern.search(settings):
            return name
    sources = [file.source for file in tests]
    counts = {name: sum(source.count(f"mark.{name}") for source in sources) for name in _MODES}
    best = max(counts, key=counts.__getitem__)
    return best if counts[best] else None
