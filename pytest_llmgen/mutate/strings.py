"""The pieces that a string in the source is written in, and the expressions in its f-strings."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pytest_llmgen.mutate.spots import skip

_OPENING = re.compile(r"""([A-Za-z]*)('''|\"\"\"|'|\")""")
_STRING = re.compile(r"""[A-Za-z]*(?:'|\")""")
_OPEN, _CLOSED = "([{", ")]}"
_COMPARED = ("==", "!=", "<=", ">=")


@dataclass(frozen=True, slots=True)
class Piece:
    """One literal of a string that may be written as several side by side."""

    start: int
    end: int
    prefix: str
    quote: str
    expressions: tuple[tuple[int, int], ...] = ()  # spans, those in format specifications included

    @property
    def is_formatted(self) -> bool:
        """Whether it is an f-string (or a template string)."""
        return "f" in self.prefix.lower() or "t" in self.prefix.lower()


def pieces_of(source: str, start: int, end: int) -> list[Piece]:
    """The literals between two offsets; raises ValueError for text that holds anything else."""
    pieces = []
    while start < end:
        piece = _piece(source, start)
        pieces.append(piece)
        start = skip(source, piece.end)
    return pieces


def _piece(source: str, start: int) -> Piece:
    opening = _OPENING.match(source, start)
    if not opening:
        raise ValueError(f"no string at offset {start}")
    prefix, quote = opening.groups()
    expressions: list[tuple[int, int]] = []
    is_formatted = "f" in prefix.lower() or "t" in prefix.lower()
    offset = opening.end()
    while not source.startswith(quote, offset):
        if offset >= len(source):
            raise ValueError("a string without an end")
        if source[offset] == "\\":
            offset = _after_escape(source, offset, is_raw="r" in prefix.lower(), is_formatted=is_formatted)
        elif is_formatted and source.startswith(("{{", "}}"), offset):
            offset += 2
        elif is_formatted and source[offset] == "{":
            offset = _after_field(source, offset, expressions)
        else:
            offset += 1
    return Piece(start, offset + len(quote), prefix, quote, tuple(expressions))


def _after_escape(source: str, offset: int, *, is_raw: bool, is_formatted: bool) -> int:
    if is_formatted and source.startswith("\\N{", offset) and not is_raw:
        return source.index("}", offset) + 1
    if is_formatted and source[offset + 1] in "{}":  # a backslash protects quotes only
        return offset + 1
    return offset + 2


def _after_field(source: str, offset: int, expressions: list[tuple[int, int]]) -> int:
    """The offset after a replacement field, whose expressions are added to the list."""
    start = offset + 1
    end = _end_of_expression(source, start)
    stripped = source[start:end].rstrip()
    debug = stripped.endswith("=") and not stripped.endswith(_COMPARED)
    expressions.append((start, start + len(stripped) - debug))
    offset = end
    if source[offset] == "!":
        offset = skip(source, offset + 1)
        while source[offset].isalnum():
            offset += 1
        offset = skip(source, offset)
    if source[offset] == ":":
        offset += 1
        while source[offset] != "}":
            offset = _after_field(source, offset, expressions) if source[offset] == "{" else offset + 1
    return offset + 1


def _end_of_expression(source: str, offset: int) -> int:
    depth = 0
    while True:
        character = source[offset]
        if depth == 0 and (character in "}:" or (character == "!" and source[offset + 1] != "=")):
            return offset
        depth += (character in _OPEN) - (character in _CLOSED)
        if character in "'\"":
            offset = _piece(source, _start_of_prefix(source, offset)).end
        elif character == "#":
            offset = skip(source, offset)
        else:
            offset += 1


def _start_of_prefix(source: str, quote: int) -> int:
    start = quote
    while source[start - 1].isalpha() and quote - start < 2:  # noqa: PLR2004 (``rb``)
        start -= 1
    return start if source[start - 1] != "_" and not source[start - 1].isalnum() else quote
