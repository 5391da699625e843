"""From evidence to the files in scope, with what ran in them and what became of their mutants.  Pure."""

from __future__ import annotations

from pytest_llmgen.mutate.score import status_of
from pytest_llmgen.records import Evidence, FileLines, Hits, Module, MutantReport, SourceFile


def sources_of(evidence: Evidence) -> tuple[SourceFile, ...]:
    """Every module that could be read, by path."""
    readable = sorted((m for m in evidence.modules if m.error is None), key=lambda module: module.path)
    return tuple(_source(module, evidence) for module in readable)


def _source(module: Module, evidence: Evidence) -> SourceFile:
    lines = evidence.files.get(module.path, FileLines(module.path, frozenset(), frozenset()))
    hits = evidence.hits.get(module.path, Hits())
    return SourceFile(
        module.path,
        module.source,
        lines.statements,
        lines.statements & hits.lines,
        lines.branches,
        lines.branches & hits.arcs,
        lines.excluded,
        lines.first_line,
        _mutants(module, evidence),
    )


def _mutants(module: Module, evidence: Evidence) -> tuple[MutantReport, ...]:
    reports = []
    for mutant in evidence.mutants:
        if mutant.path == module.path:
            verdict = evidence.verdicts.get(mutant.id)
            tests = tuple(evidence.covering.get(mutant.id, ()))
            reports.append(MutantReport(mutant, status_of(verdict), verdict, tests))
    return tuple(sorted(reports, key=lambda each: (each.mutant.start, each.mutant.end, each.mutant.id)))
