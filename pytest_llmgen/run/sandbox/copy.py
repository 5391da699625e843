"""A copy of the project for where it cannot be covered by an overlay."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Collection
from pathlib import Path

from pytest_llmgen.errors import LlmgenError

SKIPPED = frozenset(
    (
        *(".git", ".hg", ".svn", ".jj", ".venv", "venv", "node_modules", ".tox", ".nox"),
        *(".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis", ".llmgen", ".eggs"),
    )
)
BYTECODE = "__pycache__"
"""What the user's own run has compiled serves in the copy: time stamps are kept, and Python looks at them."""
MEGABYTE = 1 << 20


def copy_project(
    root: Path,
    target: Path,
    *,
    limit_mb: int,
    hidden: Collection[str] = (),
    opened: Collection[str] = (),
) -> None:
    """Copy the project without history, environments, caches and what is hidden; links stay links.

    ``opened`` are paths that are wanted whatever their names.

    Raises :class:`LlmgenError` when it is larger than ``limit_mb``.
    """
    room = limit_mb * MEGABYTE

    def copy(source: str, destination: str) -> str:
        nonlocal room
        room -= Path(source).lstat().st_size
        if room < 0:
            raise _too_large(root, limit_mb)
        return str(shutil.copy2(source, destination, follow_symlinks=False))

    def skipped(folder: str, names: list[str]) -> set[str]:
        if Path(folder).name == BYTECODE:
            return {name for name in names if not _is_of_this_python(name)}
        wanted = {name for name in names if f"{folder}/{name}" in opened}
        return {n for n in names if f"{folder}/{n}" in hidden or n in SKIPPED - wanted or _unfit(Path(folder, n))}

    shutil.copytree(root, target, symlinks=True, ignore=skipped, copy_function=copy)


def _is_of_this_python(name: str) -> bool:
    return f".{sys.implementation.cache_tag}" in name


def _unfit(path: Path) -> bool:
    """Whether it is of no use: another Python's bytecode, a virtual environment by another name, a socket, a pipe."""
    if path.is_symlink() or path.is_file():
        return False
    if path.name == BYTECODE and path.is_dir():
        return not any(map(_is_of_this_python, os.listdir(path)))  # noqa: PTH208 (names are wanted)
    return not path.is_dir() or os.path.lexists(path / "pyvenv.cfg")


def _too_large(root: Path, limit_mb: int) -> LlmgenError:
    return LlmgenError(
        f"{root} is larger than {limit_mb} MB, too large to be copied for each worker",
        slug="sandbox-copy-too-large",
        fix="move large data out of the project, or run where the kernel allows namespaces",
    )
