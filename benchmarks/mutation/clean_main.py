"""Plain pytest that also notes the CPU seconds of each test: set-up, call and tear-down.

python clean_main.py OUTPUT ARGUMENTS...
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

sys.path[0] = str(Path.cwd())  # as with -m

import pytest  # noqa: E402


class Clock:
    """Adds up what the phases of each test take."""

    def __init__(self, output: str) -> None:
        self._output = output
        self._seconds: dict[str, float] = {}

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, Any, Any]:
        """A phase."""
        return (yield from self._timed(item))

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, Any, Any]:
        """A phase."""
        return (yield from self._timed(item))

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None, Any, Any]:
        """A phase."""
        return (yield from self._timed(item))

    def _timed(self, item: pytest.Item) -> Generator[None, Any, Any]:
        began = time.process_time()
        try:
            return (yield)
        finally:
            self._seconds[item.nodeid] = self._seconds.get(item.nodeid, 0.0) + time.process_time() - began

    def pytest_sessionfinish(self) -> None:
        """Write it down."""
        Path(self._output).write_text(json.dumps(self._seconds))


if __name__ == "__main__":
    sys.exit(pytest.main(sys.argv[2:], plugins=[Clock(sys.argv[1])]))
