"""The sentences about gaps and bugs that every format shares.  Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from pytest_llmgen.doubts import DECIDED, TRIAGED
from pytest_llmgen.records import Facts, Gap, GapKind, MutantStatus, SuspectedBug
from pytest_llmgen.report.items import KINDS, holdings_of
from pytest_llmgen.review.ids import long_id

HOMEPAGE = "https://pypi.org/project/pytest-llmgen/"
_MOST_CODE = 60


def open_gaps(facts: Facts) -> tuple[Gap, ...]:
    """Gaps that wait for a person, in new code and beside it, by rank."""
    return tuple(sorted((gap for gap in facts.gaps if gap.state not in DECIDED), key=lambda gap: gap.rank))


def open_bugs(facts: Facts) -> tuple[SuspectedBug, ...]:
    """Suspected bugs that wait for a person."""
    return tuple(bug for bug in facts.suspected_bugs if bug.state not in TRIAGED)


def one_per_line(gaps: Iterable[Gap]) -> tuple[tuple[Gap, int], ...]:
    """The first survivor of each line with the number of others there; other kinds as they are."""
    first: dict[tuple[object, ...], Gap] = {}
    more: dict[tuple[object, ...], int] = {}
    for gap in gaps:
        is_survivor = gap.kind is GapKind.SURVIVING_MUTANT
        key = (gap.path, gap.region.start_line, gap.state) if is_survivor else (gap.path, gap.id)
        more[key] = more.get(key, -1) + 1
        first.setdefault(key, gap)
    return tuple((gap, more[key]) for key, gap in first.items())


def title_of(gap: Gap) -> str:
    """``surviving mutant``, ``lines never run``."""
    return KINDS[gap.kind]


def sentence_of(gap: Gap) -> str:
    """What the gap is, without a full stop; code is cut to one line."""
    match gap.kind:
        case GapKind.SURVIVING_MUTANT:
            verb = "runs" if gap.status is MutantStatus.NO_COVERAGE else "notices"
            return f"No test {verb} {short(gap.before)} becoming {short(gap.after or 'nothing')} in {gap.qualname}"
        case GapKind.UNCOVERED_BRANCH:
            return f"No test goes from line {gap.region.start_line} to {way_of(gap)} in {gap.qualname}"
        case GapKind.UNCOVERED_LINE:
            return f"No test runs {lines_of(gap)} in {gap.qualname}"
        case GapKind.SUPPRESSED_CODE:
            return f"This change takes {lines_of(gap)} in {gap.qualname} out of what is judged"
    return f"No verdict on {short(gap.before)} becoming {short(gap.after or 'nothing')} in {gap.qualname}"


def way_of(gap: Gap) -> str:
    """Where an uncovered branch leads."""
    return f"line {gap.to_line}" if gap.to_line and gap.to_line > 0 else "the exit"


def lines_of(gap: Gap) -> str:
    """``line 4`` or ``lines 4-7``."""
    start, end = gap.region.start_line, gap.region.end_line
    return f"lines {start}-{end}" if end > start else f"line {start}"


def short(code: str, most: int = _MOST_CODE) -> str:
    """Code on one line, in backquotes, cut."""
    line = " ".join(code.replace("`", "'").split())
    return f"`{line if len(line) <= most else line[: most - 3] + '...'}`"


def sentences_about(gap: Gap) -> tuple[str, ...]:
    """What is known of a gap: its reason, what was tried, what to try."""
    known = [gap.reason, holdings_of(gap), attempts_of(gap), f"try {gap.hint}" if gap.hint else "", _suggestion(gap)]
    return tuple(f"{text[0].upper()}{text[1:].rstrip('.')}." for text in known if text)


def _suggestion(gap: Gap) -> str:
    return f"a rule suggests {gap.suggested_class}, a person decides" if gap.suggested_class else ""


def attempts_of(gap: Gap) -> str:
    """How many generated tests were tried and dropped."""
    if not gap.attempts:
        return ""
    number, ran = len(gap.attempts), sum(attempt.ran for attempt in gap.attempts)
    came = f", {ran} of them came to this line" if ran else ""
    return f"{number} generated test{'' if number == 1 else 's'} for this function did not help{came}"


def acceptance_of(gap: Gap | SuspectedBug) -> str:
    """Who decided on it, how and why; empty where nobody did."""
    made = gap.decision
    if made is None:
        return ""
    until = f", until {made.expires.isoformat()}" if made.expires else ""
    return f"{made.class_.value} ({made.author}, {made.date.isoformat()}{until}): {made.reason}"


def stable_id(gap: Gap) -> str:
    """The long id behind the short one, which grows when another comes near it."""
    name = long_id(gap.id[0], gap.qualname, gap.operator, gap.before, gap.after, gap.nth)
    return name if name.startswith(gap.id) else gap.id


def digest(identifier: str, hex_digits: int) -> str:
    """A fixed number of hexadecimal digits for tools that want them."""
    return hashlib.blake2b(identifier.encode(), digest_size=hex_digits // 2).hexdigest()
