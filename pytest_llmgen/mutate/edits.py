"""A mutant as an edit of the text: the mutated source and the diff that people read."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import lru_cache
from itertools import accumulate

from pytest_llmgen.records import Mutant, Region

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


def mutated_source(source: str, mutant: Mutant) -> str:
    """The module's whole source with the mutant in it."""
    return source[: mutant.start] + mutant.replacement + source[mutant.end :]


def split_lines(source: str) -> list[str]:
    """The lines as Python counts them (not as ``str.splitlines`` does), line ends included."""
    return _LINE.findall(source)


class Lines:
    """Where the lines of a source start: between offsets, and lines and columns."""

    def __init__(self, source: str) -> None:
        self._offsets = [0, *accumulate(len(line) for line in split_lines(source))]

    def offset(self, line: int, column: int = 0) -> int:
        """The offset of a place; lines count from 1, columns from 0."""
        return self._offsets[line - 1] + column

    def region(self, start: int, end: int) -> Region:
        """The stretch between two offsets."""
        return Region(*self._place(start), *self._place(end))

    def _place(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._offsets, offset)
        return line, offset - self._offsets[line - 1] + 1


@lru_cache(maxsize=4096)  # gaps are assessed two or three times a run
def diff_of(source: str, mutant: Mutant) -> str:
    r"""The changed lines only, ``-`` before and ``+`` after, joined by ``\n``."""
    before, starts = _whole(source)
    first, last = max(0, bisect_right(starts, mutant.start) - 2), bisect_right(starts, mutant.end) + 1
    touched = "".join(before[first:last])  # with a line more on both sides: their ends may be a part of the change
    begin, end = mutant.start - starts[first], mutant.end - starts[first]
    changed = split_lines(touched[:begin] + mutant.replacement + touched[end:])
    after = [*before[:first], *changed, *before[last:]]
    start = _common(before, after)
    end = _common(before[start:][::-1], after[start:][::-1])
    removed = before[start : len(before) - end]
    added = after[start : len(after) - end]
    return "\n".join([*(_signed("-", line) for line in removed), *(_signed("+", line) for line in added)])


@lru_cache(maxsize=16)
def _whole(source: str) -> tuple[list[str], list[int]]:
    """The lines and where they start, worked out once for all mutants of a module; nobody changes them."""
    lines = split_lines(source)
    return lines, [0, *accumulate(len(line) for line in lines)][: max(1, len(lines))]


def _signed(sign: str, line: str) -> str:
    return f"{sign} {line}".rstrip("\r\n")


def _common(left: list[str], right: list[str]) -> int:
    for count, (a, b) in enumerate(zip(left, right, strict=False)):
        if a != b:
            return count
    return min(len(left), len(right))
