"""The same text with the quotes of the project's formatter."""

from __future__ import annotations

import io
import tokenize

_DOUBLE, _SINGLE = '"', "'"


def with_quotes(text: str, quote: str) -> str:
    """Literals in double quotes in others, where nothing in them needs the double ones; docstrings stay."""
    if quote == _DOUBLE:
        return text
    lines = text.splitlines(keepends=True)
    tokens = [token for token in tokenize.generate_tokens(io.StringIO(text).readline) if _can_change(token)]
    for token in reversed(tokens):
        row, start, end = token.start[0] - 1, token.start[1], token.end[1]
        line = lines[row]
        lines[row] = line[:start] + token.string.replace(_DOUBLE, _SINGLE) + line[end:]
    return "".join(lines)


def _can_change(token: tokenize.TokenInfo) -> bool:
    literal = token.string.lstrip("rbuRBU")
    is_plain = token.type == tokenize.STRING and literal.startswith(_DOUBLE) and not literal.startswith(_DOUBLE * 3)
    is_free = _SINGLE not in literal and literal.count(_DOUBLE) == len("''")
    return is_plain and is_free and token.start[0] == token.end[0]
