"""Python text laid out as ``ruff format`` does it, for the few statements that generated tests hold."""

from __future__ import annotations

import ast
import io
import re
import tokenize
import unicodedata
from collections.abc import Iterator

WIDTH = 100
_INDENT = "    "
_ENTERING = re.compile(r"(?P<indent> +)(?P<name>\w+)\.__enter__\(\)")


class TooLongError(Exception):
    """A statement cannot be laid out within the width."""


_Place = tuple[int, int]
"""Row and column."""
_FORMAT_START, _FORMAT_END = getattr(tokenize, "FSTRING_START", -1), getattr(tokenize, "FSTRING_END", -1)


def quoted(text: str) -> str:
    """A string literal with double quotes unless that costs escapes; combining marks are escaped."""
    if '"' not in text:
        return _visible('"' + repr("'" + text)[2:])  # the quote in front makes repr choose double quotes
    if text.count('"') > text.count("'"):
        return _visible(repr(text))
    return _visible('"' + repr(text)[1:-1].replace("\\'", "'").replace('"', '\\"') + '"')


def _visible(source: str) -> str:
    return "".join(_escaped(letter) if unicodedata.category(letter)[0] == "M" else letter for letter in source)


def _escaped(letter: str) -> str:
    return letter.encode("unicode_escape").decode()


def tidy(source: str) -> str:
    """An expression or statement on one line, with the quotes of ``ruff format``."""
    text = ast.unparse(ast.parse(source))
    return _requote(text)


def _requote(text: str) -> str:
    found: list[str] = []
    row, column = 1, 0
    lines = text.splitlines(keepends=True)
    for start, end in _literals(text):
        told = _between(lines, start, end)
        found.extend([_between(lines, (row, column), start), _requoted(told)])
        row, column = end
    found.append(_between(lines, (row, column), (len(lines), len(lines[-1]) if lines else 0)))
    return "".join(found)


def _literals(text: str) -> Iterator[tuple[_Place, _Place]]:
    """Where texts stand, from the first to the last quote; from 3.12 on a formatted one is several tokens."""
    opened: list[_Place] = []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == _FORMAT_START:
            opened.append(token.start)
        elif token.type == _FORMAT_END:
            start = opened.pop()
            yield from [] if opened else [(start, token.end)]
        elif token.type == tokenize.STRING and not opened:
            yield token.start, token.end


def _between(lines: list[str], start: tuple[int, int], end: tuple[int, int]) -> str:
    if start[0] == end[0]:
        return lines[start[0] - 1][start[1] : end[1]]
    middle = "".join(lines[start[0] : end[0] - 1])
    return lines[start[0] - 1][start[1] :] + middle + lines[end[0] - 1][: end[1]]


def _requoted(token: str) -> str:
    if token[0] in "fF":
        is_plain = token[1:2] == "'" and not set(token[2:-1]) & set("'\"\\")
        return f'f"{token[2:-1]}"' if is_plain else token
    value = ast.literal_eval(token)
    if isinstance(value, str):
        return quoted(value)
    return f"b{quoted(value.decode('latin-1'))}" if value.isascii() else _requoted_bytes(value)


def _requoted_bytes(value: bytes) -> str:
    return repr(value) if b'"' in value else 'b"' + repr(b"'" + value)[3:]


def expression(source: str, prefix: str, suffix: str = "", depth: int = 1) -> list[str]:
    """Lines of ``prefix + source + suffix``; a long display or call is broken one item a line.

    Raises:
        TooLongError: a line would still be longer than :data:`WIDTH`.
    """
    flat = f"{_INDENT * depth}{prefix}{tidy(source)}{suffix}"
    if len(flat) <= WIDTH and "\n" not in flat:
        return [flat]
    node = ast.parse(source, mode="eval").body
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return _long_text(node.value, prefix, suffix, depth)
    opening, items, closing = _parts(node)
    lines = [f"{_INDENT * depth}{prefix}{opening}"]
    for head, item in items:
        lines.extend(expression(item, head, ",", depth + 1))
    lines.append(f"{_INDENT * depth}{closing}{suffix}")
    if any(len(line) > WIDTH for line in lines):
        raise TooLongError(source)
    return lines


