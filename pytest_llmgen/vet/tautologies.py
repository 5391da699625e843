"""Assertions that hold whatever the code under test does."""

from __future__ import annotations

import ast

from pytest_llmgen.records import TargetKind
from pytest_llmgen.vet.scope import Scope

_OPPOSITES = (
    {ast.Eq, ast.NotEq},
    {ast.Is, ast.IsNot},
    {ast.In, ast.NotIn},
    {ast.Lt, ast.GtE},
    {ast.Gt, ast.LtE},
)


def cannot_fail(scope: Scope, test: ast.expr) -> str | None:
    """Why an assertion of this expression cannot fail; None where it can."""
    if truth(test):
        return "it is a constant"
    if isinstance(test, ast.Tuple | ast.List | ast.Set | ast.Dict | ast.Lambda | ast.JoinedStr | ast.GeneratorExp):
        return None if _is_empty(test) else "it is never empty"
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.Or):
        if _are_opposites(test.values):
            return "one of the two is always so"
        return next((why for each in test.values if (why := cannot_fail(scope, each))), None)
    return _expression(scope, test)


def _expression(scope: Scope, test: ast.expr) -> str | None:
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        return _comparison(scope, test.left, test.ops[0], test.comparators[0])
    if isinstance(test, ast.Call):
        return _call(scope, test)
    return "a function or class is always true" if _is_function(scope, test) else None


def truth(test: ast.AST) -> bool | None:
    """What a constant expression comes to; None for others."""
    if isinstance(test, ast.Constant):
        return bool(test.value)
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = truth(test.operand)
        return None if inner is None else not inner
    if isinstance(test, ast.BoolOp):
        values = [truth(each) for each in test.values]
        decisive = isinstance(test.op, ast.Or)
        if decisive in values:
            return decisive
        return None if None in values else not decisive
    return None


def _is_empty(node: ast.AST) -> bool:
    return not (getattr(node, "elts", None) or getattr(node, "keys", None) or getattr(node, "values", None)) and not (
        isinstance(node, ast.Lambda | ast.GeneratorExp)
    )


def _are_opposites(values: list[ast.expr]) -> bool:
    pairs = [
        (ast.dump(v.left), ast.dump(v.comparators[0]), type(v.ops[0]))
        for v in values
        if isinstance(v, ast.Compare) and len(v.ops) == 1
    ]
    return any(a[:2] == b[:2] and {a[2], b[2]} in _OPPOSITES for a in pairs for b in pairs)


def _comparison(scope: Scope, left: ast.expr, op: ast.cmpop, right: ast.expr) -> str | None:
    calls = any(isinstance(node, ast.Call | ast.Await) for node in ast.walk(left))
    if not calls and ast.dump(left) == ast.dump(right) and isinstance(op, ast.Eq | ast.Is | ast.LtE | ast.GtE):
        return None if scope.target.name in {"__eq__", "__le__", "__ge__"} else "both sides are the same"
    if isinstance(left, ast.Constant) and isinstance(right, ast.Constant):
        return "both sides are constants"
    if isinstance(op, ast.In) and not calls and isinstance(right, ast.List | ast.Tuple | ast.Set):
        return "it is in a list of itself" if ast.dump(left) in {ast.dump(each) for each in right.elts} else None
    if isinstance(op, ast.IsNot) and _is_function(scope, left) and isinstance(right, ast.Constant):
        return "a function or class is never None"
    return "a length is never negative" if _is_length(scope, left) and _is_below_zero(op, right) else None


def _is_length(scope: Scope, node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and scope.dotted(node.func) == "builtins.len"


def _is_below_zero(op: ast.cmpop, right: ast.expr) -> bool:
    """Whether ``x op right`` holds for every x from zero on."""
    if isinstance(op, ast.GtE) and isinstance(right, ast.Constant):
        return bool(right.value == 0)
    is_negative = isinstance(right, ast.UnaryOp) and isinstance(right.op, ast.USub)
    return is_negative and isinstance(op, ast.Gt | ast.GtE | ast.NotEq)


def _call(scope: Scope, test: ast.Call) -> str | None:
    name = scope.dotted(test.func)
    if name == "builtins.isinstance" and test.args[1:]:
        kinds = test.args[1].elts if isinstance(test.args[1], ast.Tuple) else [test.args[1]]
        if any(scope.dotted(kind) == "builtins.object" for kind in kinds):
            return "everything is an object"
    if name == "builtins.callable" and test.args and _is_function(scope, test.args[0]):
        return "a function or class can always be called"
    if name in {"inspect.isfunction", "inspect.isclass"} and test.args and _is_function(scope, test.args[0]):
        return "that is what it is by its definition"
    return None


def _is_function(scope: Scope, node: ast.AST) -> bool:
    """Whether a name stands for one of the project's functions or classes, not for what a call of it gives."""
    dotted = scope.dotted(node) if isinstance(node, ast.Name | ast.Attribute) else None
    if dotted is None:
        return False
    known = {f"{t.module}.{t.qualname}" for t in scope.facts.targets.values() if t.kind is not TargetKind.PROPERTY}
    owners = {name.rpartition(".")[0] for name in known} - scope.facts.modules.keys()
    return dotted in known | owners
