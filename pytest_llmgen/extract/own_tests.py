"""Whether a file that is named like a test is one: pytest imports it, and finds tests in it or none."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from pytest_llmgen.extract.targets import parse

_SUPPORT = frozenset({"pytest", "unittest", "hypothesis", "nose", "doctest"})
"""Who imports these serves tests, though it may hold none."""
_Function = ast.FunctionDef | ast.AsyncFunctionDef


def serves_tests(source: str) -> bool:
    """Whether the text holds tests or helpers of tests; False where it can't be parsed: nothing is known of it."""
    try:
        body = parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return any(_is_of_tests(node) for node in _statements(body))


def holds_tests(source: str) -> bool:
    """Whether the text has a test function, or a class with one, in it."""
    try:
        body = parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return any(isinstance(node, _Function | ast.ClassDef) and _is_of_tests(node) for node in _statements(body))


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Those of the module, also under ``if`` and ``try``."""
    for node in body:
        yield node
        if isinstance(node, ast.If | ast.Try):
            for block in (node.body, node.orelse, getattr(node, "finalbody", [])):
                yield from _statements(block)


def _is_of_tests(node: ast.stmt) -> bool:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return node.name.startswith("test")
        case ast.ClassDef():
            return _is_test_class(node)
        case ast.Import():
            return any(alias.name.partition(".")[0] in _SUPPORT for alias in node.names)
        case ast.ImportFrom():
            return (node.module or "").partition(".")[0] in _SUPPORT or any(a.name == "*" for a in node.names)
        case ast.Assign(value=ast.Call() | ast.Lambda()):  # test_all = make_test(...)
            return any(isinstance(each, ast.Name) and each.id.startswith("test_") for each in node.targets)
    return False


def _is_test_class(node: ast.ClassDef) -> bool:
    bases = [ast.unparse(base) for base in node.bases]
    methods = [each.name for each in node.body if isinstance(each, _Function)]
    return any("Test" in base for base in bases) or any(name.startswith("test") for name in methods)
