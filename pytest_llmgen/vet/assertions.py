"""Assertions that are missing, cannot fail, or say nothing about the project."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import partial

from pytest_llmgen.records import Refusal
from pytest_llmgen.vet.scope import Function, Scope, flow, parameters

_EXPECTING = frozenset({"pytest.raises", "pytest.warns", "pytest.deprecated_call", "pytest.RaisesGroup"})
_OBSERVING = frozenset(
    [
        "capsys",
        "capfd",
        "capsysbinary",
        "capfdbinary",
        "caplog",
        "recwarn",
        "tmp_path",
        "tmpdir",
        "tmp_path_factory",
        "monkeypatch",
        "subtests",
        "request",
    ]
)
_BROAD = frozenset({"builtins.Exception", "builtins.BaseException"})


def check_assertions(scope: Scope) -> Iterator[Refusal]:
    """Refusals for what a test asserts; at least one assertion must depend on the project's code."""
    assertions = list(_assertions(scope, scope.test))
    if not assertions:
        yield scope.refusal("no-assertion", "it asserts nothing: assert the result, the state or the error", scope.test)
        return
    for node in assertions:
        if isinstance(node, ast.Assert) and (why := _cannot_fail(scope, node.test)):
            yield scope.refusal("cannot-fail", f"`{ast.unparse(node)}` cannot fail: {why}", node)
        elif isinstance(node, ast.Call) and _is_broad(scope, node):
            message = f"`{ast.unparse(node)}` is content with any error: name its type or match its message"
            yield scope.refusal("broad-raises", message, node)
    if not any(_depends(scope, node) for node in assertions):
        message = f"no assertion depends on {scope.target.qualname}: assert what a call of it returns or changes"
        yield scope.refusal("unrelated-assertion", message, assertions[0])


def _assertions(scope: Scope, root: ast.AST) -> Iterator[ast.AST]:
    """Asserts, expected errors and warnings, checks of mocks, and calls of helpers that assert."""
    checkers = {f.name for f in scope.functions if _has_assert(f)}
    for node in ast.walk(root):
        if isinstance(node, ast.Assert):
            yield node
        elif isinstance(node, ast.Call):
            name = scope.dotted(node.func)
            attribute = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            if (
                name in _EXPECTING
                or name == "pytest.fail"
                or attribute.startswith("assert_")
                or isinstance(node.func, ast.Name)
                and node.func.id in checkers
                or name
                and name.rpartition(".")[2].startswith("assert_")
            ):
                yield node


def _has_assert(function: Function) -> bool:
    return any(isinstance(node, ast.Assert) for node in ast.walk(function))


def _cannot_fail(scope: Scope, test: ast.expr) -> str | None:
    if isinstance(test, ast.Constant) and test.value:
        return "it is a constant"
    if isinstance(test, ast.Tuple | ast.List | ast.Set | ast.Dict | ast.Lambda | ast.JoinedStr | ast.GeneratorExp):
        return None if _is_empty(test) else "it is never empty"
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.Or):
        return next((why for each in test.values if (why := _cannot_fail(scope, each))), None)
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        return _comparison(scope, test.left, test.ops[0], test.comparators[0])
    if isinstance(test, ast.Call) and scope.dotted(test.func) == "builtins.isinstance" and len(test.args) == 2:
        kinds = test.args[1].elts if isinstance(test.args[1], ast.Tuple) else [test.args[1]]
        if any(scope.dotted(kind) == "builtins.object" for kind in kinds):
            return "everything is an object"
    return None


def _is_empty(node: ast.AST) -> bool:
    return not (getattr(node, "elts", None) or getattr(node, "keys", None) or getattr(node, "values", None)) and not (
        isinstance(node, ast.Lambda | ast.GeneratorExp)
    )


def _comparison(scope: Scope, left: ast.expr, op: ast.cmpop, right: ast.expr) -> str | None:
    calls = any(isinstance(node, ast.Call | ast.Await) for node in ast.walk(left))
    same = ast.dump(left) == ast.dump(right)
    if same and not calls and isinstance(op, ast.Eq | ast.Is | ast.LtE | ast.GtE):
        return None if scope.target.name in {"__eq__", "__le__", "__ge__"} else "both sides are the same"
    if isinstance(left, ast.Constant) and isinstance(right, ast.Constant):
        return "both sides are constants"
    zero = isinstance(right, ast.Constant) and right.value == 0
    if zero and isinstance(op, ast.GtE) and isinstance(left, ast.Call) and scope.dotted(left.func) == "builtins.len":
        return "a length is never negative"
    return None


