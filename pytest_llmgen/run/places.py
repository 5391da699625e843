"""Values that name a place below ``tmp_path``: written from that, they are the same each time."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from pytest_llmgen.records import Value

_FOLDER = "tmp_path"
_PATHS = {"Path", "PosixPath"}


def folder_in(namespace: dict[str, Any]) -> str:
    """The folder of a probe that has one; empty for others."""
    folder = namespace.get(_FOLDER)
    return str(folder) if isinstance(folder, Path) else ""


def from_folder(value: Value, folder: str) -> Value:
    """The value with the folder as a test knows it: ``str(tmp_path / 'notes.txt')``; none where that can't be said."""
    if not folder or (folder not in value.text and folder not in (value.source or "")):
        return value
    text = value.text.replace(folder, f"{{{_FOLDER}}}")
    source = _written(value.source, folder) if value.source is not None else None
    used = set(re.findall(r"\w+", source or ""))
    imports = tuple(line for line in value.imports if line.rpartition(" ")[2] in used)
    return replace(value, text=text, source=source, imports=imports)


def _written(source: str, folder: str) -> str | None:
    told = ast.unparse(_Relative(folder).visit(ast.parse(source, mode="eval")))
    return None if folder in told else told


class _Relative(ast.NodeTransformer):
    def __init__(self, folder: str) -> None:
        self._folder = folder

    def visit_Call(self, node: ast.Call) -> ast.expr:
        match node:
            case ast.Call(func=ast.Name(id=name), args=[ast.Constant(value=str() as text)], keywords=[]):
                if name in _PATHS and (place := self._place(text)) is not None:
                    return place
        self.generic_visit(node)
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        if not isinstance(node.value, str) or self._folder not in node.value:
            return node
        if (place := self._place(node.value)) is not None:
            return ast.Call(ast.Name("str", ast.Load()), [place], [])
        return _format(node.value.split(self._folder))

    def _place(self, text: str) -> ast.expr | None:
        """``tmp_path / 'notes.txt'`` for a whole path; None for any other text."""
        folder = ast.Name(_FOLDER, ast.Load())
        rest = text.removeprefix(f"{self._folder}/")
        if text == self._folder:
            return folder
        is_plain = rest != text and re.fullmatch(r"[\w.-]+(/[\w.-]+)*", rest)
        return ast.BinOp(folder, ast.Div(), ast.Constant(rest)) if is_plain else None


def _format(parts: list[str]) -> ast.expr:
    """``f'{tmp_path}/'``: the parts with the folder between them."""
    values: list[ast.expr] = []
    for rank, part in enumerate(parts):
        if rank:
            values.append(ast.FormattedValue(ast.Name(_FOLDER, ast.Load()), -1, None))
        values.extend([ast.Constant(part)] if part else [])
    return ast.JoinedStr(values)
