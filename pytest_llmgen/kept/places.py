"""Hits of a test, told by parts of a file, so that they are found again when the parts have moved.  Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from pytest_llmgen.kept.anatomy import Anatomy
from pytest_llmgen.records import Hits

Spans = Mapping[str, tuple[int, int]]
"""Name and number of a part (``share#1``) -> its first and last line."""


class Moved(Exception):  # noqa: N818 (no fault: the lines can't be told any more)
    """A part is not there any more."""


def spans_of(anatomy: Anatomy | None) -> dict[str, tuple[int, int]]:
    """The parts of a file by name; equal names are numbered."""
    seen: Counter[str] = Counter()
    spans = {}
    for part in anatomy.parts if anatomy else ():
        seen[part.name] += 1
        spans[f"{part.name}#{seen[part.name]}"] = (part.first_line, part.end_line)
    return spans


def store_hits(hits: Hits, anatomy: Anatomy | None) -> dict[str, Any]:
    """As JSON: lines and branches of each part counted from its start, the others as they are."""
    spans = spans_of(anatomy)
    lines, arcs = set(hits.lines), set(hits.arcs)
    parts = {}
    for name, (first, last) in spans.items():
        inside = {line for line in lines if first <= line <= last}
        within = {arc for arc in arcs if all(first <= abs(end) <= last for end in arc)}
        if inside or within:
            parts[name] = [
                sorted(line - first for line in inside),
                sorted([_shift(start, -first), _shift(end, -first), start > 0, end > 0] for start, end in within),
            ]
        lines -= inside
        arcs -= within
    return {
        "text": anatomy.text if anatomy else "",
        "parts": parts,
        "lines": sorted(lines),
        "arcs": sorted(list(arc) for arc in arcs),
    }


def restore_hits(data: Mapping[str, Any], spans: Spans | None) -> Hits:
    """Back again, where the parts are now.

    Raises:
        Moved: one of them is gone.
    """
    lines = set(data["lines"])
    arcs = {(start, end) for start, end in data["arcs"]}
    for name, (inside, within) in data["parts"].items():
        if spans is None or name not in spans:
            raise Moved(name)
        first = spans[name][0]
        lines |= {line + first for line in inside}
        arcs |= {((a + first) * (1 if p else -1), (b + first) * (1 if q else -1)) for a, b, p, q in within}
    return Hits(frozenset(lines), frozenset(arcs))


def _shift(line: int, by: int) -> int:
    return abs(line) + by
