"""``report.json``: the records as JSON, written whole and at once; ``schema.py`` describes it."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from pathlib import Path
from typing import Any

from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.records import Facts, Gap, Report, TestReport

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
        "conditions": as_data(verdict.conditions),
        "totals": as_data(facts.totals),
        "functions": as_data(facts.functions),
        "gaps": [_gap(gap) for gap in facts.gaps],
        "suspected_bugs": as_data(facts.suspected_bugs),
        "tests": [_test(test) for test in facts.tests],
        "review": as_data(facts.decisions),
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


def write(report: Report, path: Path, *, keep_previous: bool = True) -> None:
    """Write the report to ``path`` at once; the one before it becomes ``<stem>.prev.json`` if wanted.

    Raises:
        LlmgenError: the file cannot be written (``report-not-written``), or would replace something that
            is no report (``report-in-the-way``).
    """
    check_place(path)
    text = json.dumps(to_json(report), indent=1)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(text + "\n", encoding="utf-8")
        if keep_previous:
            set_aside(path)
        temporary.replace(path)
    except OSError as error:
        _discard(temporary)
        raise LlmgenError(
            f"{path} was not written: {error.strerror or error}",
            fix="free the place or name another with --llm-report=json:PATH",
            slug="report-not-written",
        ) from error


def set_aside(path: Path) -> None:
    """Make the earlier report ``<stem>.prev.json``; there may be none."""
    if path.exists():
        path.replace(path.with_name(f"{path.stem}.prev{path.suffix}"))


def check_place(path: Path) -> None:
    """See that a report may be written to ``path``: only an earlier report is ever replaced.

    Raises:
        LlmgenError: something else is there (``report-in-the-way``).
    """
    if path.is_dir() or (path.exists() and not _is_report(path)):
        raise LlmgenError(
            f"{path} is {'a folder' if path.is_dir() else 'there, and is no report of ours'}",
            fix="name another file with --llm-report=json:PATH, or move it away",
            slug="report-in-the-way",
        )


def _is_report(path: Path) -> bool:
    """An empty file is as good as a report: ``mktemp`` makes one."""
    try:
        text = path.read_text("utf-8")
        data = json.loads(text) if text.strip() else {"schema_version": None}
    except (OSError, ValueError):
        return False
    return isinstance(data, dict) and "schema_version" in data


def make_folder(folder: Path) -> None:
    """Make the folder of reports, with a ``.gitignore`` that keeps all of it out of version control.

    A folder that others use already gets none: it would hide their files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if not any(folder.iterdir()):
        (folder / ".gitignore").write_text("*\n", encoding="utf-8")


def _gap(gap: Gap) -> dict[str, Any]:
    return {**as_data(gap), "where": gap.where, "suggested_class": None}


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
    }


def _rest(facts: Facts) -> dict[str, Any]:
    names = ("module_errors", "scope_problem", "nothing_to_test", "unreviewed_on_disk", "written", "warnings")
    return {name: as_data(getattr(facts, name)) for name in names}


def _discard(temporary: Path) -> None:
    with contextlib.suppress(OSError):  # the reason for the fault is already on its way up
        temporary.unlink()
