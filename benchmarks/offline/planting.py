"""Faults for programs: changes that no mutation operator of ours makes, chosen so that few inputs show them."""

from __future__ import annotations

import ast
import copy
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from corpus import differing, program_of

_SEEN_AT_LEAST = 0.002
"""A smaller share of inputs that show a change, and the change may as well be none."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A faulty source, with the share of random inputs that show it and whether a documented example does."""

    source: str
    kind: str
    line: int
    share: float
    is_documented: bool


def plant(source: str, seed: str) -> tuple[Fault | None, Fault | None]:
    """The fault that fewest inputs show, if possible none that is documented; and one drawn at random."""
    program = program_of(source, seed)
    if program is None:
        return None, None
    texts = {text: (kind, line) for text, kind, line in _changes(source)}
    found = []
    for (text, (kind, line)), shown in zip(texts.items(), differing(program, list(texts)), strict=True):
        share = sum(shown) / max(1, len(shown))
        if share >= _SEEN_AT_LEAST:
            found.append(Fault(text, kind, line, share, any(shown[: program.documented])))
    hidden = [fault for fault in found if not fault.is_documented]
    rng = random.Random(seed)
    drawn = rng.choice(found) if found else None
    return min(hidden or found, key=lambda fault: fault.share, default=None), drawn


def _changes(source: str) -> Iterator[tuple[str, str, int]]:
    tree = ast.parse(source)
    count = sum(1 for _ in ast.walk(tree))
    for kind, change in _KINDS.items():
        for place in range(count):
            copied = copy.deepcopy(tree)
            node = next(item for rank, item in enumerate(ast.walk(copied)) if rank == place)
            if not hasattr(node, "_fields") or not change(node, copied):
                continue
            text = _unparsed(copied)
            if text is not None and text != ast.unparse(tree):
                yield text, kind, getattr(node, "lineno", 0)


def _unparsed(tree: ast.Module) -> str | None:
    try:
        text = ast.unparse(ast.fix_missing_locations(tree))
        compile(text, "fault", "exec")
    except (SyntaxError, ValueError):
        return None
    return text


def _other_name(node: ast.AST, tree: ast.Module) -> bool:
    """One name read in place of another."""
    if not isinstance(node, ast.Name) or not isinstance(node.ctx, ast.Load):
        return False
    names = {item.id for item in ast.walk(tree) if isinstance(item, ast.Name) and isinstance(item.ctx, ast.Store)}
    names |= {item.arg for item in ast.walk(tree) if isinstance(item, ast.arg)}
    others = sorted(names - {node.id})
    if node.id not in names or not others:
        return False
    node.id = others[len(ast.dump(tree)) % len(others)]
    return True


def _no_statement(node: ast.AST, _tree: ast.Module) -> bool:
    """A statement of a longer body is left out."""
    body = getattr(node, "body", None)
    if not isinstance(node, ast.For | ast.While | ast.If) or not isinstance(body, list) or len(body) < 2:
        return False
    body.pop()
    return True


def _no_else(node: ast.AST, _tree: ast.Module) -> bool:
    if not isinstance(node, ast.If) or not node.orelse:
        return False
    node.orelse = []
    return True


def _half_condition(node: ast.AST, _tree: ast.Module) -> bool:
    if not isinstance(node, ast.BoolOp):
        return False
    node.values = node.values[:-1] if len(node.values) > 2 else [node.values[0], node.values[0]]
    return True


def _unwrapped(node: ast.AST, _tree: ast.Module) -> bool:
    """``sorted(x)`` becomes ``x``: a call with one argument is left out."""
    for field, value in ast.iter_fields(node):
        if isinstance(value, ast.Call) and len(value.args) == 1 and isinstance(value.func, ast.Name):
            setattr(node, field, value.args[0])
            return True
        if isinstance(value, ast.Call) and not value.args and isinstance(value.func, ast.Attribute):
            setattr(node, field, value.func.value)
            return True
    return False


def _shorter_range(node: ast.AST, _tree: ast.Module) -> bool:
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id != "range":
        return False
    place = min(1, len(node.args) - 1)
    node.args[place] = ast.BinOp(node.args[place], ast.Sub(), ast.Constant(1))
    return True


def _next_item(node: ast.AST, _tree: ast.Module) -> bool:
    if not isinstance(node, ast.Subscript) or isinstance(node.slice, ast.Slice | ast.Constant):
        return False
    node.slice = ast.BinOp(node.slice, ast.Sub(), ast.Constant(1))
    return True


def _early_return(node: ast.AST, _tree: ast.Module) -> bool:
    """A loop gives up after its first turn."""
    if not isinstance(node, ast.For | ast.While):
        return False
    node.body.append(ast.Break())
    return True


def _special_case(node: ast.AST, _tree: ast.Module) -> bool:
    """Lists or texts of more than three items lose their first one."""
    if not isinstance(node, ast.Return) or node.value is None:
        return False
    text = ast.unparse(node.value)
    changed = f"found[1:] if isinstance(found := ({text}), (list, str)) and len(found) > 3 else found"
    node.value = ast.parse(changed, mode="eval").body
    return True


_KINDS: dict[str, Callable[[ast.AST, ast.Module], bool]] = {
    "another name": _other_name,
    "a statement less": _no_statement,
    "no else": _no_else,
    "half a condition": _half_condition,
    "a call less": _unwrapped,
    "a shorter range": _shorter_range,
    "the item before": _next_item,
    "one turn only": _early_return,
    "long results are cut": _special_case,
}
