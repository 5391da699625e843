"""What probes have in the place of the fixtures ``caplog`` and ``recwarn``."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator


class Logs(logging.Handler):
    """The messages of all log records, from now until it is closed; a record that has no message is an error."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.messages: list[str] = []
        self._root = logging.getLogger()
        self._level = self._root.level
        self._root.addHandler(self)

    def set_level(self, level: str) -> None:
        """Hear records of this level and above."""
        self._root.setLevel(level)

    def emit(self, record: logging.LogRecord) -> None:
        """Note the message."""
        self.messages.append(record.getMessage())

    def close(self) -> None:
        """Hear nothing more."""
        self._root.removeHandler(self)
        self._root.setLevel(self._level)
        super().close()


class Warned:
    """The warnings that are given, from now until it is closed."""

    def __init__(self) -> None:
        self._catching = warnings.catch_warnings(record=True)
        self._heard = self._catching.__enter__()
        warnings.simplefilter("default")

    def __iter__(self) -> Iterator[warnings.WarningMessage]:
        return iter(self._heard or ())

    def close(self) -> None:
        """Hear nothing more."""
        self._catching.__exit__(None, None, None)
