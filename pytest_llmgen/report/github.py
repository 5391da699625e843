"""GitHub Actions: annotations, the step summary and outputs, as text.  Pure; ``outlets`` writes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pytest_llmgen.gate import in_scope, unreviewed_gaps
from pytest_llmgen.records import Gap, Region, Report, State, SuspectedBug
from pytest_llmgen.report.markdown import document
from pytest_llmgen.report.words import one_per_line, open_bugs, open_gaps, sentence_of, sentences_about, title_of

MOST_ANNOTATIONS = 10
"""GitHub shows ten of each kind for a step."""
MOST_SUMMARY_BYTES = 900 * 1024
"""GitHub takes 1 MiB for a step, and nothing at all of what is larger."""
_MOST_MESSAGE = 1000


@dataclass(frozen=True, slots=True)
class Annotation:
    """A remark at a place in a file; lines and columns from 1, the end column inclusive as GitHub has it."""

    level: str  # error or warning
    path: str
    title: str
    message: str
    region: Region


def commands(report: Report, prefix: str = "") -> tuple[str, ...]:
    """The workflow commands, each a line; ``prefix`` leads from the workspace to the project's root."""
    found = list(_annotations(report))
    lines = [_command(each, prefix) for each in found[:MOST_ANNOTATIONS]]
    rest = len(found) - MOST_ANNOTATIONS
    if rest > 0:
        lines.append(f"::notice title=pytest-llmgen::{rest} more, see the summary of this step")
    return tuple(lines)


def _annotations(report: Report) -> Iterator[Annotation]:
    failing = _failing(report)
    for bug in open_bugs(report.facts):
        yield _of_bug(bug, "error" if "bugs" in failing else "warning")
    for gap, more in one_per_line(gap for gap in open_gaps(report.facts) if gap.new):
        yield _of_gap(gap, more, "error" if "new-gaps" in failing else "warning")


def _failing(report: Report) -> frozenset[str]:
    """The conditions that fail the run: an error is what a person has to act on."""
    if report.verdict.gate != "enforce":
        return frozenset()
    return frozenset(each.id for each in report.verdict.conditions if each.state == State.FAIL.value)


def _of_bug(bug: SuspectedBug, level: str) -> Annotation:
    text = f"{bug.summary}\nExpected: {bug.expected}. Observed: {bug.observed}."
    return Annotation(level, bug.path, f"{bug.id} suspected bug", text, Region(bug.line, 0, bug.line, 0))


def _of_gap(gap: Gap, more: int, level: str) -> Annotation:
    others = (f"{more} more on this line.",) if more else ()
    parts = (f"{sentence_of(gap)}.", *((gap.diff,) if gap.diff else ()), *sentences_about(gap), *others)
    return Annotation(level, gap.path, f"{gap.id} {title_of(gap)}", "\n".join(parts), gap.region)


def _command(each: Annotation, prefix: str) -> str:
    region = each.region
    place = {"file": f"{prefix}{each.path}", "line": str(region.start_line), "endLine": str(region.end_line)}
    if region.start_column and region.start_line == region.end_line:  # GitHub takes columns on one line only
        place |= {"col": str(region.start_column), "endColumn": str(max(region.start_column, region.end_column - 1))}
    properties = {**place, "title": each.title}
    text = each.message if len(each.message) <= _MOST_MESSAGE else f"{each.message[:_MOST_MESSAGE]}..."
    shown = ",".join(f"{name}={escape_property(value)}" for name, value in properties.items())
    return f"::{each.level} {shown}::{escape_data(text)}"


def escape_data(text: str) -> str:
    """What comes after ``::``."""
    safe = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return safe.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def escape_property(text: str) -> str:
    """The value of ``name=``: commas and colons end it as well."""
    return escape_data(text).replace(":", "%3A").replace(",", "%2C")


def summary(report: Report) -> str:
    """The step summary."""
    return document(report, MOST_SUMMARY_BYTES)


def outputs(report: Report, place: str) -> Mapping[str, str]:
    """Names and values for later steps; ``place`` is where the report for people is, if anywhere."""
    facts, metrics = report.facts, in_scope(report.facts)
    return {
        "verdict": report.verdict.state.value,
        "open_gaps": str(len(unreviewed_gaps(facts.gaps))),
        "suspected_bugs": str(len(open_bugs(facts))),
        "new_lines": _fraction(metrics.lines if metrics else None),
        "new_mutants": _fraction(metrics.mutants if metrics else None),
        "report": place.replace("\n", " "),
    }


def _fraction(ratio: tuple[int, int] | None) -> str:
    return f"{ratio[0]}/{ratio[1]}" if ratio and ratio[1] else ""
