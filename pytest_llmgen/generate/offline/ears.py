"""What code says beside its result: log records and warnings, heard by the fixtures ``caplog`` and ``recwarn``."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from pytest_llmgen.generate.offline.code import dotted

LOG, WARNINGS = "caplog", "recwarn"
HEARD = {LOG: "caplog.messages", WARNINGS: "[str(warning.message) for warning in recwarn]"}
"""Fixture to the expression that tests compare."""
BEGIN = {LOG: "caplog.set_level('DEBUG')"}
"""What must stand before the call."""
_LEVELS = {"debug", "info", "warning", "warn", "error", "exception", "critical", "log"}


def ears(nodes: Iterable[ast.AST]) -> tuple[str, ...]:
    """The fixtures that hear what these functions say."""
    return tuple(dict.fromkeys(name for node in nodes for item in ast.walk(node) for name in _heard_by(item)))


def _heard_by(item: ast.AST) -> Iterator[str]:
    if not isinstance(item, ast.Call):
        return
    owner, _, last = dotted(item.func).rpartition(".")
    if last == "warn" and owner in {"", "warnings"}:
        yield WARNINGS
    elif last in _LEVELS and "log" in owner.rpartition(".")[2].lower():
        yield LOG
