"""The state of the process itself that a test may leave changed, and the modules whose data it may change."""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]
import atexit
import builtins
import contextvars
import gc
import logging
import os
import signal
import sys
import threading
import time
import warnings
from abc import get_cache_token
from collections.abc import Iterable, Iterator
from types import ModuleType
from typing import Any

WATCHED_SIGNALS = (signal.SIGALRM, signal.SIGCHLD, signal.SIGINT, signal.SIGTERM, signal.SIGUSR1)
"""Of which it is told by name that a handler was left."""
_SIGNALS = tuple(map(int, signal.valid_signals()))
_TIMERS = tuple(getattr(signal, name) for name in dir(signal) if name.startswith("ITIMER_"))


def modules_of(files: Iterable[str]) -> tuple[ModuleType, ...]:
    """The imported modules that come from these files."""
    wanted = set(files)
    return tuple(
        module
        for module in list(sys.modules.values())
        if isinstance(module, ModuleType) and getattr(module, "__file__", None) in wanted
    )


def modules_below(root: str) -> tuple[ModuleType, ...]:
    """The imported modules whose files are below a folder, installed ones left out."""
    return tuple(dict.fromkeys(module for module in list(sys.modules.values()) if _is_below(module, root)))


def _is_below(module: object, root: str) -> bool:
    start = os.path.join(root, "")  # noqa: PTH118 (a beginning of strings)
    file = getattr(module, "__file__", None) if isinstance(module, ModuleType) else None
    return isinstance(file, str) and file.startswith(start) and f"{os.sep}site-packages{os.sep}" not in file


def unload(known: frozenset[str], root: str) -> None:
    """Forget modules below a folder that were imported since: who wants one imports it anew, as in a fresh process."""
    for name in sys.modules.keys() - known:
        if _is_below(sys.modules[name], root):
            del sys.modules[name]


def process_state() -> list[Any]:
    """What of the process itself a test may have changed; equal as long as nothing has."""
    return list(_process())


def _process() -> Iterator[Any]:
    try:
        yield os.getcwd()  # noqa: PTH109 (a string, at half the price)
    except OSError:
        yield None
    held = getattr(os.environ, "_data", os.environ)  # without decoding
    yield dict(dict.items(held) if isinstance(held, dict) else held)  # unheard by who notes what is asked for
    yield list(sys.path)
    yield threading.active_count()
    yield sys.getrecursionlimit()
    root = logging.root
    yield list(root.handlers), root.level, root.manager.disable
    yield [
        (each.level, each.disabled, each.propagate, list(each.handlers), list(each.filters))
        for each in list(root.manager.loggerDict.values())
        if isinstance(each, logging.Logger)
    ]
    yield list(warnings.filters)
    yield list(map(_signal.getsignal, _SIGNALS))  # not signal's, which makes names of numbers
    yield [any(signal.getitimer(timer)) for timer in _TIMERS]
    yield atexit._ncallbacks(), sys.excepthook, sys.displayhook, threading.excepthook  # noqa: SLF001 (no other way)
    yield sys.gettrace(), sys.getprofile(), sys.getswitchinterval(), sys.get_int_max_str_digits()
    yield gc.isenabled(), gc.get_threshold(), list(sys.meta_path), list(sys.path_hooks)
    yield _mask(), _free_descriptor()
    yield dict(vars(builtins))
    yield get_cache_token(), time.tzname
    yield [(id(variable), id(value)) for variable, value in contextvars.copy_context().items()]
    if "socket" in sys.modules:
        yield sys.modules["socket"].getdefaulttimeout()
    if "random" in sys.modules:
        yield sys.modules["random"].getstate()
    if "decimal" in sys.modules:
        yield repr(sys.modules["decimal"].getcontext())
    if "locale" in sys.modules:
        yield sys.modules["locale"].setlocale(0)


def _mask() -> int:
    """Of new files; the system tells it only when it is set."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _free_descriptor() -> int:
    """The number that the next file gets: another one where a file was left open, or one closed that was."""
    try:
        number = os.dup(1)
    except OSError:
        return -1
    os.close(number)
    return number
