"""Mutants of constants at module level, set in the module that lives: a hint for a search, never a verdict.

Whatever took the constant when it was imported (a default value, another module) keeps the old one, so that a mutant
may live here and be dead after an import, and the other way round. Verdicts come from imports.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from pytest_llmgen.mutate.activate import NeedsImport
from pytest_llmgen.records import Mutant

_PLAIN = (
    *(ast.Constant, ast.List, ast.Tuple, ast.Set, ast.Dict, ast.UnaryOp, ast.BinOp, ast.unaryop, ast.operator),
    *(ast.Name, ast.Attribute, ast.expr_context),
)
"""What can be worked out again without doing anything."""
_MAKERS = {"re.compile", "frozenset", "set", "tuple", "Decimal", "timedelta", "datetime.timedelta", "compile"}


@contextmanager
def constant_changed(mutant: Mutant, source: str, namespace: dict[str, Any]) -> Iterator[None]:
    """Give the module's name the value that it would have.

    Raises:
        NeedsImport: it is no plain constant, or the module has made something else of it.
    """
    name, before, after = _constant(source, mutant)
    try:
        old, new = (eval(text, dict(namespace)) for text in (before, after))  # noqa: S307 (plain values)
    except Exception as error:
        raise NeedsImport(f"its value can't be worked out again: {error}") from error
    if name not in namespace:
        raise NeedsImport("the name is gone")
    now = namespace[name]
    namespace[name] = _changed(now, old, new)
    try:
        yield
    finally:
        namespace[name] = now


@lru_cache(maxsize=4096)
def _assigned(source: str) -> Mapping[int, ast.Assign | ast.AnnAssign]:
    """Assignments to one name at module level, by each of their lines."""
    found: dict[int, ast.Assign | ast.AnnAssign] = {}
    for node in ast.parse(source).body:
        match node:
            case ast.Assign(targets=[ast.Name()]) | ast.AnnAssign(target=ast.Name(), value=ast.expr()):
                found.update(dict.fromkeys(range(node.lineno, (node.end_lineno or node.lineno) + 1), node))
    return found


def _constant(source: str, mutant: Mutant) -> tuple[str, str, str]:
    """The name, and its value as it is and as it would be, as code."""
    node = _assigned(source).get(mutant.line)
    if node is None or node.value is None:
        raise NeedsImport("it is no constant of the module")
    changed = _assigned(source[: mutant.start] + mutant.replacement + source[mutant.end :]).get(node.lineno)
    if changed is None or changed.value is None or not (_is_plain(node.value) and _is_plain(changed.value)):
        raise NeedsImport("its value does more than to be one")
    target = node.targets[0] if isinstance(node, ast.Assign) else node.target
    return ast.unparse(target), ast.unparse(node.value), ast.unparse(changed.value)


def _is_plain(node: ast.expr) -> bool:
    for item in ast.walk(node):
        if isinstance(item, ast.Call) and ast.unparse(item.func) not in _MAKERS:
            return False
        if not isinstance(item, (*_PLAIN, ast.Call, ast.keyword)):
            return False
    return True


def _changed(now: Any, old: Any, new: Any) -> Any:
    """What the module has now, as if it had begun with the other value: more may have been put in since."""
    if type(now) is type(old) and now == old:
        return new
    if isinstance(now, list | tuple) and isinstance(old, list | tuple) and len(old) == len(new):
        pairs = [(was, is_) for was, is_ in zip(old, new, strict=True) if was != is_]
        return type(now)(next((is_ for was, is_ in pairs if was == item), item) for item in now)
    if isinstance(now, dict) and isinstance(old, dict) and isinstance(new, dict):
        return {**{key: value for key, value in now.items() if key in new or key not in old}, **new}
    raise NeedsImport("the module has made something else of it")
