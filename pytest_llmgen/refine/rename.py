"""Names in a piece of source: which it uses and defines, and the same text with other names."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Mapping

_SKIPPED = frozenset({tokenize.NL, tokenize.NEWLINE, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT})
_OPEN, _CLOSE = frozenset("([{"), frozenset(")]}")


def used_names(text: str) -> frozenset[str]:
    """Names that a piece reads or takes as parameters, also within annotations that are strings."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Name):
            names.add(node.id)
        elif isinstance(node, ast.arg):
            names.add(node.arg)
            names |= _annotation_names(node.annotation)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            names |= _annotation_names(node.returns)
        elif isinstance(node, ast.Call) and _names_fixtures(node.func):
            names |= {n.value for a in node.args for n in ast.walk(a) if _is_text(n)}  # type: ignore[attr-defined]
    return frozenset(names)


def _annotation_names(annotation: ast.AST | None) -> set[str]:
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        return set(re.findall(r"[^\W\d]\w*", annotation.value))
    return set()


def _names_fixtures(function: ast.AST) -> bool:
    return isinstance(function, ast.Attribute) and function.attr in {"usefixtures", "getfixturevalue"}


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def defined_names(text: str) -> tuple[str, ...]:
    """Names that the statements of a piece define in their module."""
    names: list[str] = []
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.append(node.name)
        else:
            names += [n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
    return tuple(names)


def local_names(text: str) -> frozenset[str]:
    """Names that functions of a piece bind for themselves: parameters and assignments."""
    names: set[str] = set()
    for function in ast.walk(ast.parse(text)):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            for node in ast.walk(function):
                if isinstance(node, ast.arg):
                    names.add(node.arg)
                elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                    names.add(node.id)
    return frozenset(names)


def rename(text: str, names: Mapping[str, str]) -> str:
    """The text with names exchanged; attributes, keywords of calls and comments stay."""
    if not names:
        return text
    tokens = [t for t in tokenize.generate_tokens(io.StringIO(text).readline) if t.type not in _SKIPPED]
    lines = text.splitlines(keepends=True)
    depth, edits = 0, []
    for index, token in enumerate(tokens):
        depth += (token.string in _OPEN) - (token.string in _CLOSE)
        before = tokens[index - 1].string if index else ""
        after = tokens[index + 1].string if index + 1 < len(tokens) else ""
        is_keyword = depth > 0 and after == "=" and before in {"(", ","}
        if token.type == tokenize.NAME and token.string in names and before != "." and not is_keyword:
            edits.append((token, names[token.string]))
        elif token.type == tokenize.STRING:
            edits.append((token, _rename_string(token.string, names, tokens[max(0, index - 2) : index])))
    for token, new in reversed(edits):
        row, start = token.start
        end_row, end = token.end
        tail = lines[end_row - 1][end:]
        lines[row - 1 : end_row] = [lines[row - 1][:start] + new + tail]
    return "".join(lines)


def _rename_string(literal: str, names: Mapping[str, str], before: list[tokenize.TokenInfo]) -> str:
    """Before Python 3.12 an f-string is one token; names of fixtures may also be given as strings."""
    pattern = re.compile(rf"(?<![\w.])({'|'.join(map(re.escape, names))})(?!\w)")
    prefix = literal[: re.search(r"['\"]", literal).start()].lower()  # type: ignore[union-attr]
    if "f" in prefix:
        return re.sub(r"\{[^{}]*\}", lambda m: pattern.sub(lambda n: names[n[1]], m[0]), literal)
    if [t.string for t in before] in (["usefixtures", "("], ["getfixturevalue", "("]):
        return pattern.sub(lambda n: names[n[1]], literal)
    return literal
