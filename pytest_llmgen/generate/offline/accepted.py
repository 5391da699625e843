"""The inputs of accepted tests: their calls, with the values of tables and of plain assignments put in."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterable, Iterator, Mapping

from pytest_llmgen.generate.offline.code import dotted
from pytest_llmgen.generate.offline.docs import is_literal

_MAX_ROWS = 20


def inlined(sources: Iterable[str]) -> Iterator[str]:
    """Each test as it stands, then once for each row of its table."""
    for source in sources:
        try:
            tree = ast.parse(source)
        except SyntaxError:
            continue
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield from (ast.unparse(_Filled(names).visit(copy.deepcopy(node))) for names in _names(node))


def _names(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[dict[str, ast.expr]]:
    plain = dict(_assigned(node.body))
    rows = [row for decorator in node.decorator_list for row in _rows(decorator)]
    return [{**plain, **row} for row in rows[:_MAX_ROWS]] or [plain]


def _assigned(body: Iterable[ast.stmt]) -> Iterator[tuple[str, ast.expr]]:
    for item in body:
        match item:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if is_literal(ast.unparse(value)):
                yield name, value


def _rows(decorator: ast.expr) -> Iterator[Mapping[str, ast.expr]]:
    """The rows of ``pytest.mark.parametrize``, each by the names of its columns."""
    match decorator:
        case ast.Call(func=function, args=[columns, ast.List(elts=rows) | ast.Tuple(elts=rows), *_]):
            if not dotted(function).endswith("parametrize"):
                return
            names = _columns(columns)
            for row in rows:
                values = row.args if isinstance(row, ast.Call) else row.elts if isinstance(row, ast.Tuple) else [row]
                values = values if len(names) > 1 or isinstance(row, ast.Call) else [row]
                if len(values) == len(names):
                    yield dict(zip(names, values, strict=True))


def _columns(node: ast.expr) -> list[str]:
    match node:
        case ast.Constant(value=str() as text):
            return [name.strip() for name in text.split(",") if name.strip()]
        case ast.Tuple(elts=items) | ast.List(elts=items):
            return [str(item.value) for item in items if isinstance(item, ast.Constant)]
        case _:
            return []


class _Filled(ast.NodeTransformer):
    def __init__(self, names: Mapping[str, ast.expr]) -> None:
        self._names = names

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self._names.get(node.id, node) if isinstance(node.ctx, ast.Load) else node
