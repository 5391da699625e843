"""The order in which a person should look at gaps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from pytest_llmgen.records import Gap, GapKind
from pytest_llmgen.report.hints import is_log_text

_KINDS = (
    GapKind.SURVIVING_MUTANT,
    GapKind.UNCOVERED_BRANCH,
    GapKind.UNCOVERED_LINE,
    GapKind.SUPPRESSED_CODE,
    GapKind.NO_VERDICT,
)
_STRING_OPERATORS = ("string", "str_")


def rank(gaps: Iterable[Gap]) -> tuple[Gap, ...]:
    """Gaps with their rank from 1: new code first, by kind, one survivor per line before the others.

    Inside a kind: public before private, arithmetic, comparison and return before strings and logs.
    """
    by_worth = sorted(gaps, key=_worth)
    seen: set[tuple[str, int, bool]] = set()
    ordered = []
    for gap in by_worth:
        place = (gap.path, gap.region.start_line, gap.new)
        repeated = gap.kind is GapKind.SURVIVING_MUTANT and place in seen
        if gap.kind is GapKind.SURVIVING_MUTANT:
            seen.add(place)
        ordered.append((not gap.new, _KINDS.index(gap.kind), repeated, gap))
    ordered.sort(key=lambda entry: entry[:3])  # stable: worth still orders inside
    return tuple(replace(entry[3], rank=number) for number, entry in enumerate(ordered, 1))


def is_private(qualname: str) -> bool:
    """Whether a part of the name starts with an underscore (dunder methods are public)."""
    return any(part.startswith("_") and not part.endswith("__") for part in qualname.split("."))


def _worth(gap: Gap) -> tuple[object, ...]:
    region = gap.region
    return is_private(gap.qualname), _is_text(gap), gap.path, region.start_line, region.start_column, gap.id


def _is_text(gap: Gap) -> bool:
    operator = (gap.operator or "").lower()
    return any(word in operator for word in _STRING_OPERATORS) or is_log_text(gap.diff or gap.before)
