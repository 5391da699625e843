"""Activating a mutant in a running process by exchanging the code of live functions.

Standard library only: this is imported in the workers.
"""

from __future__ import annotations

import ast
import gc
import inspect
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import AsyncGeneratorType, CodeType, CoroutineType, FunctionType, GeneratorType, TracebackType
from typing import Any, Self

from pytest_llmgen.mutate.units import (
    FunctionNode,
    Unit,
    compile_mutant,
    mutated_text,
    parse_unit,
    units_of,
)
from pytest_llmgen.records import Mutant

_LOCALS = ".<locals>."
_CODE_ATTRIBUTES: dict[type, str] = {
    FunctionType: "__code__",
    GeneratorType: "gi_code",
    CoroutineType: "cr_code",
    AsyncGeneratorType: "ag_code",
}
_KINDS = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR | inspect.CO_ITERABLE_COROUTINE

_BLIND_DECORATORS = frozenset(
    {
        *("staticmethod", "classmethod", "property", "getter", "setter", "deleter", "cached_property"),
        *("lru_cache", "cache", "wraps", "contextmanager", "asynccontextmanager"),
        *("abstractmethod", "override", "final"),
    }
)
"""Decorators that don't look at default values when they are applied."""


class NeedsImport(Exception):  # noqa: N818 (a verdict on a mutant, not a fault)
    """Exchanging code is not enough; the message says why."""


@dataclass(frozen=True, slots=True)
class Index:
    """What is alive of the files under test, by path."""

    functions: Mapping[str, Mapping[str, tuple[FunctionType, ...]]]  # by qualified name
    held: Mapping[str, frozenset[tuple[str, int]]]  # name and line of code that keeps running as it was

    def of_unit(self, path: str, unit: Unit) -> tuple[FunctionType, ...]:
        """Every live copy of a unit; more than one where its module was loaded twice."""
        named = self.functions.get(path, {}).get(unit.qualname, ())
        return tuple(function for function in named if function.__code__.co_firstlineno == unit.first_line)

    def joined(self, other: Index) -> Index:
        """With what a later walk has found."""
        functions = {path: dict(named) for path, named in self.functions.items()}
        for path, named in other.functions.items():
            mine = functions.setdefault(path, {})
            for name, alike in named.items():
                known = mine.get(name, ())
                mine[name] = (*known, *(each for each in alike if not any(each is one for one in known)))
        paths = {**self.held, **other.held}
        held = {path: self.held.get(path, frozenset()) | other.held.get(path, frozenset()) for path in paths}
        return Index(functions, held)

    def held_of(self, path: str, unit: Unit) -> str | None:
        """A closure or a suspended generator that a call of the unit left behind: it keeps the old code."""
        for qualname, line in self.held.get(path, ()):
            is_part = f"{qualname}.".startswith(f"{unit.qualname}.")
            if is_part and unit.first_line <= line <= unit.end_line:
                return qualname
        return None


@dataclass(slots=True)
class Activation:
    """An active mutant; also a context manager that undoes it."""

    _before: list[tuple[FunctionType, CodeType, tuple[Any, ...] | None, dict[str, Any] | None]] = field(
        default_factory=list
    )

    def undo(self) -> None:
        """Give every function its own code and defaults back; what is as it was is not bound anew: others listen."""
        while self._before:
            function, code, defaults, keyword_defaults = self._before.pop()
            function.__code__ = code
            if function.__defaults__ is not defaults:
                function.__defaults__ = defaults
            if function.__kwdefaults__ is not keyword_defaults:
                function.__kwdefaults__ = keyword_defaults

    def remember(self, function: FunctionType) -> None:
        """Note a function's state before it is changed."""
        self._before.append((function, function.__code__, function.__defaults__, function.__kwdefaults__))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.undo()


def index_functions(root: str, paths: Iterable[str]) -> Index:
    """Find the live functions of the files ``paths`` (relative to ``root``) by one walk of the heap.

    To be called after the modules are imported and before ``gc.freeze()``, which hides objects from
    the walk.  Functions made later by units under test need not be in it: they get the code in force.
    """
    path_of = _path_finder(root, paths)
    functions: dict[str, dict[str, list[FunctionType]]] = {}
    held: dict[str, set[tuple[str, int]]] = {}
    for thing in [each for each in gc.get_objects() if type(each) in _CODE_ATTRIBUTES]:  # few of very many
        code = _code_of(thing)
        path = path_of(code.co_filename) if code else None
        if code is None or path is None:
            continue
        if isinstance(thing, FunctionType) and _LOCALS not in code.co_qualname:
            functions.setdefault(path, {}).setdefault(code.co_qualname, []).append(thing)
        else:
            held.setdefault(path, set()).add((code.co_qualname, code.co_firstlineno))
    return Index(
        {path: {name: tuple(alike) for name, alike in named.items()} for path, named in functions.items()},
        {path: frozenset(codes) for path, codes in held.items()},
    )


