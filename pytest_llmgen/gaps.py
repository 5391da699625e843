"""From evidence to gaps and ratios: what is not yet tested, where, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from pytest_llmgen.mutate.edits import diff_of
from pytest_llmgen.mutate.score import by_status, score, status_of, total
from pytest_llmgen.records import (
    Arc,
    Attempt,
    Evidence,
    Fate,
    FunctionReport,
    Gap,
    GapKind,
    Hits,
    Judged,
    Metrics,
    Mutant,
    MutantStatus,
    MutantVerdict,
    OpenGaps,
    Region,
    Totals,
)
from pytest_llmgen.refine.earlier import ROUND
from pytest_llmgen.report import hints, reasons
from pytest_llmgen.report.ranking import rank
from pytest_llmgen.report.sites import Site, sites_of
from pytest_llmgen.review.anchors import LETTERS
from pytest_llmgen.review.ids import long_id, short_ids
from pytest_llmgen.review.statements import statement_hash
from pytest_llmgen.review.texts import canonical_text

MOST_ATTEMPTS = 10
"""Attempts listed with a gap; the tests themselves are all in the report."""

_ATTEMPT_OUTCOMES = {Fate.REDUNDANT: "no-gain", Fate.FAILING: "fails", Fate.FLAKY: "flaky", Fate.UNSAFE: "unsafe"}


@dataclass(frozen=True, slots=True)
class Assessment:
    """Functions, ranked gaps and totals of one run."""

    functions: tuple[FunctionReport, ...]
    gaps: tuple[Gap, ...]
    totals: Totals


def assess(evidence: Evidence) -> Assessment:
    """Work out ratios and gaps.

    Where ``evidence.changed`` is given, ratios are those of new code, functions that the change did
    not touch are left out, and gaps of touched functions outside the change are not ``new``.
    ``totals.without_unreviewed`` takes every test that was kept in this run as unreviewed.
    """
    sites = [site for module in evidence.modules for site in sites_of(module, evidence)]
    found = _identified([(gap, site.key) for site in sites for gap in _gaps(site, evidence)])
    gaps = rank(gap for gap, _ in found)
    homes = {gap.id: key for gap, key in found}
    functions = [_function(site, evidence, [g for g in gaps if homes[g.id] == site.key]) for site in sites]
    return Assessment(tuple(functions), gaps, _totals(sites, evidence))


# --- Ratios -------------------------------------------------------------------------------------


def _metrics(site: Site, hits: Hits, verdicts: Mapping[str, MutantVerdict]) -> Metrics:
    statements = [s for s in site.statements if site.is_new_statement(s)]
    branches = [arc for arc in site.branches if site.is_new_statement(arc[0])]
    counts = by_status([m for m in site.mutants if site.is_new_mutant(m)], verdicts)
    return Metrics(
        lines=(sum(s in hits.lines for s in statements), len(statements)),
        branches=(sum(arc in hits.arcs for arc in branches), len(branches)),
        mutants=score(counts),
        by_status=counts,
    )


def _after(site: Site, evidence: Evidence) -> Metrics:
    return _metrics(site, evidence.hits.get(site.module.path, Hits()), evidence.verdicts)


def _before(site: Site, evidence: Evidence) -> Metrics:
    return _metrics(site, evidence.hits_before.get(site.module.path, Hits()), evidence.verdicts_before)


def _totals(sites: Sequence[Site], evidence: Evidence) -> Totals:
    after = total(_after(site, evidence) for site in sites)
    before = total(_before(site, evidence) for site in sites)
    if evidence.changed is None:
        return Totals(None, after, before, before)
    return Totals(after, None, before, before)


# --- Functions ----------------------------------------------------------------------------------


def _function(site: Site, evidence: Evidence, own: Sequence[Gap]) -> FunctionReport:
    judged = [each for each in evidence.judged if each.candidate.target == site.key]
    kept = [each for each in judged if each.fate is Fate.KEPT]
    new = [each for each in judged if each.candidate.round != ROUND]
    state, reason = _state(site, evidence, own)
    cost = evidence.costs.get(site.key)
    return FunctionReport(
        path=site.module.path,
        qualname=site.qualname,
        start_line=site.span[0],
        end_line=site.span[1],
        context=site.target.context if site.target else "",
        state=state,
        metrics=_after(site, evidence),
        before=_before(site, evidence),
        reason=reason,
        new=True,  # what the change did not touch is left out; without a base all code counts as new
        tests_kept=sum(each.fate is Fate.KEPT for each in new),
        tests_dropped=len(_dropped(new)),
        gap_ids=tuple(gap.id for gap in own),
        cost_usd=cost.usd if cost else None,
        category_counts=dict(Counter(each.candidate.category for each in kept)),
    )


def _state(site: Site, evidence: Evidence, gaps: Sequence[Gap]) -> tuple[str, str | None]:
    if site.file is None:
        return "error", "no coverage data for this file"
    if not any(gap.new for gap in gaps):
        return "complete", None
    if site.key in evidence.not_attempted:
        return "not-attempted", evidence.not_attempted[site.key]
    return "gaps", None


def _dropped(judged: Iterable[Judged]) -> list[Judged]:
    return [each for each in judged if each.fate not in (Fate.KEPT, Fate.SUSPECTED_BUG)]


# --- Gaps ---------------------------------------------------------------------------------------


def explained(gaps: OpenGaps, path: str, found: Iterable[Gap]) -> OpenGaps:
    """Open lines and branches of a file with the reasons that the report gives for them."""
    here = [gap for gap in found if gap.path == path and gap.reason]
    blocks = [gap for gap in here if gap.kind is GapKind.UNCOVERED_LINE]
    lines = {
        line: gap.reason
        for gap in blocks
        for line in gaps.lines
        if line in range(gap.region.start_line, gap.region.end_line + 1)
    }
    forks = [gap for gap in here if gap.kind is GapKind.UNCOVERED_BRANCH and gap.to_line is not None]
    arcs = {(gap.region.start_line, gap.to_line): gap.reason for gap in forks if gap.to_line is not None}
    return replace(gaps, why_lines=lines, why_branches={arc: arcs[arc] for arc in gaps.branches if arc in arcs})


def _gaps(site: Site, evidence: Evidence) -> list[Gap]:
    if site.file is None:
        return []
    hits = evidence.hits.get(site.module.path, Hits())
    own = [each for each in evidence.judged if each.candidate.target == site.key]
    attempts = tuple(Attempt(_ATTEMPT_OUTCOMES.get(j.fate) or j.code or j.fate.value, j.reason) for j in _dropped(own))
    found = [
        *_line_gaps(site, hits),
        *_branch_gaps(site, hits, evidence.line_tests.get(site.module.path, {})),
        *_mutant_gaps(site, hits, evidence),
    ]
    return [replace(gap, attempts=attempts[:MOST_ATTEMPTS]) for gap in found]


def _line_gaps(site: Site, hits: Hits) -> list[Gap]:
    gaps = []
    for is_hit, block in groupby(site.statements, lambda statement: statement in hits.lines):
        if is_hit:
            continue
        statements = list(block)
        end = max(map(site.last_line, statements))
        text = "\n".join(line.strip() for line in site.lines[statements[0] - 1 : end] if line.strip())
        is_module = site.target is None
        reason = reasons.of_line(statements[0], site.statements, site.branches, hits, site.forks, in_module=is_module)
        new = any(map(site.is_new_statement, statements))
        gap = _gap(site, GapKind.UNCOVERED_LINE, site.region(statements[0], end), text, new, reason=reason)
        gaps.append(_in_statement(replace(gap, nth=site.number(statements[0])), site.identity(statements[0])))
    return gaps


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


# --- Names --------------------------------------------------------------------------------------


def _identified(gaps: Sequence[tuple[Gap, str]]) -> list[tuple[Gap, str]]:
    """Ids of gaps that are equal but for their place take the place in, all but the first by path."""
    ordered = sorted(gaps, key=lambda pair: (pair[0].path, pair[0].region.start_line, pair[0].region.start_column))
    seen: Counter[str] = Counter()
    named = []
    for gap, _ in ordered:
        name = _long_id(gap, gap.qualname)
        seen[name] += 1
        named.append(name if seen[name] == 1 else _long_id(gap, f"{gap.where}#{seen[name]}"))
    short = short_ids(named)
    return [(replace(gap, id=short[name]), key) for (gap, key), name in zip(ordered, named, strict=True)]


def _long_id(gap: Gap, qualname: str) -> str:
    return long_id(LETTERS[gap.kind], qualname, gap.operator, gap.before, gap.after, gap.nth)
