"""Which files may see what a module made when it was imported: those that import it, through whatever others."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import PurePosixPath

from pytest_llmgen.extract.names import parse_or_empty

_WORD = re.compile(r"\w+")
_MODULE = re.compile(r"[^\W\d]\w*(\.\w+)+(:\w+)?")
_LONGEST = 200
"""Characters of a string that may name a module; longer ones are texts."""


def files_that_reach(path: str, texts: Mapping[str, str], started: Collection[str] = ()) -> frozenset[str]:
    """The files among ``texts`` (source by path) that may import the module at ``path``, itself included.

    Goes by the names in import statements and in strings, so that relative imports, ``import_module`` and
    ``pytest_plugins`` count; a name that two modules share counts for both.  A test file also reaches what the
    ``conftest.py`` files above it do.  What is in ``started`` (names of :func:`started_by`) is imported before any
    test file is: every file reaches it, and what it imports.
    """
    words = {file: _words(text) for file, text in texts.items()}
    found, waiting = {path}, [path]
    while waiting:
        name = _name(waiting.pop())
        new = {file for file, said in words.items() if name in said} - found
        new |= _below({file for file in new if _is_conftest(file)}, words) - found
        found |= new
        waiting.extend(new)
    if any(_name(file) in started for file in found):
        return frozenset(texts)
    return frozenset(found)


def started_by(values: Iterable[str]) -> frozenset[str]:
    """Names in settings and variables that tell a plugin what to import: ``DJANGO_SETTINGS_MODULE=site.settings``."""
    return frozenset(word for value in values if _MODULE.fullmatch(value) for word in _WORD.findall(value))


def _words(text: str) -> frozenset[str]:
    """What a file's imports and short strings name."""
    found: set[str] = set()
    for node in ast.walk(parse_or_empty(text)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names]
            found.update(_WORD.findall(" ".join([getattr(node, "module", None) or "", *names])))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) <= _LONGEST:
            found.update(_WORD.findall(node.value))
    return frozenset(found)


def _name(path: str) -> str:
    """How an import names a file: its own name, or that of its package."""
    file = PurePosixPath(path)
    return file.parent.name if file.stem == "__init__" else file.stem


def _is_conftest(path: str) -> bool:
    return PurePosixPath(path).name == "conftest.py"


def _below(conftests: Collection[str], files: Collection[str]) -> set[str]:
    folders = [PurePosixPath(conftest).parent for conftest in conftests]
    return {file for file in files if any(folder in PurePosixPath(file).parents for folder in folders)}
