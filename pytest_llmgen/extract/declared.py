"""Whether a project says that it needs a distribution: in its requirements, or by importing it in its tests."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from pytest_llmgen.extract.files import read_source

_FILES = (
    "pyproject.toml",
    "setup.cfg",
    "setup.py",
    "tox.ini",
    "noxfile.py",
    "Pipfile",
    "environment.yml",
    "requirements*.txt",
    "requirements*.in",
    "*requirements.txt",
    "requirements/*.txt",
    "requirements/*.in",
)


def read_requirements(root: Path) -> str:
    """The text of all files that say what a project needs."""
    paths = dict.fromkeys(path for pattern in _FILES for path in sorted(root.glob(pattern)) if path.is_file())
    return "\n".join(read_source(path)[0] for path in paths)


def is_declared(name: str, requirements: str, tests: Iterable[str]) -> bool:
    """Whether a distribution, which is imported under its own name, is a requirement or is imported by a test.

    A requirement is the name at the start of a line, a list item or a quoted text, and what may follow it there.
    """
    needed = rf"""(?mi)(^[ \t]*(-[ \t]+)?|["'])(pip install )?{re.escape(name)}[ \t]*($|["'\[<>=!~;@#,\n])"""
    imported = rf"(?m)^[ \t]*(import|from)[ \t]+{re.escape(name)}\b"
    return bool(re.search(needed, requirements)) or any(re.search(imported, text) for text in tests)
