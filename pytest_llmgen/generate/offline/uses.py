"""What code does with a value that comes from outside: all that is read of it, called, entered or compared."""

from __future__ import annotations

import ast
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

from pytest_llmgen.generate.offline.code import FunctionNode, dotted

_OF_DICTS = {"get", "items", "keys", "values"}
_SAME = {"list", "tuple", "sorted", "iter", "reversed", "enumerate", "set"}
"""Functions whose result has the items of what they are given."""
_TELLING_NOTHING = {"", "str", "repr", "print", "bool", "len", "type", "list", "dict"}
"""Functions that take anything, or what is seen by its other uses."""


@dataclass(slots=True)
class Use:
    """What is done with a value: everything that is read, called, entered or compared."""

    name: str = ""
    attrs: dict[str, Use] = field(default_factory=dict)
    keys: dict[object, Use] = field(default_factory=dict)
    maybe: set[object] = field(default_factory=set)  # keys that are asked for as if they may be missing
    compared: list[object] = field(default_factory=list)
    call: Use | None = None
    items: Use | None = None
    entered: Use | None = None
    text: Use | None = None  # what it is as JSON
    kind: str = ""  # the type that is asked for
    is_awaited: bool = False
    is_asked: bool = False  # whether it is true
    is_used: bool = False  # what a call gives is not forgotten at once

    @property
    def parts(self) -> list[Use]:
        """What is known of what is in it or comes from it."""
        found = [*self.attrs.values(), *self.keys.values(), self.call, self.items, self.entered, self.text]
        return [part for part in found if part is not None]

    @property
    def is_structured(self) -> bool:
        """Whether an answer of a plain stand-in would not do."""
        own = bool(self.keys or self.items or self.text or self.entered)
        return own or any(part.is_structured for part in self.parts)


_PLAIN = (str, bytes, list, dict, set, int, float, tuple, datetime, timedelta, Decimal, Path, io.StringIO, re.Match)
_KNOWN = frozenset(name for kind in _PLAIN for name in dir(kind))


def is_foreign(use: Use) -> bool:
    """Whether something is called, or asked of an answer, that no plain value has."""
    answers = [part.call for part in use.attrs.values() if part.call is not None]
    called = {name for name, part in use.attrs.items() if part.call is not None}
    asked = {name for answer in answers for name in answer.attrs}
    return not (called | asked) <= _KNOWN


def use_of_name(name: str, node: FunctionNode, *, is_mapping: bool = False) -> Use:
    """What a function does with one of its parameters; ``is_mapping``: a ``get`` of it asks for an entry."""
    return _Reader(lambda item: isinstance(item, ast.Name) and item.id == name, name, is_mapping=is_mapping).read(node)


def use_of_calls(function: str, node: FunctionNode) -> Use:
    """What a function does with what a call of ``requests.get``, say, gives."""
    return _Reader(lambda item: isinstance(item, ast.Call) and dotted(item.func) == function, "answer").read(node)


