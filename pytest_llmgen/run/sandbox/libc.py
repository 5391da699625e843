"""Calls into the C library that fail with ``OSError``, as Python's own do."""

from __future__ import annotations

import ctypes
import functools
import os

Argument = int | bytes | None | ctypes.Structure


def call(name: str, *arguments: object) -> int:
    """Call a C function; raises ``OSError`` when it returns -1."""
    converted = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    result: int = getattr(_library(), name)(*converted)
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
    return result


@functools.cache
def _library() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def pointer(structure: ctypes.Structure | ctypes.Array[ctypes.c_char]) -> object:
    """A pointer to hand to :func:`call`."""
    return ctypes.byref(structure)
