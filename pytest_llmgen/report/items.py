"""What a person has to look at: gaps and suspected bugs, each with what is known of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from pytest_llmgen.doubts import run_problems, suite_problems
from pytest_llmgen.records import Decision, Facts, Gap, GapKind, GapState, Opinion, Suppression, SuspectedBug
from pytest_llmgen.report.layout import Line, Style, code, count, cut, cut_middle, plain, tally, wrapped

_LEAST_QUALNAME = 16
KINDS = {
    GapKind.SURVIVING_MUTANT: "surviving mutant",
    GapKind.UNCOVERED_BRANCH: "branch never taken",
    GapKind.UNCOVERED_LINE: "lines never run",
    GapKind.NO_VERDICT: "no verdict",
    GapKind.SUPPRESSED_CODE: "suppression added",
}


def shown(facts: Facts) -> list[Gap]:
    """Gaps that a person may have to decide in this run."""
    return [gap for gap in facts.gaps if gap.new and gap.state not in ("accepted", "baseline")]


def manual_review(facts: Facts, width: int, most: int, report_path: str) -> list[Line]:
    """Gaps in rank order, at most ``most`` places in full."""
    gaps = sorted(shown(facts), key=lambda gap: gap.rank)
    if not gaps:
        return []
    groups = _one_per_line(gaps)
    lines = [Line(_title(facts, len(gaps)), Style.SECTION)]
    twins = _twins([group[0] for group in groups[:most]])
    for first, *others in groups[:most]:
        lines += _gap(first, others, width, twins.get(first.id, ""))
    rest = [gap for group in groups[most:] for gap in group]
    if rest:
        place = f" in {report_path}" if report_path else ", see --llm-report=html"
        lines += wrapped(f"and {len(rest)} more{place}: {counted([gap.kind for gap in rest])}", width)
    return lines


_NOUNS = {
    GapKind.SURVIVING_MUTANT: ("mutant", "mutants"),
    GapKind.UNCOVERED_BRANCH: ("branch", "branches"),
    GapKind.UNCOVERED_LINE: ("block of lines", "blocks of lines"),
    GapKind.SUPPRESSED_CODE: ("suppression", "suppressions"),
    GapKind.NO_VERDICT: ("mutant without a verdict", "mutants without one"),
}


def counted(kinds: Sequence[GapKind]) -> str:
    """``2 mutants, 1 branch``."""
    return ", ".join(f"{n} {_NOUNS[kind][n > 1]}" for kind, n in Counter(kinds).most_common())


def holdings_of(gap: Gap) -> str:
    """What lines that never ran hold beside their first statement."""
    under = gap.under
    found = [count(under.statements, "more statement")] if under.statements else []
    found += [f"{under.branches} branch{'es' * (under.branches > 1)}"] if under.branches else []
    found += [count(under.mutants, "mutant")] if under.mutants else []
    return f"holds {', '.join(found)}, untested as well" if found else ""


def _twins(gaps: Sequence[Gap]) -> dict[str, str]:
    """Lines that never ran because the branch to them, shown before, was never taken: the id of that gap by theirs."""
    ways = {(g.path, g.to_line, g.reason): g.id for g in gaps if g.kind is GapKind.UNCOVERED_BRANCH}
    lines = [gap for gap in gaps if gap.kind is GapKind.UNCOVERED_LINE]
    found = {gap.id: ways.get((gap.path, gap.region.start_line, gap.reason), "") for gap in lines}
    return {line: branch for line, branch in found.items() if branch}


def _title(facts: Facts, number: int) -> str:
    """A test that did not run might close a gap: then nobody need look at it yet."""
    if suite_problems(facts) or run_problems(facts):
        return f"GAPS SO FAR: {number}, not judged"
    return f"MANUAL REVIEW: {count(number, 'gap')}"


_MOST_TESTS = 3


def _named(nodeids: Sequence[str]) -> str:
    """A few tests by name, the rest by their number."""
    names = list(dict.fromkeys(nodeid.rpartition("::")[2].partition("[")[0] for nodeid in nodeids))
    rest = len(names) - _MOST_TESTS
    return ", ".join(names[:_MOST_TESTS]) + (f" and {rest} more" if rest > 0 else "")


def suppressions(facts: Facts, width: int) -> list[Line]:
    """What this change adds to take code out of the gate's sight, where that is no gap of its own."""
    gaps = {(gap.path, gap.region.start_line) for gap in facts.gaps if gap.kind is GapKind.SUPPRESSED_CODE}
    rest = [each for each in facts.decisions.pragmas_added if (each.path, each.line) not in gaps]
    settings = [each for each in rest if each.by == each.path]
    added = [each for each in rest if each not in settings]
    return [*_to_look_at("SUPPRESSIONS ADDED", added, width), *_to_look_at("SETTINGS CHANGED", settings, width)]


def _to_look_at(title: str, entries: Sequence[Suppression], width: int) -> list[Line]:
    lines = [Line(f"{title}: {len(entries)}, please look at each", Style.SECTION)] if entries else []
    for each in entries:
        lines += wrapped(f"{each.path}:{each.line}", width, 0, Style.WARN)
        lines += code([each.text], width)
    return lines


