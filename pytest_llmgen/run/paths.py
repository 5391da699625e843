"""The import path of one worker as another can take it over: each may see the project at a place of its own."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

_BELOW = "./"


def told_path(root: Path) -> list[str]:
    """``sys.path`` of this process; what is in the project is told from its root."""
    return [
        _BELOW + Path(entry).relative_to(root).as_posix() if Path(entry).is_relative_to(root) else entry
        for entry in sys.path
    ]


def heard_path(told: Iterable[str], root: Path) -> list[str]:
    """The same, for a process that sees the project at ``root``."""
    return [str(root / entry.removeprefix(_BELOW)) if entry.startswith(_BELOW) else entry for entry in told]


def without_folder(path: list[str], folder: Path) -> list[str]:
    """An import path without the folder that ``python -m`` puts first: ``pytest`` by itself does not have it."""
    return path[1:] if path[:1] in ([""], [str(folder)]) else path
