"""Stretches of code as text, compared without their formatting: what review files hold is readable source."""

from __future__ import annotations

import ast
import io
import re
import tokenize
import warnings
from collections.abc import Iterator
from functools import lru_cache

from pytest_llmgen.review.fingerprint import canonical

_CACHED_TEXTS = 20_000
_LEADING = re.compile(r"^(elif|except|case|match|@)")
# What a lonely header needs around it to be Python.
_AROUND = {
    "elif": "if {}\n pass",
    "except": "try:\n pass\nexcept {}\n pass",
    "case": "match _:\n case {}\n  pass",
    "match": "match {}\n case _:\n  pass",
    "@": "@{}\ndef _():\n pass",
}


@lru_cache(maxsize=_CACHED_TEXTS)
def canonical_text(text: str) -> str:
    """A text that is equal for code that differs in formatting, quotes, redundant parentheses and comments only.

    Works for expressions, statements, and fragments such as ``else:`` or the header of a loop; what is not
    Python is compared as it stands, spaces apart.
    """
    return "\n".join(_canonical_line(line) for line in _logical_lines(text))


def one_line(text: str) -> str:
    """The text of an expression or statement on one line, without comments."""
    if "\n" not in text and "\r" not in text:
        return text.strip()
    return " ".join(" ".join(_logical_lines(text)).split())


def _canonical_line(line: str) -> str:
    tree = next(_parsed(line), None)
    if tree is None:
        return " ".join(line.split()).replace(" :", ":")
    return ("elif " if line.startswith("elif") else "") + canonical(tree)


def _parsed(line: str) -> Iterator[ast.AST]:
    for attempt in _attempts(line.strip()):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                yield ast.parse(attempt)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue


def _attempts(line: str) -> Iterator[str]:
    yield line
    if line.endswith(":"):
        yield f"{line}\n pass"
    if found := _LEADING.match(line):
        yield _AROUND[found[1]].format(line.removeprefix(found[1]).strip())
    yield f"({line}\n)"


def _logical_lines(text: str) -> list[str]:
    """The statements of a text, each on one or more lines, without comments and indentation.

    Where the text can't be split, it is one statement.
    """
    lines = [line.strip() for line in text.splitlines()]
    logical, start = [], 0
    try:
        for token in tokenize.generate_tokens(io.StringIO("\n".join(lines) + "\n").readline):
            row, column = token.start
            if token.type == tokenize.COMMENT:
                lines[row - 1] = lines[row - 1][:column].rstrip()
            elif token.type == tokenize.NEWLINE:
                logical.append("\n".join(filter(None, lines[start:row])))
                start = row
    except (SyntaxError, tokenize.TokenError):
        return ["\n".join(lines)]
    return logical or ["\n".join(filter(None, lines))]
