"""The map from lines to the tests that run them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pytest_llmgen.records import Hits

LineMap = dict[str, dict[int, tuple[str, ...]]]
"""Path -> first line of a statement -> node ids, in the order given."""


def line_tests_of(tests: Iterable[tuple[str, Mapping[str, Hits]]]) -> LineMap:
    """Turn what each test ran (node id, hits by path) round."""
    found: dict[str, dict[int, list[str]]] = {}
    for nodeid, hits in tests:
        for path, seen in hits.items():
            lines = found.setdefault(path, {})
            for line in seen.lines:
                lines.setdefault(line, []).append(nodeid)
    return {path: {line: tuple(ids) for line, ids in lines.items()} for path, lines in found.items()}
