"""From evidence to gaps and ratios: what is not yet tested, where, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from pytest_llmgen.gap_finder import branch_gaps_in, dropped, gaps_in
from pytest_llmgen.mutate.score import by_status, score, total
from pytest_llmgen.records import (
    Evidence,
    Fate,
    FunctionReport,
    Gap,
    GapKind,
    Hits,
    Metrics,
    MutantVerdict,
    OpenGaps,
    Totals,
)
from pytest_llmgen.refine.earlier import ROUND
from pytest_llmgen.report.ranking import rank
from pytest_llmgen.report.sites import Site, sites_of
from pytest_llmgen.review.anchors import LETTERS
from pytest_llmgen.review.ids import long_id, short_ids


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
    sites = _sites(evidence)
    found = _identified([(gap, site.key) for site in sites for gap in gaps_in(site, evidence)])
    gaps = rank(gap for gap, _ in found)
    homes = {gap.id: key for gap, key in found}
    functions = [_function(site, evidence, [g for g in gaps if homes[g.id] == site.key]) for site in sites]
    return Assessment(tuple(functions), gaps, _totals(sites, evidence))


def totals_of(evidence: Evidence) -> Totals:
    """The ratios alone, as :func:`assess` gives them."""
    return _totals(_sites(evidence), evidence)


def open_branches(evidence: Evidence) -> tuple[Gap, ...]:
    """The branches alone that were never taken, in the order of :func:`assess` and without ids."""
    return rank(gap for site in _sites(evidence) for gap in branch_gaps_in(site, evidence))


def _sites(evidence: Evidence) -> list[Site]:
    return [site for module in evidence.modules for site in sites_of(module, evidence)]


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
        tests_dropped=len(dropped(new)),
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