def _is_broad(scope: Scope, node: ast.Call) -> bool:
    if scope.dotted(node.func) != "pytest.raises" or not node.args:
        return False
    if any(keyword.arg in {"match", "check"} for keyword in node.keywords):
        return False
    kinds = node.args[0].elts if isinstance(node.args[0], ast.Tuple) else [node.args[0]]
    return any(scope.dotted(kind) in _BROAD for kind in kinds) and not _is_examined(scope, node)


def _is_examined(scope: Scope, node: ast.Call) -> bool:
    """Whether ``pytest.raises(...) as error`` is followed by an assertion about the error."""
    for each in ast.walk(scope.test):
        if isinstance(each, ast.withitem) and each.context_expr is node and isinstance(each.optional_vars, ast.Name):
            name = each.optional_vars.id
            asserts = (a for a in ast.walk(scope.test) if isinstance(a, ast.Assert))
            return any(isinstance(n, ast.Name) and n.id == name for a in asserts for n in ast.walk(a))
    return False


def _depends(scope: Scope, node: ast.AST) -> bool:
    names = project_names(scope)
    if isinstance(node, ast.Call) and scope.dotted(node.func) in _EXPECTING:
        for each in ast.walk(scope.test):
            if isinstance(each, ast.With | ast.AsyncWith) and any(item.context_expr is node for item in each.items):
                return any(_mentions(scope, names, statement) for statement in each.body)
    if isinstance(node, ast.Call) and scope.dotted(node.func) == "pytest.fail":
        return _mentions(scope, names, scope.test)
    return _mentions(scope, names, node)


def project_names(scope: Scope) -> frozenset[str]:
    """Names that hold, or were touched by, something of the project."""
    seeds = {name for name, dotted in scope.imported.items() if scope.is_project(scope.real(dotted))}
    calls_project = any(isinstance(n, ast.Call) and _mentions(scope, frozenset(seeds), n) for n in scope.walk())
    fixtures = {f.name for f in scope.functions if _mentions(scope, frozenset(seeds), f)}
    asked = set(parameters(scope.test))
    own = scope.facts.fixtures - _OBSERVING
    seeds |= fixtures | (asked & own)
    if calls_project or seeds & asked:
        seeds |= asked & _OBSERVING
        seeds |= asked - scope.facts.fixtures - fixtures if _is_patched(scope) else set()
    carries = partial(_mentions_names, scope)
    names = frozenset(seeds)
    while True:
        names = flow(iter([scope.test, *scope.functions]), names, lambda value, known: carries(known, value))
        touched = {arg for node in ast.walk(scope.test) for arg in _touched(scope, names, node)}
        if not touched - names:
            return names
        names |= touched


def _is_patched(scope: Scope) -> bool:
    return any("patch" in ast.unparse(decorator) for decorator in scope.test.decorator_list)


def _mentions_names(scope: Scope, names: frozenset[str], node: ast.AST) -> bool:
    return _mentions(scope, names, node)


def _touched(scope: Scope, names: frozenset[str], node: ast.AST) -> Iterator[str]:
    """What is handed to the project's code may be changed by it; a mock of its border is called by it."""
    if isinstance(node, ast.Call) and _mentions(scope, names, node.func):
        for arg in [*node.args, *(keyword.value for keyword in node.keywords)]:
            yield from (each.id for each in ast.walk(arg) if isinstance(each, ast.Name))
    if isinstance(node, ast.Call) and "patch" in ast.unparse(node.func):
        yield from (each.id for arg in node.args for each in ast.walk(arg) if isinstance(each, ast.Name))
    if isinstance(node, ast.withitem) and isinstance(node.optional_vars, ast.Name) and names:
        if "patch" in ast.unparse(node.context_expr) or "redirect_std" in ast.unparse(node.context_expr):
            yield node.optional_vars.id
    if isinstance(node, ast.With) and any(_mentions(scope, names, each) for each in node.body):
        yield from (item.optional_vars.id for item in node.items if isinstance(item.optional_vars, ast.Name))
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node is not scope.test:
        if _mentions(scope, names, node):
            yield node.name
            yield from (n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))
            yield from (n.func.value.id for n in ast.walk(node) if _is_method_of_name(n))  # type: ignore[attr-defined]
    if isinstance(node, ast.For | ast.While | ast.If | ast.Try) and _mentions(scope, names, node):
        yield from (n.func.value.id for n in ast.walk(node) if _is_method_of_name(n))  # type: ignore[attr-defined]
        yield from (n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))
    if _is_method_of_name(node) and any(_mentions(scope, names, a) for a in node.args):  # type: ignore[attr-defined]
        yield node.func.value.id  # type: ignore[attr-defined]


def _is_method_of_name(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name)


def _mentions(scope: Scope, names: frozenset[str], node: ast.AST) -> bool:
    return any(isinstance(each, ast.Name) and each.id in names for each in ast.walk(node))
