"""``report.json``: the records as JSON; ``schema.py`` describes it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from typing import Any

from pytest_llmgen.records import Condition, Decisions, DecisionState, Facts, Gap, Report, TestReport

TOOL_NAME = "pytest-llmgen"


def to_json(report: Report) -> dict[str, Any]:
    """The report as plain dicts, lists, strings and numbers; ratios are ``[numerator, denominator]``."""
    facts, verdict = report.facts, report.verdict
    return {
        "schema_version": report.schema_version,
        "tool": {"name": TOOL_NAME, **as_data(facts.tool)},
        "run": as_data(facts.run),
        "suite": as_data(facts.suite),
        "verdict": {key: value for key, value in as_data(verdict).items() if key != "conditions"},
        "conditions": [_condition(condition) for condition in verdict.conditions],
        "totals": as_data(facts.totals),
        "functions": as_data(facts.functions),
        "gaps": [_gap(gap) for gap in facts.gaps],
        "suspected_bugs": as_data(facts.suspected_bugs),
        "tests": [_test(test) for test in facts.tests],
        "review": _review(facts.decisions),
        "cost": {**as_data(facts.cost), "budget_usd": facts.budget_usd, "model": facts.model},
        **_rest(facts),
    }


def as_data(value: Any) -> Any:
    """Records as dicts by field name (``class_`` is "class"), enums as values, tuples as lists, dates as YYYY-MM-DD."""
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value):
        return {f.name.rstrip("_"): as_data(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(as_data(key)): as_data(value[key]) for key in sorted(value)}
    if isinstance(value, tuple | list):
        return [as_data(item) for item in value]
    return value


def render(report: Report) -> str:
    """The text of ``report.json``."""
    return json.dumps(to_json(report), indent=1) + "\n"


def is_ours(text: str) -> bool:
    """Whether the text is a report of this format."""
    return bool(isinstance(data := parsed(text), dict) and "schema_version" in data)


def parsed(text: str) -> Any:
    """The text as JSON, None where it is none."""
    try:
        return json.loads(text)
    except ValueError:
        return None


def _review(decisions: Decisions) -> dict[str, Any]:
    """The entries one by one, and by what became of them."""
    states = (DecisionState.UNUSED, DecisionState.STALE, DecisionState.EXPIRED)
    moved = decisions.of(DecisionState.MOVED)
    return {
        **as_data(decisions),
        "used": len(decisions.of(DecisionState.USED, DecisionState.MOVED)),
        **{state.value: [entry.decision.id for entry in decisions.of(state)] for state in states},
        "moved": [{"id": e.decision.id, "from": e.decision.gap.where, "to": e.where} for e in moved],
    }


def _condition(condition: Condition) -> dict[str, Any]:
    """Numbers for programs; the words that people read stand beside them."""
    data = as_data(condition)
    words = {"actual_text": data.pop("actual"), "required_text": data.pop("required")}
    figures = {"actual": data.pop("number"), "required": data.pop("limit")}
    return {**data, **figures, **words}


def _gap(gap: Gap) -> dict[str, Any]:
    return {**as_data(gap), "where": gap.where}


def _test(test: TestReport) -> dict[str, Any]:
    data: dict[str, Any] = as_data(test)
    earned = data.pop("earned")
    return {
        **data,
        "new_lines": earned["lines"],
        "new_branches": earned["branches"],
        "kills": earned["kills"],
        "sole_kills": earned["sole_kills"],
        "fills_category": earned["category"],
        "shows": earned["shows"],
    }


def _rest(facts: Facts) -> dict[str, Any]:
    names = (
        "module_errors",
        "scope_problem",
        "nothing_to_test",
        "unreviewed_on_disk",
        "written",
        "removed",
        "warnings",
    )
    return {name: as_data(getattr(facts, name)) for name in names}
