"""The gaps of one function, or of a file's code outside of functions: what is open, where, and why.  Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from pytest_llmgen.mutate.edits import diff_of
from pytest_llmgen.mutate.score import status_of
from pytest_llmgen.records import (
    Arc,
    Attempt,
    Evidence,
    Fate,
    Gap,
    GapKind,
    Hits,
    Judged,
    Mutant,
    MutantStatus,
    MutantVerdict,
    Region,
    Suppression,
    Under,
)
from pytest_llmgen.report import hints, reasons, suggestions
from pytest_llmgen.report.sites import Site
from pytest_llmgen.review.anchors import LETTERS
from pytest_llmgen.review.statements import statement_hash
from pytest_llmgen.review.texts import canonical_text

MOST_ATTEMPTS = 10
"""Attempts listed with a gap; the tests themselves are all in the report."""

_ATTEMPT_OUTCOMES = {Fate.REDUNDANT: "no-gain", Fate.FAILING: "fails", Fate.FLAKY: "flaky", Fate.UNSAFE: "unsafe"}


def gaps_in(site: Site, evidence: Evidence) -> list[Gap]:
    """Every gap of a site, unnamed; nothing where it was not measured."""
    if site.file is None:
        return []
    hits = evidence.hits.get(site.module.path, Hits())
    own = dropped(each for each in evidence.judged if each.candidate.target == site.key)
    found = [
        *_line_gaps(site, hits, evidence),
        *branch_gaps_in(site, evidence),
        *_mutant_gaps(site, hits, evidence),
    ]
    tried = [replace(gap, attempts=_attempts(gap, own)) for gap in found]
    every = [*tried, *(_suppressed(site, each) for each in site.suppressions)]
    return [replace(gap, suggested_class=suggestions.of_gap(gap)) for gap in every]


def branch_gaps_in(site: Site, evidence: Evidence) -> list[Gap]:
    """The branches of a site that were never taken, unnamed; nothing where it was not measured."""
    path = site.module.path
    return _branch_gaps(site, evidence.hits.get(path, Hits()), evidence.line_tests.get(path, {})) if site.file else []


def dropped(judged: Iterable[Judged]) -> list[Judged]:
    """Candidates that came to nothing."""
    return [each for each in judged if each.fate not in (Fate.KEPT, Fate.SUSPECTED_BUG)]


def _attempts(gap: Gap, tests: Iterable[Judged]) -> tuple[Attempt, ...]:
    """Tests that were written for the function and dropped; of a mutant those that came to its line, or to none."""
    line = gap.region.start_line
    found = []
    for each in tests:
        hits = each.hits.get(gap.path)
        ran = hits is not None and line in hits.lines
        if ran or hits is None or gap.kind is not GapKind.SURVIVING_MUTANT:
            found.append(Attempt(_ATTEMPT_OUTCOMES.get(each.fate) or each.code or each.fate.value, each.reason, ran))
    return tuple(found[:MOST_ATTEMPTS])


def _suppressed(site: Site, suppression: Suppression) -> Gap:
    """New code that the same change takes out of what is judged: somebody has to want that."""
    line, end = suppression.line, suppression.end_line or suppression.line
    reason = f"this change takes it out of what is judged, by {suppression.by}"
    region = site.region(line, end)
    gap = _gap(site, GapKind.SUPPRESSED_CODE, region, suppression.text, new=True, reason=reason)
    gap = replace(gap, after=suppression.by, nth=site.number(line))
    return _in_statement(gap, site.identity(line))


def _line_gaps(site: Site, hits: Hits, evidence: Evidence) -> list[Gap]:
    gaps: list[Gap] = []
    waiting = [mutant for mutant in site.mutants if _is_below_lines(site, mutant, hits, evidence)]
    for is_hit, block in groupby(site.statements, lambda statement: statement in hits.lines):
        if is_hit:
            continue
        statements = list(block)
        end = max(map(site.last_line, statements))
        text = "\n".join(line.strip() for line in site.lines[statements[0] - 1 : end] if line.strip())
        is_module = site.target is None
        reason = reasons.of_line(statements[0], site.statements, site.branches, hits, site.forks, in_module=is_module)
        new = any(map(site.is_new_statement, statements))
        below = [
            mutant for mutant in waiting if _line(site, mutant) in statements or (not gaps and _is_early(site, mutant))
        ]
        gap = _gap(site, GapKind.UNCOVERED_LINE, site.region(statements[0], end), text, new, reason=reason)
        gap = replace(gap, under=_under(site, statements, below, only_new=new))
        gaps.append(_in_statement(replace(gap, nth=site.number(statements[0])), site.identity(statements[0])))
    return gaps


def _is_below_lines(site: Site, mutant: Mutant, hits: Hits, evidence: Evidence) -> bool:
    """Whether a mutant is no gap of its own because a block of lines stands for it."""
    is_unrun = status_of(evidence.verdicts.get(mutant.id)) is MutantStatus.NO_COVERAGE
    return is_unrun and _is_on_open_line(site, mutant, hits)


def _is_early(site: Site, mutant: Mutant) -> bool:
    """Whether a mutant is in no statement of the function: its first block stands for it."""
    return _line(site, mutant) not in site.statements


def _under(site: Site, statements: Sequence[int], mutants: Sequence[Mutant], *, only_new: bool) -> Under:
    """What a block holds beside its first statement; of new code only what is new, as that alone is judged."""
    counted = [s for s in statements if site.is_new_statement(s) or not only_new]
    branches = [arc for arc in site.branches if arc[0] in counted]
    below = [mutant for mutant in mutants if site.is_new_mutant(mutant) or not only_new]
    return Under(len(counted) - 1, len(branches), len(below))


def _branch_gaps(site: Site, hits: Hits, tests: Mapping[int, tuple[str, ...]]) -> list[Gap]:
    gaps = []
    for arc in site.branches:
        start, end = arc
        if start not in hits.lines or arc in hits.arcs:
            continue
        gap = _gap(
            site,
            GapKind.UNCOVERED_BRANCH,
            site.region(start, site.last_line(start)),
            site.text(start),
            site.is_new_statement(start) or (end > 0 and site.is_new_statement(end)),
            reason=reasons.of_branch(arc, site.forks, site.branches, hits),
        )
        after = site.text(end) if end > 0 else "exit"
        gap = replace(
            gap, to_line=end, after=after, nth=_nth_branch(site, arc), covering_tests=tuple(tests.get(start, ()))
        )
        gaps.append(_in_statement(gap, site.identity(start)))
    return gaps


def _nth_branch(site: Site, arc: Arc) -> int:
    """Counted among all branches of the function, taken or not: which of them are open changes with the tests."""
    texts = _branch_texts(site, arc)
    return sum(_branch_texts(site, each) == texts for each in site.branches[: site.branches.index(arc) + 1])


def _branch_texts(site: Site, arc: Arc) -> tuple[str, str]:
    start, end = arc
    return canonical_text(site.text(start)), canonical_text(site.text(end) if end > 0 else "exit")


def _mutant_gaps(site: Site, hits: Hits, evidence: Evidence) -> list[Gap]:
    pairs = [(mutant, evidence.verdicts.get(mutant.id)) for mutant in site.mutants]
    gaps = [_mutant_gap(site, mutant, verdict, hits, evidence) for mutant, verdict in pairs]
    return [gap for gap in gaps if gap is not None]


def _mutant_gap(
    site: Site, mutant: Mutant, verdict: MutantVerdict | None, hits: Hits, evidence: Evidence
) -> Gap | None:
    status = status_of(verdict)
    tests = tuple(evidence.covering.get(mutant.id, ()))
    if status is MutantStatus.PENDING:
        kind, reason = GapKind.NO_VERDICT, reasons.of_no_verdict(verdict)
    elif status is MutantStatus.SURVIVED:
        kind, reason = GapKind.SURVIVING_MUTANT, reasons.of_survivor(status, len(tests))
    elif status is MutantStatus.NO_COVERAGE and not _is_on_open_line(site, mutant, hits):
        kind, reason = GapKind.SURVIVING_MUTANT, reasons.of_survivor(status, 0)
    else:
        return None
    is_log = hints.is_log_text(site.text(_line(site, mutant)))
    reason += "; likely low value (text of a log or a message)" if is_log else ""
    gap = _gap(site, kind, mutant.region, mutant.before, site.is_new_mutant(mutant), reason=reason)
    gap = replace(
        gap,
        qualname=mutant.qualname,
        nth=mutant.nth,
        operator=mutant.operator,
        after=mutant.after,
        diff=diff_of(site.module.source, mutant),
        status=verdict.status if verdict else status,
        covering_tests=tests,
        same_results=evidence.same_results.get(mutant.id, 0),
        hint=None if is_log else hints.of_mutant(mutant.before, mutant.after),
    )
    identity = site.identity_around(mutant)
    return _in_statement(gap, identity, _nth_in_statement(site, mutant, identity))


def _nth_in_statement(site: Site, mutant: Mutant, identity: str) -> int:
    """Counted among all equal changes of the statement, killed ones too."""
    before = site.mutants[: site.mutants.index(mutant) + 1]
    return sum(_change(each) == _change(mutant) and site.identity_around(each) == identity for each in before)


def _change(mutant: Mutant) -> tuple[str, str, str]:
    return mutant.operator, canonical_text(mutant.before), canonical_text(mutant.after)


def _in_statement(gap: Gap, identity: str, nth: int = 1) -> Gap:
    text = statement_hash(identity, LETTERS[gap.kind], gap.operator, gap.before, gap.after, nth)
    return replace(gap, statement=text)


def _line(site: Site, mutant: Mutant) -> int:
    first = site.file.first_line if site.file else {}
    line = mutant.region.start_line
    return mutant.line or first.get(line, line)


def _is_on_open_line(site: Site, mutant: Mutant, hits: Hits) -> bool:
    """Whether a gap of lines stands for it: that of its own line, or of the body that a default value belongs to."""
    line = _line(site, mutant)
    if mutant.in_signature and site.statements:
        is_as_new = any(map(site.is_new_statement, site.statements)) or not site.is_new_mutant(mutant)
        return is_as_new and not any(statement in hits.lines for statement in site.statements)
    return line in site.statements and line not in hits.lines


def _gap(site: Site, kind: GapKind, region: Region, before: str, new: bool, *, reason: str) -> Gap:
    context = site.context(region.start_line)
    return Gap("", kind, site.module.path, region, site.qualname, context, before, new=new, reason=reason)
