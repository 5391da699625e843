"""Modules with their targets, found here by ast alone."""

from __future__ import annotations

import ast
import importlib.util
import sys
from collections.abc import Iterator

import pytest

from pytest_llmgen.records import Module, Target, TargetKind


def _targets(node: ast.AST, path: str, scope: tuple[str, ...] = ()) -> Iterator[Target]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            name = ".".join((*scope, child.name))
            first = min([child.lineno, *(decorator.lineno for decorator in child.decorator_list)])
            yield Target(path, "sample", name, TargetKind.FUNCTION, first, child.end_lineno, child.lineno)
        elif isinstance(child, ast.ClassDef):
            yield from _targets(child, path, (*scope, child.name))
        else:
            yield from _targets(child, path, scope)


@pytest.fixture
def module_of():
    def make(source: str, path: str = "sample.py") -> Module:
        return Module(path, "sample", ".", source, tuple(_targets(ast.parse(source), path)))

    return make


@pytest.fixture
def load(tmp_path, monkeypatch):
    """Write a module and import it; a second name gives a second copy of the same file."""

    def make(source: str, name: str = "llmgen_sample"):
        path = tmp_path / "sample.py"
        path.write_bytes(source.encode())
        spec = importlib.util.spec_from_file_location(name, path)
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, name, module)
        monkeypatch.setattr(sys, "dont_write_bytecode", True)
        spec.loader.exec_module(module)
        return module

    return make
