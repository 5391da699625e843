"""One thread at a time thinks; the others wait for workers.

The parser of Python 3.11 may not be used by two threads at a time: it counts the depth of its recursion once for all
of them, and fails now and then with ``SystemError: AST constructor recursion depth mismatch``.  Nothing is lost by
that, as Python code runs in one thread at a time anyway.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Baton:
    """What a thread holds while it thinks."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._holder: int | None = None

    @contextmanager
    def held(self) -> Iterator[None]:
        """Think, once nobody else does."""
        self._take()
        try:
            yield
        finally:
            self._give()

    @contextmanager
    def laid_down(self) -> Iterator[None]:
        """Let others think while this thread waits; nothing where it does not hold the baton."""
        if self._holder != threading.get_ident():
            yield
            return
        self._give()
        try:
            yield
        finally:
            self._take()

    def _take(self) -> None:
        self._lock.acquire()
        self._holder = threading.get_ident()

    def _give(self) -> None:
        if self._holder == threading.get_ident():  # an interrupt may have come while it waited for the baton
            self._holder = None
            self._lock.release()


BATON = Baton()
"""Of this process: workers are waited for in one module, and searches begun in another."""
