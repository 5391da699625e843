"""A copy of the project for where it cannot be covered by an overlay."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from pytest_llmgen.errors import LlmgenError

SKIPPED = frozenset(
    (
        *(".git", ".hg", ".svn", ".jj", ".venv", "venv", "node_modules", "__pycache__", ".tox", ".nox"),
        *(".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis", ".llmgen", ".eggs"),
    )
)
MEGABYTE = 1 << 20


def copy_project(root: Path, target: Path, *, limit_mb: int) -> None:
    """Copy the project without history, environments and caches; links stay links.

    Raises :class:`LlmgenError` when it is larger than ``limit_mb``.
    """
    room = limit_mb * MEGABYTE

    def copy(source: str, destination: str) -> str:
        nonlocal room
        room -= Path(source).lstat().st_size
        if room < 0:
            raise _too_large(root, limit_mb)
        return str(shutil.copy2(source, destination, follow_symlinks=False))

    shutil.copytree(root, target, symlinks=True, ignore=_skipped, copy_function=copy)


def _skipped(folder: str, names: list[str]) -> set[str]:
    return {name for name in names if name in SKIPPED or _unfit(Path(folder, name))}


def _unfit(path: Path) -> bool:
    """Whether a virtual environment by another name, or neither file nor folder (a socket or pipe blocks)."""
    if path.is_symlink() or path.is_file():
        return False
    return not path.is_dir() or os.path.lexists(path / "pyvenv.cfg")


def _too_large(root: Path, limit_mb: int) -> LlmgenError:
    return LlmgenError(
        f"{root} is larger than {limit_mb} MB, too large to be copied for each worker",
        slug="sandbox-copy-too-large",
        fix="move large data out of the project, or run where the kernel allows namespaces",
    )
