"""A sign of life at fixed times, whatever the main thread waits for."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Heartbeat:
    """Calls ``beat`` every ``seconds`` from a thread of its own, until it is closed."""

    def __init__(self, beat: Callable[[], None], seconds: float) -> None:
        self._beat, self._seconds = beat, seconds
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="llmgen-heartbeat", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Return when no further call can come."""
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(self._seconds):
            self._beat()
