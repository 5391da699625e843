"""Units of exchange: the outermost functions of a module, each compiled alone from its own text.

Compiling one function takes a fraction of the time of its module, and gives a code object that fits
the live one: same qualified name, lines, name mangling, ``__class__`` cell and future flags.  (CPython
compiles ``module.f()`` a little differently where it sees the import of ``module``; it means the same.)
"""

from __future__ import annotations
import __future__

import ast
import inspect
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from types import CodeType
from typing import Protocol

from pytest_llmgen.mutate.edits import split_lines
from pytest_llmgen.records import Mutant

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef

_CACHED_MODULES = 64
_INDENT = re.compile(r"[ \t\f]*")


class CompileFailed(Exception):  # noqa: N818 (a verdict on a mutant, not a fault)
    """The mutated text is not Python; the message is the compiler's."""


@dataclass(frozen=True, slots=True)
class Unit:
    """An outermost function: ``source[start:end]`` holds its whole lines, decorators included."""

    qualname: str  # as the code object's: two units may share it
    classes: tuple[str, ...]  # around it, outermost first
    start: int
    end: int
    first_line: int  # as ``co_firstlineno``: of the first decorator, else of ``def``
    end_line: int
    text_line: int  # where its text starts: differs from ``first_line`` for ``@(`` only
    indent: str
    decorators: tuple[str, ...]  # last names: ``lru_cache`` for ``@functools.lru_cache()``


@dataclass(frozen=True, slots=True)
class Units:
    """What a module's source says about its units; ``flags`` are those of ``from __future__``."""

    units: tuple[Unit, ...]
    flags: int

    def at(self, offset: int) -> Unit:
        """The unit that holds the offset; by place, because a property's getter and setter share a name.

        Raises:
            LookupError: there is none.
        """
        for unit in self.units:
            if unit.start <= offset < unit.end:
                return unit
        raise LookupError(f"no function at offset {offset}")


@lru_cache(maxsize=_CACHED_MODULES)
def units_of(source: str) -> Units:
    """Every outermost function of the module, also under ``if`` and ``try``; raises SyntaxError."""
    tree = _parse(source)
    lines = split_lines(source)
    offsets = [0, *accumulate(len(line) for line in lines)]
    return Units(tuple(_unit(node, classes, lines, offsets) for node, classes in _outermost(tree, ())), _flags(tree))


def compile_mutant(source: str, path: str, mutant: Mutant) -> CodeType:
    """Compile the mutant's outermost function with the mutant in it.

    Raises:
        CompileFailed: the mutated text is not Python.
        LookupError: there is no function at that place: ``source`` is not the mutant's.
    """
    units = units_of(source)
    unit = units.at(mutant.start)
    return compile_text(mutated_text(source, unit, mutant), path, unit, units.flags)


class Edit(Protocol):
    """What a mutant and its draft have in common."""

    @property
    def start(self) -> int:
        """First offset that changes."""

    @property
    def end(self) -> int:
        """First offset after it that doesn't."""

    @property
    def replacement(self) -> str:
        """What stands between them."""


def mutated_text(source: str, unit: Unit, edit: Edit) -> str:
    """The unit's lines with the edit in them."""
    return source[unit.start : edit.start] + edit.replacement + source[edit.end : unit.end]


def compile_text(text: str, path: str, unit: Unit, flags: int) -> CodeType:
    """The code object of a unit's lines, original or mutated; raises CompileFailed."""
    code = next(_functions_named(compile_module(text, path, unit, flags), unit.qualname), None)
    if code is None:  # the edit turned the function into something else
        raise CompileFailed(f"no function {unit.qualname} in the mutated text")
    return _shifted(code, unit.text_line - 1 - wrapper_of(unit).count("\n"))


def compile_module(text: str, path: str, unit: Unit, flags: int) -> CodeType:
    """A small module with nothing but the unit's lines in it, for its default values; raises CompileFailed."""
    try:
        with warnings.catch_warnings():  # a project's "error" filter would turn a warning into a kill
            warnings.simplefilter("ignore")
            module: CodeType = compile(wrapper_of(unit) + text, path, "exec", flags=flags, dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        raise CompileFailed(str(error)) from None
    return module


def parse_unit(text: str, unit: Unit) -> FunctionNode:
    """The syntax tree of a unit's lines, original or mutated; raises CompileFailed."""
    try:
        tree = _parse(wrapper_of(unit) + text)
    except SyntaxError as error:
        raise CompileFailed(str(error)) from None
    return next(node for node, _ in _outermost(tree, ()))


def wrapper_of(unit: Unit) -> str:
    """Header lines that put the unit's text at home: its classes, or ``if`` for a mere indentation.

    Prefixes of the unit's own indentation are consistent with it, be it tabs or spaces.
    """
    if not unit.classes:
        return "if 1:\n" if unit.indent else ""
    return "".join(f"{unit.indent[:depth]}class {name}:\n" for depth, name in enumerate(unit.classes))


def _parse(text: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)


def _outermost(node: ast.AST, classes: tuple[str, ...]) -> Iterator[tuple[FunctionNode, tuple[str, ...]]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, FunctionNode):
            yield child, classes
        elif isinstance(child, ast.ClassDef):
            yield from _outermost(child, (*classes, child.name))
        elif not isinstance(child, ast.expr):
            yield from _outermost(child, classes)


def _unit(node: FunctionNode, classes: tuple[str, ...], lines: list[str], offsets: list[int]) -> Unit:
    first = node.decorator_list[0].lineno if node.decorator_list else node.lineno
    text_line = first
    while node.decorator_list and not lines[text_line - 1].lstrip().startswith("@"):
        text_line -= 1
    end_line = node.end_lineno or first
    indent = _INDENT.match(lines[text_line - 1])
    return Unit(
        qualname=".".join((*classes, node.name)),
        classes=classes,
        start=offsets[text_line - 1],
        end=offsets[end_line],
        first_line=first,
        end_line=end_line,
        text_line=text_line,
        indent=indent.group() if indent else "",
        decorators=tuple(_last_name(decorator) for decorator in node.decorator_list),
    )


def _last_name(node: ast.expr) -> str:
    while isinstance(node, ast.Call):
        node = node.func
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _flags(tree: ast.Module) -> int:
    flags = 0
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            for alias in node.names:
                flags |= getattr(__future__, alias.name).compiler_flag
    return flags


def nested_codes(code: CodeType) -> Iterator[CodeType]:
    """The code objects that a code object holds directly."""
    return (const for const in code.co_consts if isinstance(const, CodeType))


def _functions_named(code: CodeType, qualname: str) -> Iterator[CodeType]:
    for nested in nested_codes(code):
        if nested.co_qualname == qualname and nested.co_flags & inspect.CO_OPTIMIZED:
            yield nested
        else:
            yield from _functions_named(nested, qualname)


def _shifted(code: CodeType, lines: int) -> CodeType:
    if not lines:
        return code
    consts = tuple(_shifted(const, lines) if isinstance(const, CodeType) else const for const in code.co_consts)
    return code.replace(co_consts=consts, co_firstlineno=code.co_firstlineno + lines)
