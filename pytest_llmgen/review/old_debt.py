"""The gaps of the baseline file met with those of a run.  Pure."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_llmgen.records import Anchor, Gap
from pytest_llmgen.review.anchors import LETTERS, anchor_of_gap, long_id_of
from pytest_llmgen.review.book import OldGap
from pytest_llmgen.review.measured import Measured


class OldDebt:
    """The gaps of the baseline file, found again by the same rules, as if they followed the expression."""

    def __init__(self, entries: Sequence[OldGap], measured: Measured) -> None:
        self._entries, self._measured = entries, measured
        self._exact = {(e.path, e.id, e.context) for e in entries}
        self._statements = {(e.path, e.qualname, e.statement) for e in entries if e.statement}
        self._moved = {(e.id, e.context) for e in entries if e.context and not measured.has(_anchor(e))}

    def has(self, gap: Gap) -> bool:
        """Whether a gap is old."""
        identity = long_id_of(anchor_of_gap(gap))
        by_statement = (gap.path, gap.qualname, gap.statement) in self._statements
        return (
            (gap.path, identity, gap.context) in self._exact or by_statement or (identity, gap.context) in self._moved
        )

    def paid(self, gaps: Sequence[Gap]) -> tuple[str, ...]:
        """Ids of entries whose code was judged and has that gap no more."""
        exact = {(gap.path, long_id_of(anchor_of_gap(gap)), gap.context) for gap in gaps}
        moved = {(identity, context) for _, identity, context in exact}
        statements = {(gap.path, gap.qualname, gap.statement) for gap in gaps}
        return tuple(
            e.id
            for e in self._entries
            if self._is_judged(e)
            and (e.path, e.id, e.context) not in exact
            and (e.path, e.qualname, e.statement) not in statements
            and (e.id, e.context) not in moved
        )

    def _is_judged(self, entry: OldGap) -> bool:
        anchor = _anchor(entry)
        return self._measured.knows(anchor) or (self._measured.is_whole and not self._measured.has(anchor))


def _anchor(entry: OldGap) -> Anchor:
    kind = next(str(kind) for kind, letter in LETTERS.items() if entry.id.startswith(letter))
    return Anchor(kind, entry.path, entry.qualname, "", context=entry.context)
