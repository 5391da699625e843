"""``mutation.json``: every mutant, in the words of mutation-testing-report-schema 2.0."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from pytest_llmgen.doubts import DECIDED
from pytest_llmgen.records import Gap, GapKind, MutantReport, MutantStatus, Region, Report, SourceFile
from pytest_llmgen.report.json_report import TOOL_NAME, parsed
from pytest_llmgen.report.words import HOMEPAGE, acceptance_of

_VERSION = "2.0"
_THRESHOLDS = {"high": 80, "low": 60}
_MILLISECONDS = 1000
Place = tuple[str, int, int, str | None, str | None]


def render(report: Report) -> str:
    """The text of the file."""
    return json.dumps(to_stryker(report), indent=1) + "\n"


def is_ours(text: str) -> bool:
    """Whether the text is a report of this format that we wrote."""
    data = parsed(text)
    return isinstance(data, dict) and (data.get("framework") or {}).get("name") == TOOL_NAME


def to_stryker(report: Report) -> dict[str, Any]:
    """The report as the schema has it; without sources there are no files in it."""
    tool = report.facts.tool
    gaps = {_place(gap): gap for gap in report.facts.gaps if gap.kind is GapKind.SURVIVING_MUTANT}
    tests = _numbered(test for file in report.sources for mutant in file.mutants for test in _tests_of(mutant))
    return {
        "schemaVersion": _VERSION,
        "thresholds": _THRESHOLDS,
        "framework": {
            "name": TOOL_NAME,
            "version": tool.version,
            "branding": {"homepageUrl": HOMEPAGE},
            "dependencies": {"pytest": tool.pytest, "coverage": tool.coverage, "python": tool.python},
        },
        "files": {file.path: _file(file, gaps, tests) for file in report.sources},
        "testFiles": _test_files(tests),
    }


def _tests_of(mutant: MutantReport) -> tuple[str, ...]:
    return (*mutant.covering_tests, *(mutant.verdict.killed_by if mutant.verdict else ()))


def _numbered(tests: Iterable[str]) -> dict[str, str]:
    """Node ids are long, and each mutant names many."""
    return {test: str(number) for number, test in enumerate(sorted(set(tests)))}


def _test_files(tests: Mapping[str, str]) -> dict[str, Any]:
    files: dict[str, Any] = {}
    for nodeid, number in tests.items():
        path = nodeid.partition("::")[0]
        files.setdefault(path, {"tests": []})["tests"].append({"id": number, "name": nodeid})
    return files


def _file(file: SourceFile, gaps: Mapping[Place, Gap], tests: Mapping[str, str]) -> dict[str, Any]:
    mutants = [_mutant(mutant, gaps.get(_place_of(mutant)), tests) for mutant in file.mutants]
    return {"language": "python", "source": file.source, "mutants": mutants}


def _mutant(mutant: MutantReport, gap: Gap | None, tests: Mapping[str, str]) -> dict[str, Any]:
    verdict, status = mutant.verdict, _status(mutant, gap)
    data: dict[str, Any] = {
        "id": gap.id if gap else mutant.mutant.id,
        "mutatorName": mutant.mutant.operator,
        "replacement": mutant.mutant.replacement,
        "location": _location(mutant.mutant.region),
        "status": status.value,
        "coveredBy": [tests[test] for test in mutant.covering_tests],
    }
    reason = _reason(mutant, gap, status)
    if reason:
        data["statusReason"] = reason
    if verdict is not None:
        data["testsCompleted"], data["duration"] = verdict.tests_run, round(verdict.seconds * _MILLISECONDS)
        data["killedBy"] = [tests[test] for test in verdict.killed_by]
    if mutant.mutant.needs_import:
        data["static"] = True
    return data


def _status(mutant: MutantReport, gap: Gap | None) -> MutantStatus:
    if gap is not None and gap.state in DECIDED:
        return MutantStatus.IGNORED
    if mutant.status is MutantStatus.PENDING and mutant.verdict is not None and mutant.verdict.tests_run:
        return MutantStatus.RUNTIME_ERROR  # it was run, and nothing was proved
    return mutant.status


def _reason(mutant: MutantReport, gap: Gap | None, status: MutantStatus) -> str:
    if gap is not None and status is MutantStatus.IGNORED:
        return f"{gap.state.value}: {acceptance_of(gap) or 'old debt'}"
    if gap is not None:
        return gap.reason
    return mutant.verdict.detail if mutant.verdict else ""


def _location(region: Region) -> dict[str, Any]:
    return {
        "start": {"line": region.start_line, "column": region.start_column},
        "end": {"line": region.end_line, "column": region.end_column},
    }


def _place(gap: Gap) -> Place:
    return gap.path, gap.region.start_line, gap.region.start_column, gap.operator, gap.after


def _place_of(mutant: MutantReport) -> Place:
    change = mutant.mutant
    return change.path, change.region.start_line, change.region.start_column, change.operator, change.after
