"""What a generated test leaves changed in its process, for the tests that come after it in the user's own run.

What the code under test does to itself when it is called (a cache, a counter, a registry) is its own business, unless
the test names it.  What is changed from outside, and what belongs to the whole process, is the test's to put back.
"""

from __future__ import annotations

import ast
import logging
import os
import signal
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any

from pytest_llmgen.run.states import WATCHED_SIGNALS

NOT_THERE = object()
OWN_VARIABLE = "PYTEST_CURRENT_TEST"
WIDTH = 1000
"""Of a larger container only the length counts."""
_CODE = (FunctionType, BuiltinFunctionType, type, ModuleType)
_CONTAINERS = (dict, list, set)


@dataclass(slots=True)
class _Known:
    """A module or a class as it was."""

    names: dict[str, Any]
    contents: dict[str, Any] = field(default_factory=dict)  # of containers, shallow
    is_ours: bool = True  # of the project; else only code is looked at


class Leftovers:
    """Made before a test file is imported; :meth:`know` what comes with it; :meth:`found` after its last test."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        """``texts`` are the sources in scope, by absolute path."""
        self._texts, self._loaded = texts, frozenset(sys.modules)
        self._process = dict(_process())
        self._folders: set[str] = set()  # above the test files: pytest puts one in sys.path
        self._known: dict[str, _Known] = {}
        self._remember(_modules(texts))

    def know(self, namespaces: Sequence[Mapping[str, Any]]) -> None:
        """Modules that were imported meanwhile, and others that the test files have names for."""
        self._folders = {str(parent) for names in namespaces for parent in Path(names.get("__file__", "")).parents}
        self._process["sys.path"] = list(sys.path)
        self._remember(_modules(self._texts, self._loaded))
        named = [value for names in namespaces for value in list(names.values())]
        modules = [value if isinstance(value, ModuleType) else _home(value) for value in named]
        for module in modules:
            if module is not None and module.__name__ not in self._known:
                self._known[module.__name__] = _Known(_public(vars(module)), is_ours=False)

    def found(self, source: str) -> tuple[str, ...]:
        """What is not as it was, in words; ``source`` is that of the tests."""
        now = dict(_process())
        for paths in (now["sys.path"], self._process["sys.path"]):
            paths[:] = [path for path in paths if path not in self._folders]
        changed = [what for what in self._process if now.get(what, NOT_THERE) != self._process[what]]
        changed += [what for what in now if what not in self._process]
        named = _names_in(source)
        for place, known in self._known.items():
            changed += self._changes(place, known, named)
        return tuple(dict.fromkeys(changed))

    def _remember(self, modules: Mapping[str, ModuleType]) -> None:
        for name, module in modules.items():
            if name not in self._known:
                for place, holder in _holders(name, module):
                    names = _public(vars(holder))
                    self._known[place] = _Known(names, {n: _copied(v) for n, v in names.items() if _is_plain(v)})

    def _changes(self, place: str, known: _Known, named: frozenset[str]) -> Iterator[str]:
        holder = _find(place)
        if holder is None:
            return
        now = _public(vars(holder))
        for name in {*known.names, *now}:
            before, after = known.names.get(name, NOT_THERE), now.get(name, NOT_THERE)
            if not known.is_ours and not isinstance(before, _CODE):
                continue
            if isinstance(after, ModuleType) and before is NOT_THERE:  # a submodule that was imported
                continue
            if before is after:
                is_changed = name in named and name in known.contents and _copied(after) != known.contents[name]
            elif is_changed := not _is_equal(before, after):
                is_changed = name in named or not known.is_ours or name not in self._own_names(place)
            if is_changed:
                yield f"{place.replace(':', '.')}.{name}"

    def _own_names(self, place: str) -> frozenset[str]:
        """What the code itself may bind anew: anything where it does so by names made at run time."""
        module = sys.modules.get(place.partition(":")[0])
        return _bound_by(self._texts.get(getattr(module, "__file__", None) or "", ""))


def _process() -> Iterator[tuple[str, Any]]:
    try:
        yield "the working folder", os.getcwd()  # noqa: PTH109 (a string)
    except OSError:
        yield "the working folder", None
    yield "sys.path", list(sys.path)
    yield "the recursion limit", sys.getrecursionlimit()
    yield "the level of logging", (logging.root.level, logging.root.manager.disable)
    yield from ((f"the handler of {number.name}", signal.getsignal(number)) for number in WATCHED_SIGNALS)
    yield from ((f"os.environ[{name!r}]", value) for name, value in os.environ.items() if name != OWN_VARIABLE)


def _modules(texts: Mapping[str, str], known: Collection[str] = ()) -> dict[str, ModuleType]:
    """Modules in scope, without those of known names: to touch all that is loaded costs a fork milliseconds."""
    found = [sys.modules.get(name) for name in list(sys.modules) if name not in known]
    modules = [module for module in found if isinstance(module, ModuleType)]
    return {module.__name__: module for module in modules if getattr(module, "__file__", None) in texts}


def _holders(name: str, module: ModuleType) -> Iterator[tuple[str, Any]]:
    """The module and the classes that it defines, as ``module:Class``."""
    yield name, module
    for value in list(vars(module).values()):
        if isinstance(value, type) and value.__module__ == name and "." not in value.__qualname__:
            yield f"{name}:{value.__qualname__}", value


def _find(place: str) -> Any:
    module, _, name = place.partition(":")
    found = sys.modules.get(module)
    return getattr(found, name, None) if name else found


def _home(value: Any) -> ModuleType | None:
    """The module of a class or function; of what stands for the interpreter's own code."""
    name = getattr(value, "__module__", None) if isinstance(value, type | FunctionType) else None
    return sys.modules.get(name) if isinstance(name, str) else None


def _public(names: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in list(names.items()) if not (name.startswith("__") and name.endswith("__"))}


def _is_plain(value: Any) -> bool:
    return type(value) in _CONTAINERS


def _copied(value: Any) -> Any:
    """The identities in a container: an element's own equality may do anything."""
    if len(value) > WIDTH:
        return len(value)
    if isinstance(value, dict):
        return [(id(key), id(each)) for key, each in value.items()]
    return [id(each) for each in value] if isinstance(value, list) else {id(each) for each in value}


def _is_equal(one: Any, other: Any) -> bool:
    """Of plain values; whatever else is another object is another."""
    return type(one) is type(other) and isinstance(one, str | int | float | bytes | None) and one == other


def _names_in(source: str) -> frozenset[str]:
    nodes = list(ast.walk(ast.parse(source)))
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    names |= {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    return frozenset(names | {alias.name for n in nodes if isinstance(n, ast.ImportFrom) for alias in n.names})


class _Everything(frozenset[str]):
    """Holds every name."""

    def __contains__(self, name: object) -> bool:
        return True


_BY_NAME = frozenset({"globals", "setattr", "vars", "exec", "eval", "delattr"})


def _bound_by(text: str) -> frozenset[str]:
    """Names that functions of a module bind in it or in classes."""
    try:
        nodes = list(ast.walk(ast.parse(text)))
    except SyntaxError:
        return _Everything()
    if any(isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id in _BY_NAME for n in nodes):
        return _Everything()
    names = {name for node in nodes if isinstance(node, ast.Global) for name in node.names}
    names |= {n.attr for n in nodes if isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Store | ast.Del)}
    return frozenset(names)