def _path_finder(root: str, paths: Iterable[str]) -> Callable[[str], str | None]:
    by_file = {Path(root, path).resolve(): path for path in paths}
    names = {file.name for file in by_file}

    @cache
    def path_of(filename: str) -> str | None:
        is_likely = os.path.basename(filename) in names  # noqa: PTH119 (of thousands of names, at a tenth of the price)
        return by_file.get(Path(filename).resolve()) if is_likely else None

    return path_of


def _code_of(thing: object) -> CodeType | None:
    """The code of a function or of a suspended frame; exact types, for speed and because objects may lie."""
    attribute = _CODE_ATTRIBUTES.get(type(thing))
    return getattr(thing, attribute) if attribute else None


@dataclass(frozen=True, slots=True)
class Prepared:
    """A mutant ready to be activated, any number of times: everything that can be worked out before a fork."""

    functions: tuple[FunctionType, ...]
    code: CodeType | None = None
    defaults: tuple[tuple[int | str, ast.expr], ...] = ()  # those that change

    def activate(self) -> Activation:
        """Make the mutant the code that runs."""
        activation = Activation()
        for function in self.functions:
            activation.remember(function)
            if self.code is not None:
                function.__code__ = self.code
            for key, node in self.defaults:
                _set_default(function, key, ast.literal_eval(node))
        return activation


def activate(mutant: Mutant, source: str, index: Index) -> Activation:
    """Prepare and activate a mutant; raises what :func:`prepare` raises."""
    return prepare(mutant, source, index).activate()


def prepare(mutant: Mutant, source: str, index: Index) -> Prepared:
    """Compile a mutant for the functions that are alive; ``source`` is the module's original text.

    Raises:
        NeedsImport: only a fresh process that imports the mutated source shows this mutant truly.
        CompileFailed: the mutated text is not Python.
    """
    if mutant.needs_import:
        raise NeedsImport("its code runs when the module is imported")
    unit = units_of(source).at(mutant.start)
    functions = index.of_unit(mutant.path, unit)
    if not functions:
        raise NeedsImport(f"{mutant.unit} is not live")
    if mutant.in_signature:
        return Prepared(functions, defaults=_changed_defaults(mutant, source, unit, functions))
    held = index.held_of(mutant.path, unit)
    if held:
        raise NeedsImport(f"{held} was made before the mutant was active")
    code = compile_mutant(source, functions[0].__code__.co_filename, mutant)
    for function in functions:
        _check_fit(code, function.__code__)
    return Prepared(functions, code)


def _check_fit(new: CodeType, old: CodeType) -> None:
    if new.co_freevars != old.co_freevars:
        raise NeedsImport(f"free variables of {old.co_qualname} change")
    if (new.co_flags ^ old.co_flags) & _KINDS:
        raise NeedsImport(f"{old.co_qualname} becomes another kind of function")


# --- Default values -----------------------------------------------------------------------------


def _changed_defaults(
    mutant: Mutant, source: str, unit: Unit, functions: tuple[FunctionType, ...]
) -> tuple[tuple[int | str, ast.expr], ...]:
    strangers = set(unit.decorators) - _BLIND_DECORATORS
    if strangers:
        raise NeedsImport("a decorator may have read the default values")
    before = _defaults(parse_unit(source[unit.start : unit.end], unit))
    after = _defaults(parse_unit(mutated_text(source, unit, mutant), unit))
    changed = tuple((key, node) for key, node in after.items() if ast.dump(node) != ast.dump(before[key]))
    for _, node in changed:
        _check_literal(node)
    for function in functions:
        _check_defaults(function, before)
    return changed


def _defaults(node: FunctionNode) -> dict[int | str, ast.expr]:
    """Default values by place for positional parameters, by name for keyword-only ones."""
    keywords = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
    return {
        **dict(enumerate(node.args.defaults)),
        **{argument.arg: default for argument, default in keywords if default is not None},
    }


def _check_defaults(function: FunctionType, written: Mapping[int | str, ast.expr]) -> None:
    live = {*range(len(function.__defaults__ or ())), *(function.__kwdefaults__ or {})}
    if live != set(written):
        raise NeedsImport(f"default values of {function.__qualname__} were changed at run time")


def _set_default(function: FunctionType, key: int | str, value: object) -> None:
    if isinstance(key, int):
        defaults = function.__defaults__ or ()
        function.__defaults__ = (*defaults[:key], value, *defaults[key + 1 :])
    else:
        function.__kwdefaults__ = {**(function.__kwdefaults__ or {}), key: value}


def _check_literal(node: ast.expr) -> None:
    try:
        ast.literal_eval(node)
    except ValueError:
        raise NeedsImport("the default value is worked out when the module is imported") from None
