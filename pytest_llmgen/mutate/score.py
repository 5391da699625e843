"""The mutation score: one place that says what counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from pytest_llmgen.records import Metrics, Mutant, MutantStatus, MutantVerdict, Ratio

DETECTED = frozenset({MutantStatus.KILLED, MutantStatus.TIMEOUT})
JUDGED = DETECTED | {MutantStatus.SURVIVED, MutantStatus.NO_COVERAGE}


def status_of(verdict: MutantVerdict | None) -> MutantStatus:
    """The status that counts: no verdict, and a timeout not seen a second time, are Pending."""
    if verdict is None or (verdict.status is MutantStatus.TIMEOUT and not verdict.confirmed):
        return MutantStatus.PENDING
    return verdict.status


def by_status(mutants: Iterable[Mutant], verdicts: Mapping[str, MutantVerdict]) -> dict[MutantStatus, int]:
    """How many mutants have each status; statuses that none has are left out."""
    return dict(Counter(status_of(verdicts.get(mutant.id)) for mutant in mutants))


def score(counts: Mapping[MutantStatus, int]) -> Ratio:
    """Detected and judged: (Killed + Timeout, Killed + Timeout + Survived + NoCoverage)."""
    return (
        sum(counts.get(status, 0) for status in DETECTED),
        sum(counts.get(status, 0) for status in JUDGED),
    )


def unjudged(counts: Mapping[MutantStatus, int]) -> int:
    """Mutants about which nothing can be said: :func:`by_status` makes all of them Pending."""
    return counts.get(MutantStatus.PENDING, 0)


def total(parts: Iterable[Metrics]) -> Metrics:
    """The ratios of several parts together."""
    every = list(parts)
    counts: Counter[MutantStatus] = Counter()
    for part in every:
        counts.update(part.by_status)
    return Metrics(
        lines=(sum(p.lines[0] for p in every), sum(p.lines[1] for p in every)),
        branches=(sum(p.branches[0] for p in every), sum(p.branches[1] for p in every)),
        mutants=score(counts),
        by_status=dict(counts),
    )
