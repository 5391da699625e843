"""A card of the page: one gap with all that is known of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pytest_llmgen.records import Gap, GapKind
from pytest_llmgen.report.html.excerpts import Excerpts, Line
from pytest_llmgen.report.words import (
    acceptance_of,
    one_per_line,
    sentence_of,
    sentences_about,
    short,
    title_of,
    way_of,
)

MOST_TESTS_NAMED = 12


@dataclass(frozen=True, slots=True)
class Card:
    """One gap with all that is known of it."""

    gap: Gap
    title: str
    place: str
    gist: str  # what a folded card shows of it
    sentence: str
    about: tuple[str, ...]
    code: tuple[Line, ...]
    diff: tuple[tuple[str, str], ...]  # sign, text
    tests: tuple[str, ...]
    more_tests: int
    attempts: tuple[tuple[str, int], ...]  # outcome and why, how often
    others: tuple[Gap, ...]  # survivors of the same line
    classes: str
    acceptance: str
    is_open: bool

    @property
    def commands(self) -> tuple[str, ...]:
        """What to type about it."""
        return (
            f"pytest --llm-show {self.gap.id}",
            f'pytest --llm-accept {self.gap.id} --llm-class CLASS --llm-reason "WHY"',
            *((f"pytest --llm-apply {self.gap.id}",) if self.gap.operator else ()),
            f"pytest --llm-check --llm-target {self.gap.path}",
        )


def cards_of(gaps: Sequence[Gap], excerpts: Excerpts) -> Iterable[Card]:
    """A card for each gap."""
    beside = {gap.id: others for gap, others in _neighbours(gaps)}
    for number, gap in enumerate(gaps):
        tests = gap.covering_tests
        tries = Counter(f"{attempt.outcome}: {attempt.why}" for attempt in gap.attempts)
        yield Card(
            gap=gap,
            title=title_of(gap),
            place=f"{gap.path}:{_lines(gap)}",
            gist=_gist(gap),
            sentence=sentence_of(gap),
            about=sentences_about(gap),
            code=excerpts.around(gap),
            diff=tuple(_diff(gap)),
            tests=tests[:MOST_TESTS_NAMED],
            more_tests=max(0, len(tests) - MOST_TESTS_NAMED),
            attempts=tuple(tries.items()),
            others=beside.get(gap.id, ()),
            classes=" ".join(classes_of(gap)),
            acceptance=acceptance_of(gap),
            is_open=number < _OPEN_AT_FIRST,
        )


_OPEN_AT_FIRST = 20


def _neighbours(gaps: Sequence[Gap]) -> Iterable[tuple[Gap, tuple[Gap, ...]]]:
    for first, more in one_per_line(gaps):
        if more:
            here = (first.path, first.region.start_line, first.kind, first.state)
            same = [g for g in gaps if (g.path, g.region.start_line, g.kind, g.state) == here]
            for gap in same:
                yield gap, tuple(other for other in same if other is not gap)


def _gist(gap: Gap) -> str:
    if gap.operator is None:
        return short(gap.before.split("\n")[0])
    return f"{short(gap.before)} → {short(gap.after or 'nothing')}"


def _lines(gap: Gap) -> str:
    region = gap.region
    if gap.kind is GapKind.UNCOVERED_BRANCH:
        return f"{region.start_line} → {way_of(gap).removeprefix('line ')}"
    return f"{region.start_line}-{region.end_line}" if region.end_line > region.start_line else f"{region.start_line}"


def _diff(gap: Gap) -> Iterable[tuple[str, str]]:
    for line in (gap.diff or "").split("\n") if gap.diff else ():
        yield line[:1], line[1:].removeprefix(" ")


def classes_of(gap: Gap) -> tuple[str, ...]:
    """What a person may decide about a gap."""
    if gap.kind is GapKind.SURVIVING_MUTANT:
        return "equivalent", "unreachable", "wont-test", "tested-elsewhere"
    return "unreachable", "wont-test", "tested-elsewhere"
