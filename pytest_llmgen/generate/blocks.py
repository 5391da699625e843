"""A reply's text to the Python in it: fences, chatter, torn ends."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

_FENCE = re.compile(r"^[ \t]*(?P<marks>`{3,}|~{3,})[ \t]*(?P<language>[\w+.-]*)[^\n]*$", re.MULTILINE)
_PYTHON = frozenset({"", "python", "py", "python3", "pytest"})
_START = re.compile(r"^(?:import |from \w|def |async def |class |@)", re.MULTILINE)
_TOP = re.compile(r"[^\s#)\]}]")
_TEST = re.compile(r"^[ \t]*(?:async[ \t]+)?def[ \t]+test", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of a reply that may be Python."""

    code: str
    line: int  # of its first line in the reply
    is_closed: bool = True  # whether the fence was closed


@dataclass(frozen=True, slots=True)
class Broken:
    """A part that is not Python."""

    line: int  # in the block
    message: str
    is_last: bool


@dataclass(frozen=True, slots=True)
class Parsed:
    """What of a block is Python: statements, each with the source that it was read from."""

    statements: tuple[tuple[ast.stmt, str], ...]
    broken: tuple[Broken, ...] = ()


def find(text: str) -> list[Block]:
    """The blocks that hold tests; without any, every block that may be Python; without fences, the rest.

    A reply without a fence is taken from the first line on that looks like code.
    """
    text = text.replace("\r\n", "\n").replace("\0", "")
    blocks = list(_fenced(text))
    if blocks:
        return [block for block in blocks if _TEST.search(block.code)] or blocks
    start = _START.search(text)
    return [Block(text[start.start() :], text.count("\n", 0, start.start()) + 1)] if start else []


def _fenced(text: str) -> Iterator[Block]:
    opening: re.Match[str] | None = None
    for match in _FENCE.finditer(text):
        if opening is None:
            opening = match
        elif match["marks"].startswith(opening["marks"]) and not match["language"]:
            yield from _block(text, opening, match.start(), is_closed=True)
            opening = None
    if opening is not None:
        yield from _block(text, opening, len(text), is_closed=False)


def _block(text: str, opening: re.Match[str], end: int, *, is_closed: bool) -> Iterator[Block]:
    if opening["language"].lower() in _PYTHON:
        line = text.count("\n", 0, opening.end()) + 2
        yield Block(text[opening.end() + 1 : end], line, is_closed)


def read(block: Block, *, is_cut: bool) -> Parsed:
    """The statements of a block; where it is not Python as a whole, of each part of it that is.

    ``is_cut`` says that the reply was cut off: an open fence's last statement then counts as torn.
    """
    try:
        parsed = Parsed(tuple(_statements(block.code)))
    except _NOT_PYTHON:
        parsed = _salvage(block.code)
    torn = is_cut and not block.is_closed and not parsed.broken and len(parsed.statements) > 0
    if torn:
        last = parsed.statements[-1][0]
        return Parsed(parsed.statements[:-1], (Broken(last.lineno, "the reply ends in it", is_last=True),))
    return parsed


_NOT_PYTHON = (SyntaxError, ValueError, RecursionError, MemoryError)


def _statements(code: str) -> Iterator[tuple[ast.stmt, str]]:
    tree = ast.parse(code)
    lines = code.split("\n")
    for statement in tree.body:
        yield statement, source_of(statement, lines)


def source_of(statement: ast.stmt, lines: list[str]) -> str:
    """The lines of a statement, decorators included."""
    decorators = getattr(statement, "decorator_list", [])
    start = min([statement.lineno, *(decorator.lineno for decorator in decorators)])
    segment = lines[start - 1 : statement.end_lineno]
    return "\n".join(line.rstrip() if not _in_string(statement) else line for line in segment)


def _in_string(statement: ast.stmt) -> bool:
    """Whether some string of it spans lines, so that blanks at line ends may matter."""
    strings = (n for n in ast.walk(statement) if isinstance(n, ast.Constant) and isinstance(n.value, str))
    return any(string.lineno != string.end_lineno for string in strings)


def _salvage(code: str) -> Parsed:
    """Reads each top-level part for itself, so that one broken test costs nothing but itself."""
    statements: list[tuple[ast.stmt, str]] = []
    broken: list[Broken] = []
    parts = list(_parts(code))
    for line, part in parts:
        try:
            found = list(_statements(part))
        except _NOT_PYTHON as error:
            message = getattr(error, "msg", None) or str(error)
            broken.append(Broken(line, message, is_last=line == parts[-1][0]))
            continue
        for statement, _ in found:
            ast.increment_lineno(statement, line - 1)
        statements += found
    return Parsed(tuple(statements), tuple(broken))


def _parts(code: str) -> Iterator[tuple[int, str]]:
    """Stretches that begin at the left margin; decorators stay with what they decorate."""
    lines = code.split("\n")
    starts: list[int] = []
    for number, line in enumerate(lines):
        decorated = bool(starts) and lines[starts[-1]].startswith("@") and _is_decorators(lines[starts[-1] : number])
        if _TOP.match(line) and not decorated:
            starts.append(number)
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        yield start + 1, "\n".join(lines[start:end])


def _is_decorators(lines: list[str]) -> bool:
    return not any(re.match(r"(?:async\s+def|def|class)\b", line) for line in lines)
