"""Generated tests of earlier runs, proved again where the code or the tests beside them changed.

What still earns its place stays as it is, what fails or earns nothing goes, and what a person accepted
stays and is said to fail.  Knows no files.
"""

from __future__ import annotations

from dataclasses import replace

from pytest_llmgen.delivery import keep_smallest, place_of
from pytest_llmgen.findings import Findings
from pytest_llmgen.records import Fate, Hits, Judged, MutantStatus, MutantVerdict, Outcome, Runner, TestRun
from pytest_llmgen.refine.triage import is_suspect, reproduce
from pytest_llmgen.refine.trial import against_mutants, try_out
from pytest_llmgen.settings import Settings


def revalidate(settings: Settings, findings: Findings, runner: Runner, folder: str) -> None:
    """Prove the tests of ``findings.again``; the ``folder`` that they are in is part of their node ids."""
    place = place_of(settings, findings)
    alive = [test for test in findings.again.tests if not test.is_gone]
    pinned = {test.candidate.id for test in alive if test.is_pinned}
    tried = try_out([test.candidate for test in alive], runner, place)
    tried = [reproduce(judged, runner, place) if is_suspect(judged) else judged for judged in tried]
    tried = [replace(judged, nodeid=f"{folder}/{_file(judged)}::{judged.candidate.name}") for judged in tried]
    outdated = {test.candidate.id for test in alive if test.is_changed}
    # A test that fails without a change of its code says something of this machine or of other code: a person decides.
    pinned |= {j.candidate.id for j in tried if j.fate is not Fate.KEPT and j.candidate.id not in outdated}
    stay = [judged for judged in tried if judged.candidate.id in pinned]
    stay = against_mutants(stay, findings.open_mutants(), runner, place, runner.imported())
    for judged in stay:
        _settle(findings, judged)
    findings.pinned = stay
    free = [judged for judged in tried if judged.candidate.id not in pinned]
    findings.judged.extend(against_mutants(free, findings.open_mutants(), runner, place, runner.imported()))
    keep_smallest(findings)


def _file(judged: Judged) -> str:
    return judged.candidate.id.partition("::")[0]


def _settle(findings: Findings, judged: Judged) -> None:
    """A test that stays whatever it earns is one of the project's own: it counts, and it fails the suite."""
    baseline = findings.baseline
    if judged.fate is not Fate.KEPT:
        red = TestRun(judged.nodeid, Outcome.FAILED, judged.seconds, message=judged.reason)
        findings.baseline = replace(baseline, tests=(*baseline.tests, red))
        return
    green = TestRun(judged.nodeid, Outcome.PASSED, judged.seconds)
    hits = {path: baseline.hits.get(path, Hits()) | seen for path, seen in judged.hits.items()}
    findings.baseline = replace(baseline, tests=(*baseline.tests, green), hits={**baseline.hits, **hits})
    for mutant in findings.open_mutants():
        seen = judged.hits.get(mutant.path, Hits())
        if mutant.id in judged.kills:
            verdict = MutantVerdict(mutant.id, MutantStatus.KILLED, (judged.nodeid,))
        elif mutant.line in seen.lines:
            verdict = replace(findings.verdicts_before[mutant.id], status=MutantStatus.SURVIVED)
        else:
            continue
        findings.verdicts_before[mutant.id] = verdict
        findings.covering[mutant.id] = (*findings.covering.get(mutant.id, ()), judged.nodeid)