def _one_per_line(gaps: Sequence[Gap]) -> list[list[Gap]]:
    """Survivors of one line as one group, in the place of the first."""
    groups: dict[tuple[object, ...], list[Gap]] = {}
    for gap in gaps:
        mutant = gap.kind is GapKind.SURVIVING_MUTANT
        key = (gap.path, gap.region.start_line, gap.kind) if mutant else (gap.id,)
        groups.setdefault(key, []).append(gap)
    return list(groups.values())


def _gap(gap: Gap, others: Sequence[Gap], width: int, twin: str) -> list[Line]:
    lines = [*_heading(gap, width), *code(_shown_code(gap), width)]
    for text in _remarks(replace(gap, reason=f"same cause as {twin}" if twin else gap.reason), others):
        lines += wrapped(text, width, 4)
    return lines


def _heading(gap: Gap, width: int) -> list[Line]:
    place = f"{gap.path}:{_lines_of(gap)} in {gap.qualname}"
    start = f"{gap.id:<9}  {KINDS[gap.kind]:<18}  "
    if len(plain(start + place)) <= width:
        return [Line(plain(start + place), Style.WARN)]
    name = width - len(start) - len(place) + len(gap.qualname)
    if name >= _LEAST_QUALNAME:
        place = f"{gap.path}:{_lines_of(gap)} in {cut_middle(gap.qualname, name)}"
        return [Line(cut(start + place, width), Style.WARN)]
    return [Line(cut(f"{gap.id:<9}  {KINDS[gap.kind]}", width), Style.WARN), *wrapped(place, width, 4, hanging=2)]


def _lines_of(gap: Gap) -> str:
    start, end = gap.region.start_line, gap.region.end_line
    if gap.to_line is not None:
        return f"{start} -> {gap.to_line if gap.to_line > 0 else 'exit'}"
    return (
        f"{start}-{end}"
        if gap.kind in (GapKind.UNCOVERED_LINE, GapKind.SUPPRESSED_CODE) and end > start
        else str(start)
    )


def _shown_code(gap: Gap) -> list[str]:
    if gap.diff is not None:
        return gap.diff.split("\n")
    lines = gap.before.split("\n")
    if len(lines) != gap.region.end_line - gap.region.start_line + 1:
        return lines  # blank lines are left out of the text: no line has a number of its own
    return [f"{number}  {line}" for number, line in enumerate(lines, gap.region.start_line)]


def _remarks(gap: Gap, others: Sequence[Gap]) -> Iterator[str]:
    if gap.state != "open":
        yield f"{gap.state.upper()}: {_once(gap.decision, gap.state)}. Please decide again."
    if gap.reason:
        yield f"{gap.reason[0].upper()}{gap.reason[1:]}."
    if gap.under.number:
        yield f"{holdings_of(gap).capitalize()}."
    if gap.covering_tests and gap.kind is GapKind.SURVIVING_MUTANT:
        yield f"Run by {_named(gap.covering_tests)}."
    if gap.attempts:
        outcomes = tally([attempt.outcome for attempt in gap.attempts])
        yield f"{count(len(gap.attempts), 'generated test')} for this function dropped: {outcomes}."
    if gap.hint:
        yield f"Try: {gap.hint}."
    if gap.same_results:
        yield f"A search could not tell it from the code: {count(gap.same_results, 'input')}, same result."
    if others:
        named = (other.id if other.state == "open" else f"{other.id} ({other.state})" for other in others)
        yield f"+{len(others)} more on this line: {', '.join(named)}"


def _once(decision: Decision | None, state: GapState) -> str:
    if decision is None:
        return "it was accepted once"
    why = "that has expired" if state is GapState.EXPIRED else "the code has changed since"
    return f"accepted as {decision.class_} by {decision.author} on {decision.date}, but {why}"


def suspected_bugs(bugs: Sequence[SuspectedBug], width: int) -> list[Line]:
    """Each suspected bug with its evidence."""
    if not bugs:
        return []
    lines = [Line(f"SUSPECTED BUGS: {len(bugs)}, not confirmed", Style.SECTION)]
    for bug in bugs:
        again = f"Reproduced {bug.reproduced[0]} of {bug.reproduced[1]} times."
        lines += wrapped(f"{bug.id}  {bug.path}:{bug.line} in {bug.qualname}", width, 0, Style.BAD, hanging=4)
        lines += wrapped(f"{bug.summary.rstrip('.')}. {again}", width, 4)
        if bug.quote:
            lines += wrapped(f'The {bug.source} says: "{bug.quote}"', width, 4)
        lines += wrapped(f"Expected: {bug.expected}. Observed: {bug.observed}.", width, 4)
        if bug.second_look:
            lines += wrapped(second_look_of(bug), width, 4)
        lines += wrapped(f"Test: {bug.test}", width, 4, hanging=2)
    return lines


_LOOKS = {
    Opinion.BUG: "the code breaks its promise",
    Opinion.UNCLEAR: "unclear",
    Opinion.NOT_A_BUG: "probably no bug",
}


def second_look_of(bug: SuspectedBug) -> str:
    """What an independent look at a suspect came to, with the case against it."""
    if bug.second_look is None:
        return ""
    case = f" Against it: {bug.case_against}" if bug.case_against else ""
    return f"A second look: {_LOOKS[bug.second_look]}.{case}"
