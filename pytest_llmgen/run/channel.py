"""The worker's end of the connection to the executor."""

from __future__ import annotations

import os
from typing import Any

from pytest_llmgen.run.wire import Decoder, receive, send


class Channel:
    """Requests come in, answers go out; children of the worker close it first thing."""

    def __init__(self, fd: int) -> None:
        os.set_inheritable(fd, False)
        self._fd, self._decoder = fd, Decoder()

    def receive(self) -> Any:
        """The next message, None when the executor is gone."""
        return receive(self._fd, self._decoder)

    def send(self, kind: str, **fields: Any) -> None:
        """Send one message."""
        send(self._fd, {**fields, "kind": kind})

    def close(self) -> None:
        """Let go of the connection."""
        os.close(self._fd)
