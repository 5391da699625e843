"""Which class a decision on a gap may have, where a rule can tell: a suggestion, never a decision.  Pure."""

from __future__ import annotations

import ast

from pytest_llmgen.records import DecisionClass, Gap, GapKind
from pytest_llmgen.report import hints

ENOUGH_INPUTS = 1000
"""Inputs with which a survivor did as the code does, before a rule calls it perhaps equivalent."""
_NEVER_RETURN = frozenset({"assert_never", "NotImplementedError"})
_GUARDS = ("import or platform guard)", "import guard)")


def of_gap(gap: Gap) -> DecisionClass | None:
    """The class that speaks for itself, None where only a person can tell."""
    if gap.kind is GapKind.SURVIVING_MUTANT:
        if hints.is_log_text(gap.diff or gap.before):
            return DecisionClass.WONT_TEST
        return DecisionClass.EQUIVALENT if gap.same_results >= ENOUGH_INPUTS else None
    if any(guard in gap.reason for guard in _GUARDS):
        return DecisionClass.TESTED_ELSEWHERE
    is_code = gap.kind in (GapKind.UNCOVERED_LINE, GapKind.SUPPRESSED_CODE)
    return DecisionClass.UNREACHABLE if is_code and _cannot_run(gap.before) else None


def _cannot_run(text: str) -> bool:
    """Whether every statement says of itself that nobody gets there."""
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError):
        return False
    return bool(body) and all(map(_is_never, body))


def _is_never(node: ast.stmt) -> bool:
    match node:
        case ast.Raise(exc=ast.Name() | ast.Call() as raised) | ast.Expr(value=ast.Call() as raised):
            called = raised.func if isinstance(raised, ast.Call) else raised
            name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            return name in _NEVER_RETURN
        case ast.Assert(test=ast.Constant(value=value)):
            return not value
    return False