class _Reader:
    def __init__(self, is_root: Callable[[ast.expr], bool], name: str, *, is_mapping: bool = False) -> None:
        self._is_mapping = is_mapping
        self._is_root, self._root = is_root, Use(name)
        self._held: dict[str, Use] = {}
        self._forgotten: set[int] = set()

    def read(self, node: FunctionNode) -> Use:
        for statement in _in_order(node):
            self._note(statement)
        return self._root

    def _note(self, node: ast.AST) -> None:
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.NamedExpr(target=ast.Name(id=name), value=value)
            ):
                self._hold(name, self._of(value))
            case (
                ast.For(target=target, iter=items)
                | ast.AsyncFor(target=target, iter=items)
                | ast.comprehension(target=target, iter=items)
            ):
                self._loop(target, items)
            case ast.YieldFrom(value=items):
                self._loop(ast.Name("item"), items)
            case ast.Expr(value=ast.Await(value=value)) | ast.Expr(value=value):
                self._forgotten.add(id(value))
            case ast.withitem(context_expr=manager, optional_vars=target):
                self._enter(manager, target)
            case ast.Compare(left=left, comparators=others):
                self._compare([left, *others])
            case ast.If(test=test) | ast.IfExp(test=test) | ast.While(test=test):
                self._ask(test)
            case ast.Call(func=ast.Name(id="isinstance"), args=[value, ast.Name(id=kind)]):
                self._tell(self._of(value), kind)
            case ast.expr():
                self._of(node)

    def _tell(self, use: Use | None, kind: str) -> None:
        if use is not None:
            use.kind = kind

    def _hold(self, name: str, use: Use | None) -> None:
        if use is not None:
            self._held[name] = use
        else:
            self._held.pop(name, None)

    def _loop(self, target: ast.expr, items: ast.expr) -> None:
        use = self._of(items)
        if isinstance(target, ast.Tuple) and isinstance(items, ast.Call) and dotted(items.func) == "enumerate":
            target = target.elts[-1]
        if use is not None and isinstance(target, ast.Name):
            use.items = use.items or Use(target.id)
            self._hold(target.id, use.items)

    def _enter(self, manager: ast.expr, target: ast.expr | None) -> None:
        use = self._of(manager)
        if use is not None:
            use.entered = use.entered or Use(target.id if isinstance(target, ast.Name) else "")
            if isinstance(target, ast.Name):
                self._hold(target.id, use.entered)

    def _compare(self, sides: list[ast.expr]) -> None:
        values = [side.value for side in sides if isinstance(side, ast.Constant)]
        for side in sides:
            use = self._of(side)
            if use is not None:
                use.compared.extend(value for value in values if value not in use.compared)

    def _ask(self, test: ast.expr) -> None:
        for item in test.values if isinstance(test, ast.BoolOp) else [test]:
            use = self._of(item.operand if isinstance(item, ast.UnaryOp) else item)
            if use is not None:
                use.is_asked = True

    def _of(self, node: ast.expr) -> Use | None:  # noqa: PLR0911 (one case a line)
        """What is known of a value; None where it does not come from the root."""
        if self._is_root(node):
            return self._root
        match node:
            case ast.Name(id=name):
                return self._held.get(name)
            case ast.Await(value=value):
                return self._awaited(self._of(value))
            case ast.Attribute(value=value, attr=attr):
                return self._attribute(self._of(value), attr)
            case ast.Subscript(value=value, slice=ast.Constant(value=key)):
                use = self._of(value)
                return use.keys.setdefault(key, Use(str(key))) if use is not None else None
            case ast.Call(func=ast.Attribute(value=value, attr="get"), args=[ast.Constant(value=str() as key), *_]):
                return self._key(self._of(value), key) or self._called(node)
            case ast.Call(args=[only, *_]) if dotted(node.func) in {"json.loads", "loads"}:
                return self._as_text(self._of(only))
            case ast.Call(func=ast.Name(id=name), args=[only]) if name in _SAME:
                return self._of(only)
            case ast.Call():
                return self._called(node)
        return None

    def _awaited(self, use: Use | None) -> Use | None:
        if use is not None:
            use.is_awaited = True
        return use

    def _attribute(self, use: Use | None, attr: str) -> Use | None:
        is_of_dict = use is not None and bool(use.keys) and attr in _OF_DICTS
        return use.attrs.setdefault(attr, Use(attr)) if use is not None and not is_of_dict else None

    def _key(self, use: Use | None, key: str) -> Use | None:
        """``data.get("next")``, unless it is a request: ``session.get("/items")``."""
        if use is None or use.attrs or (use is self._root and not self._is_mapping) or "/" in key:
            return None
        use.maybe.add(key)
        return use.keys.setdefault(key, Use(key))

    def _as_text(self, use: Use | None) -> Use | None:
        if use is None:
            return None
        use.text = use.text or Use(use.name)
        return use.text

    def _called(self, node: ast.Call) -> Use | None:
        function = dotted(node.func)
        taken = self._of(node.args[0]) if len(node.args) == 1 and function not in _TELLING_NOTHING else None
        if taken is not None:
            taken.kind = taken.kind or function
        use = self._of(node.func)
        if use is None:
            return None
        use.call = use.call or Use(use.name)
        use.call.is_used |= id(node) not in self._forgotten
        return use.call


def _in_order(node: ast.AST) -> Iterator[ast.AST]:
    """Everything in a function as it is written, what a comprehension goes through before what it makes."""
    for child in ast.iter_child_nodes(node):
        yield child
        yield from getattr(child, "generators", [])
        yield from _in_order(child)