def _long_text(text: str, prefix: str, suffix: str, depth: int) -> list[str]:
    """A text in parentheses, cut after lines and words."""
    inner = _INDENT * (depth + 1)
    rows: list[str] = []
    for part in re.findall(r"[^\s]*\s+|[^\s]+$", text):
        if rows and not rows[-1].endswith("\n") and len(inner + quoted(rows[-1] + part)) <= WIDTH:
            rows[-1] += part
        else:
            rows.append(part)
    lines = [f"{_INDENT * depth}{prefix}(", *(inner + quoted(row) for row in rows), f"{_INDENT * depth}){suffix}"]
    if any(len(line) > WIDTH for line in lines):
        raise TooLongError(text)
    return lines


def _parts(node: ast.expr) -> tuple[str, list[tuple[str, str]], str]:
    match node:
        case ast.List(elts=[_, *_]):
            return "[", [("", ast.unparse(item)) for item in node.elts], "]"
        case ast.Tuple(elts=[_, *_]):
            return "(", [("", ast.unparse(item)) for item in node.elts], ")"
        case ast.Set():
            return "{", [("", ast.unparse(item)) for item in node.elts], "}"
        case ast.Dict(keys=[_, *_]) if all(node.keys):
            pairs = zip(node.keys, node.values, strict=True)
            return "{", [(f"{tidy(ast.unparse(key))}: ", ast.unparse(value)) for key, value in pairs if key], "}"
        case ast.Call(args=args, keywords=words) if args or words:
            plain = [("", ast.unparse(item)) for item in args]
            named = [(f"{word.arg}=" if word.arg else "**", ast.unparse(word.value)) for word in words]
            return f"{tidy(ast.unparse(node.func))}(", plain + named, ")"
        case _:
            raise TooLongError(ast.unparse(node))


def _function(source: str, depth: int) -> list[str]:
    """A small function inside of another one, with an empty line on either side."""
    heading, *body = source.splitlines()
    inner = [line for text in body for line in statement(text.strip(), depth + 1)]
    return ["", f"{_INDENT * depth}{heading}", *inner, ""]


def single_spaced(lines: list[str]) -> list[str]:
    """No two empty lines in a row: a function among the statements has one on either side."""
    return [line for line, before in zip(lines, ["first", *lines], strict=False) if line or before]


def statement(source: str, depth: int = 1) -> list[str]:
    """Lines of one simple statement: an assignment or a call is broken where it is too long.

    Raises:
        TooLongError: it cannot be broken.
    """
    flat = f"{_INDENT * depth}{tidy(source)}"
    if len(flat) <= WIDTH and "\n" not in flat:
        return [flat]
    match ast.parse(source).body:
        case [ast.AsyncFunctionDef()]:
            return _function(source, depth)
        case [ast.Assign(targets=[ast.Name(id=name)], value=value)]:
            return expression(ast.unparse(value), f"{name} = ", depth=depth)
        case [ast.Expr(value=value)]:
            return expression(ast.unparse(value), "", depth=depth)
        case _:
            raise TooLongError(source)


def in_blocks(lines: list[str]) -> list[str]:
    """``with pool:`` around what follows ``pool.__enter__()``, where that still fits and nothing leaves it by hand."""
    for rank, line in enumerate(lines):
        match = _ENTERING.fullmatch(line)
        rest = lines[rank + 1 :]
        if match is None or not any(rest) or any(".__exit__(" in text for text in rest):
            continue
        within = [f"{_INDENT}{text}" if text else text for text in in_blocks(rest)]
        if max(map(len, within)) > WIDTH:
            return lines
        while not within[0]:
            del within[0]
        return [*lines[:rank], f"{match['indent']}with {match['name']}:", *within]
    return lines
