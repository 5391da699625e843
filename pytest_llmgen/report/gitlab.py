"""GitLab's code quality report: a list of findings, empty when there are none, so that resolved ones show."""

from __future__ import annotations

import json
from typing import Any

from pytest_llmgen.records import Gap, GapKind, Report, SuspectedBug
from pytest_llmgen.report.json_report import parsed
from pytest_llmgen.report.words import digest, open_bugs, open_gaps, sentence_of, stable_id

_FINGERPRINT_DIGITS = 32
_CHECK = "llmgen/"
_SEVERITIES = {
    GapKind.SURVIVING_MUTANT: "major",
    GapKind.UNCOVERED_BRANCH: "minor",
    GapKind.UNCOVERED_LINE: "minor",
    GapKind.SUPPRESSED_CODE: "minor",
    GapKind.NO_VERDICT: "info",
}


def render(report: Report) -> str:
    """The text of the file."""
    return json.dumps(findings(report), indent=1) + "\n"


def is_ours(text: str) -> bool:
    """Whether the text is a list of findings of ours; an empty list could be anybody's, and says nothing."""
    data = parsed(text)
    return isinstance(data, list) and all(
        isinstance(each, dict) and str(each.get("check_name")).startswith(_CHECK) for each in data
    )


def findings(report: Report) -> list[dict[str, Any]]:
    """One finding for each suspected bug and each gap that nobody has settled."""
    bugs = [_bug(bug) for bug in open_bugs(report.facts)]
    return [*bugs, *(_gap(gap) for gap in open_gaps(report.facts))]


def _bug(bug: SuspectedBug) -> dict[str, Any]:
    return _finding(bug.summary, "suspected-bug", bug.id, "major", bug.path, bug.line)


def _gap(gap: Gap) -> dict[str, Any]:
    text, severity = f"{sentence_of(gap)} ({gap.id})", _SEVERITIES[gap.kind]
    return _finding(text, gap.kind.value, stable_id(gap), severity, gap.path, gap.region.start_line)


def _finding(text: str, check: str, identifier: str, severity: str, path: str, line: int) -> dict[str, Any]:
    return {
        "description": text,
        "check_name": f"{_CHECK}{check}",
        "fingerprint": digest(identifier, _FINGERPRINT_DIGITS),
        "severity": severity,
        "location": {"path": path, "lines": {"begin": line}},
    }
