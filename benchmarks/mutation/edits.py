"""A mutant of any tool as an edit of the text, and whether two of them are the same change."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from types import CodeType
from typing import Any

Scope = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Edit:
    """``source[start:end]`` becomes ``replacement``; offsets in code points."""

    start: int
    end: int
    replacement: str

    def applied(self, source: str) -> str:
        """The mutated source."""
        return source[: self.start] + self.replacement + source[self.end :]


class Text:
    """A module's text, to tell what an edit comes to."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._tree = ast.parse(source)
        self._offsets = [0]
        for line in source.split("\n"):
            self._offsets.append(self._offsets[-1] + len(line) + 1)

    def offset(self, line: int, column: int) -> int:
        """From what the ast module says: lines from 1, columns in bytes."""
        start = self._offsets[line - 1]
        text = self.source[start : self._offsets[line] - 1]
        return start + len(text.encode()[:column].decode())

    def line(self, offset: int) -> int:
        """The line of an offset, from 1."""
        return self.source.count("\n", 0, offset) + 1

    def span(self, node: Any, *, decorators: bool = True) -> tuple[int, int]:
        """The offsets of a node; a statement begins where its first line does."""
        above = [each.lineno for each in getattr(node, "decorator_list", ())] if decorators else []
        first, column = min([node.lineno, *above]), 0 if isinstance(node, ast.stmt) else node.col_offset
        return self.offset(first, column), self.offset(node.end_lineno, node.end_col_offset)

    @cached_property
    def scopes(self) -> tuple[tuple[str, Scope], ...]:
        """Functions outside of functions, by qualified name; same names may come more than once."""
        return tuple(_functions(self._tree, ""))

    @cached_property
    def _whole(self) -> tuple[tuple[int, int, ast.stmt], ...]:
        return tuple((*self.span(statement), statement) for statement in self._tree.body)

    def unit_of(self, edit: Edit) -> tuple[int, int]:
        """The statement of the module that holds an edit."""
        for start, end, _ in self._whole:
            if start <= edit.start and edit.end <= end:
                return start, end
        return 0, len(self.source)

    def keys(self, edit: Edit) -> tuple[str, str]:
        """Two names of what an edit comes to: by syntax tree, and by bytecode; empty where it is no Python."""
        start, end = self.unit_of(edit)
        text = self.source[start : edit.start] + edit.replacement + self.source[edit.end : end]
        try:
            tree = ast.parse(text)
            code = compile(tree, "m", "exec", dont_inherit=True)
        except (SyntaxError, ValueError):
            return "", ""
        return f"{start}:{_digest(ast.dump(tree))}", f"{start}:{_digest(repr(_shape(code)))}"

    def unchanged(self) -> frozenset[str]:
        """The second key of every edit that comes to nothing."""
        return frozenset(self.keys(Edit(start, start, ""))[1] for start, _, _ in self._whole)


def _functions(node: ast.AST, prefix: str) -> Iterator[tuple[str, Scope]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef):
            yield from _functions(child, f"{prefix}{child.name}.")
        elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{prefix}{child.name}", child
        else:
            yield from _functions(child, prefix)


def _shape(code: CodeType) -> tuple[object, ...]:
    """All of a code object that matters but where it stands."""
    constants = tuple(_shape(each) if isinstance(each, CodeType) else (type(each), each) for each in code.co_consts)
    names = (code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars, code.co_name)
    counts = (code.co_argcount, code.co_kwonlyargcount, code.co_posonlyargcount, code.co_flags)
    return (code.co_code, code.co_exceptiontable, constants, names, counts)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
