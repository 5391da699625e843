"""What a person, or a writer of tests, may try against a surviving mutant."""

from __future__ import annotations

import ast
import re

_LOG = re.compile(r"\b(log|logger|logging|_log|_logger|warnings)\.\w+\(|\bprint\(")
_EDGE_PAIRS = (frozenset({ast.Lt, ast.LtE}), frozenset({ast.Gt, ast.GtE}))


def of_mutant(before: str, after: str) -> str | None:
    """A short hint from what was changed into what, None where there is no good one."""
    old, new = _parsed(before), _parsed(after)
    if old is None:
        return None
    return _compared(old, new) or _combined(old) or _literal(old) or _statement(old)


def is_log_text(text: str) -> bool:
    """Whether the code writes a log, a warning or prints."""
    return _LOG.search(text) is not None


def _parsed(text: str) -> ast.AST | None:
    try:
        body = ast.parse(text.strip()).body
    except (SyntaxError, ValueError):
        return None
    only = body[0] if len(body) == 1 else None
    return only.value if isinstance(only, ast.Expr) else only


def _compared(old: ast.AST, new: ast.AST | None) -> str | None:
    if not isinstance(old, ast.Compare):
        return None
    if not isinstance(new, ast.Compare) or len(old.ops) != len(new.ops):
        return "one case in which the comparison holds and one in which it does not"
    changed = next(
        ((a, b, n) for n, (a, b) in enumerate(zip(old.ops, new.ops, strict=True)) if type(a) is not type(b)), None
    )
    if changed is None:
        return "a value just at the limit"
    if {type(changed[0]), type(changed[1])} in _EDGE_PAIRS:
        left = [old.left, *old.comparators][changed[2]]
        return f"a case in which {_short(left)} equals {_short(old.comparators[changed[2]])}"
    return "one case in which the comparison holds and one in which it does not"


def _combined(old: ast.AST) -> str | None:
    if isinstance(old, ast.BoolOp):
        return "a case in which only one side of the condition is true"
    if isinstance(old, ast.UnaryOp) and isinstance(old.op, ast.Not):
        return "a case for each value of the condition"
    if isinstance(old, ast.BinOp | ast.AugAssign):
        return "numbers for which the two results differ, and the exact result"
    return None


def _literal(old: ast.AST) -> str | None:
    if not isinstance(old, ast.Constant):
        return None
    if isinstance(old.value, str):
        return "the exact text, if it is part of what is promised"
    if isinstance(old.value, bool) or old.value is None:
        return "something that depends on this value"
    return f"the exact result that depends on {_short(old)}"


def _statement(old: ast.AST) -> str | None:
    match old:
        case ast.Return():
            return "the exact value that is returned"
        case ast.Raise():
            return "the type and message of the exception"
        case ast.Break() | ast.Continue():
            return "a loop with more items after this point"
        case ast.Assign() | ast.AnnAssign():
            return "something that depends on the assigned value"
        case ast.Call():
            return "something that depends on this call and its arguments"
    return None


def _short(node: ast.AST, most: int = 40) -> str:
    text = ast.unparse(node)
    return text if len(text) <= most else f"{text[: most - 3]}..."
