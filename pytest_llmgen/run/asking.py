"""Who asks whether a file is there, of which kind, how old: seen where all such code ends, in ``os``.

In the workers only.  ``os.path``, ``pathlib``, ``shutil``, ``glob`` and what was imported from any of them come by
here, whatever name it has where it is called.
"""

from __future__ import annotations

import contextlib
import genericpath
import glob
import os
import pathlib
import posixpath
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable
from types import FrameType
from typing import Any

KIND, DETAILS = "\0kind", "\0details"
"""Ends of what is told of a path: that its kind and permissions count, or all that is known of it."""
_WATCHED = ("stat", "lstat", "access", "readlink")
_MODULES = (genericpath, glob, os, pathlib, posixpath, shutil, tempfile)
_LIBRARY = frozenset({
    *(str(module.__file__) for module in _MODULES), *(f"<frozen {module.__name__}>" for module in _MODULES)
})  # fmt: skip
_LIBRARY_FOLDER = os.path.join(os.path.dirname(os.__file__), "pathlib", "")  # noqa: PTH118, PTH120 (a package later on)
_ABOUT_KIND = frozenset({
    "_access_check", "_joinrealpath", "copyfile", "exists", "is_block_device", "is_char_device", "is_dir", "is_fifo",
    "is_file", "is_mount", "is_socket", "is_symlink", "isdir", "isfile", "islink", "ismount", "lexists", "makedirs",
    "mkdir", "realpath", "resolve", "which",
})  # fmt: skip
"""Functions of the library that use no more than kind and permissions of what they ask for."""
_OTHERS = tuple(
    f"{os.sep}{name}{os.sep}" for name in ("_pytest", "coverage", "pluggy", "pytest_cov", "pytest_llmgen", "xdist")
)
"""Packages that ask for themselves."""
_THEMSELVES = ("linecache.py", "importlib")
"""Parts of the interpreter that do so; what they read afterwards is seen."""

Tell = Callable[[Any, str], None]


class Asked:
    """One of the functions: calls it, and tells of what."""

    def __init__(self, function: Callable[..., Any], tell: Tell) -> None:
        self.__wrapped__, self._tell = function, tell
        self.__name__, self.__doc__ = function.__name__, function.__doc__

    def __call__(self, path: Any, *more: Any, **named: Any) -> Any:
        """As the function."""
        caller, about = asker(sys._getframe(1))  # noqa: SLF001 (who calls)
        if caller:
            exact = about or self.__name__ in ("access", "readlink")
            self._tell(path if named.get("dir_fd") is None else None, KIND if exact else DETAILS)
        return self.__wrapped__(path, *more, **named)

    def __repr__(self) -> str:
        return repr(self.__wrapped__)


def watch(tell: Tell) -> None:
    """Take the place of the functions, for good.

    ``tell`` is given a path (None where it can't be told) and :data:`KIND` or :data:`DETAILS`.
    """
    for name in _WATCHED:
        before = getattr(os, name)
        asked = Asked(before, tell)
        for capable in (os.supports_dir_fd, os.supports_effective_ids, os.supports_fd, os.supports_follow_symlinks):
            if before in capable:
                capable.add(asked)
        setattr(os, name, asked)


def asker(frame: FrameType | None) -> tuple[bool, bool]:
    """Whether it is code that may be under test that asks, and whether for no more than kind and permissions."""
    about = False
    while frame is not None and _is_library(frame.f_code.co_filename):
        about = about or frame.f_code.co_name in _ABOUT_KIND
        frame = frame.f_back
    file = frame.f_code.co_filename if frame is not None else ""
    return not any(part in file for part in (*_OTHERS, *_THEMSELVES)), about


def is_direct(frame: FrameType) -> bool:
    """Whether a function of ``os`` was called by code that may be under test, and by no other of the library."""
    return not _is_library(frame.f_code.co_filename) and asker(frame)[0]


def _is_library(file: str) -> bool:
    return file in _LIBRARY or file.startswith(_LIBRARY_FOLDER)


def paths_of(arguments: Iterable[Any]) -> list[str]:
    """Absolute paths among the arguments of an audit event."""
    found = []
    for each in arguments:
        with contextlib.suppress(TypeError):
            text = os.fsdecode(each) if not isinstance(each, int) else ""
            found += [os.path.abspath(text)] if text else []  # noqa: PTH100 (no resolving: that would ask more)
    return found
