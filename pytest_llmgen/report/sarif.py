"""SARIF 2.1.0 for code scanning: gaps and suspected bugs as results, never as fixes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from pytest_llmgen.doubts import DECIDED
from pytest_llmgen.records import Gap, GapKind, GapState, InvalidEntry, Report, State, SuspectedBug
from pytest_llmgen.report.json_report import TOOL_NAME, parsed
from pytest_llmgen.report.sarif_rules import RULES, rule_objects
from pytest_llmgen.report.words import (
    HOMEPAGE,
    acceptance_of,
    digest,
    one_per_line,
    open_bugs,
    open_gaps,
    sentence_of,
    sentences_about,
    stable_id,
)

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
ROOT = "%SRCROOT%"
_RULE_OF = {
    GapKind.SURVIVING_MUTANT: "LLMGEN001",
    GapKind.UNCOVERED_LINE: "LLMGEN002",
    GapKind.UNCOVERED_BRANCH: "LLMGEN003",
    GapKind.NO_VERDICT: "LLMGEN007",
    GapKind.SUPPRESSED_CODE: "LLMGEN008",
}
_BUG_RULE = "LLMGEN004"
_REVIEW_RULE = "LLMGEN006"
_MOST_TESTS = 5
_HASH_DIGITS = 16
_PLACEHOLDER = re.compile(r"\{(\d+)\}")
_WORDS = {
    State.PASS: "gate passed",
    State.FAIL: "gate failed",
    State.INCONCLUSIVE: "gate inconclusive: nothing is proved either way",
}


def render(report: Report, *, accepted: bool = False) -> str:
    """The text of the file; with ``accepted``, settled gaps are in it as suppressed results."""
    return json.dumps(to_sarif(report, accepted=accepted), indent=1) + "\n"


def is_ours(text: str) -> bool:
    """Whether the text is a SARIF log of ours."""
    data = parsed(text)
    runs = data.get("runs") if isinstance(data, dict) else None
    if not isinstance(runs, list) or not runs or not isinstance(runs[0], dict):
        return False
    return bool(runs[0].get("tool", {}).get("driver", {}).get("name") == TOOL_NAME)


def to_sarif(report: Report, *, accepted: bool = False) -> dict[str, Any]:
    """One log with one run."""
    facts, verdict = report.facts, report.verdict
    snippets = _Snippets(report)
    results = [_bug(bug) for bug in open_bugs(facts)]
    results += [_gap(gap, more, snippets) for gap, more in one_per_line(open_gaps(facts))]
    results += [_invalid(entry) for entry in facts.decisions.invalid]
    if accepted:
        settled = [gap for gap in facts.gaps if gap.state in DECIDED]
        results += [{**_gap(gap, 0, snippets), "suppressions": [_suppression(gap)]} for gap in settled]
    driver = {
        "name": TOOL_NAME,
        "semanticVersion": facts.tool.version,
        "informationUri": HOMEPAGE,
        "rules": rule_objects(),
    }
    run = {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"{TOOL_NAME}/{facts.run.started}"},
        "originalUriBaseIds": {ROOT: {"description": {"text": "the root of the project"}}},
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                "executionSuccessful": verdict.state is not State.INCONCLUSIVE,
                "exitCode": facts.run.exit_code,
                "exitCodeDescription": _WORDS[verdict.state],
            }
        ],
        "results": results,
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _result(rule: str, text: str, markdown: str, location: Mapping[str, Any], identifier: str) -> dict[str, Any]:
    return {
        "ruleId": rule,
        "ruleIndex": [each.id for each in RULES].index(rule),
        "level": next(each.level for each in RULES if each.id == rule),
        "kind": "fail",
        "message": {"text": text, "markdown": markdown},
        "locations": [location],
        "partialFingerprints": {
            "primaryLocationLineHash": f"{digest(identifier, _HASH_DIGITS)}:1",
            "llmgenGap/v1": identifier,
        },
    }


def _gap(gap: Gap, more: int, snippets: _Snippets) -> dict[str, Any]:
    others = f" {more} more on this line." if more else ""
    text = _plain(f"{sentence_of(gap)} ({gap.id}). {' '.join(sentences_about(gap))}{others}".strip())
    place = _physical(gap.path, {**_region(gap), **snippets.of(gap)})
    location = {**place, "logicalLocations": [{"fullyQualifiedName": gap.qualname, "kind": "function"}]}
    result = _result(_RULE_OF[gap.kind], text, text, location, stable_id(gap))
    result["baselineState"] = "new" if gap.new and gap.state is not GapState.BASELINE else "unchanged"
    result["properties"] = {"id": gap.id, "state": gap.state.value, "operator": gap.operator or ""}
    related = [_test(test) for test in gap.covering_tests[:_MOST_TESTS]]
    return {**result, "relatedLocations": related} if related else result


def _region(gap: Gap) -> dict[str, int]:
    region = gap.region
    return {
        "startLine": region.start_line,
        "startColumn": region.start_column,
        "endLine": region.end_line,
        "endColumn": region.end_column,
    }


def _test(nodeid: str) -> dict[str, Any]:
    path, _, name = nodeid.partition("::")
    return {**_physical(path, None), "message": {"text": f"runs it: {name}"}}


def _bug(bug: SuspectedBug) -> dict[str, Any]:
    text = _plain(f"{bug.summary.rstrip('.')} ({bug.id}). Expected: {bug.expected}. Observed: {bug.observed}.")
    place = _physical(bug.path, {"startLine": bug.line})
    location = {**place, "logicalLocations": [{"fullyQualifiedName": bug.qualname, "kind": "function"}]}
    return _result(_BUG_RULE, text, text, location, bug.id)


def _invalid(entry: InvalidEntry) -> dict[str, Any]:
    text = _plain(f"{entry.problem} ({entry.path}, line {entry.line})")
    location = _physical(entry.path, {"startLine": max(1, entry.line)})
    return _result(_REVIEW_RULE, text, text, location, f"{entry.path}:{entry.problem}")


def _physical(path: str, region: Mapping[str, Any] | None) -> dict[str, Any]:
    artifact = {"uri": quote(path.encode("utf-8", "surrogateescape")), "uriBaseId": ROOT}
    place: dict[str, Any] = {"artifactLocation": artifact}
    return {"physicalLocation": {**place, "region": dict(region)} if region else place}


def _plain(text: str) -> str:
    """Code that looks like SARIF's own marks (``[text](1)``, ``{0}``) must not be read as them."""
    return _PLACEHOLDER.sub(r"{ \1}", text.replace("](", "] ("))


def _suppression(gap: Gap) -> dict[str, Any]:
    return {"kind": "external", "status": "accepted", "justification": acceptance_of(gap) or gap.state.value}


class _Snippets:
    """The lines of source that a gap is on."""

    def __init__(self, report: Report) -> None:
        self._lines = {file.path: file.source.split("\n") for file in report.sources}

    def of(self, gap: Gap) -> dict[str, Any]:
        """The region's ``snippet``, nothing where the source is not known."""
        lines: Iterable[str] = self._lines.get(gap.path, [])[gap.region.start_line - 1 : gap.region.end_line]
        text = "\n".join(line.rstrip("\r") for line in lines)
        return {"snippet": {"text": text}} if text else {}
