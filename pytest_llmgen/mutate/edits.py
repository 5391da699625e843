"""A mutant as an edit of the text: the mutated source and the diff that people read."""

from __future__ import annotations

import re

from pytest_llmgen.records import Mutant

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


def mutated_source(source: str, mutant: Mutant) -> str:
    """The module's whole source with the mutant in it."""
    return source[: mutant.start] + mutant.replacement + source[mutant.end :]


def split_lines(source: str) -> list[str]:
    """The lines as Python counts them (not as ``str.splitlines`` does), line ends included."""
    return _LINE.findall(source)


def diff_of(source: str, mutant: Mutant) -> str:
    r"""The changed lines only, ``-`` before and ``+`` after, joined by ``\n``."""
    before, after = split_lines(source), split_lines(mutated_source(source, mutant))
    start = _common(before, after)
    end = _common(before[start:][::-1], after[start:][::-1])
    removed = before[start : len(before) - end]
    added = after[start : len(after) - end]
    return "\n".join([*(_signed("-", line) for line in removed), *(_signed("+", line) for line in added)])


def _signed(sign: str, line: str) -> str:
    return f"{sign} {line}".rstrip("\r\n")


def _common(left: list[str], right: list[str]) -> int:
    for count, (a, b) in enumerate(zip(left, right, strict=False)):
        if a != b:
            return count
    return min(len(left), len(right))
