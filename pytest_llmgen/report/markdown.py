"""The report as Markdown, for the body of a pull request, a comment, or GitHub's step summary.

Whatever comes from the code, the tests or a model stands in code spans and fences: it can't mention
people, show pictures or end a table.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from pytest_llmgen.gate import in_scope
from pytest_llmgen.records import ConditionState, Facts, Gap, GapState, Report, State, SuspectedBug, Verdict
from pytest_llmgen.report.gains import gains, left_out
from pytest_llmgen.report.items import second_look_of
from pytest_llmgen.report.layout import count, tally
from pytest_llmgen.report.words import acceptance_of, one_per_line, open_bugs, open_gaps, sentences_about, title_of

MARK = "<!-- pytest-llmgen report -->"
MOST_CHARACTERS = 60_000
"""GitHub takes 65,536 in a body or a comment."""

_VERDICTS = {
    State.PASS: "✅ Gate passed",
    State.FAIL: "❌ Gate failed",
    State.INCONCLUSIVE: "❔ Gate inconclusive",
}
_MARKS = {
    ConditionState.OK: "✅ ok",
    ConditionState.FAIL: "❌ **fail**",
    ConditionState.INCONCLUSIVE: "❔ undecided",
    ConditionState.OFF: "off",
}
_MOST_CODE = 2_000
_MOST_ROWS = 50
_FENCE = "```"


def render(report: Report) -> str:
    """The text of the file, cut for a body."""
    return document(report, MOST_CHARACTERS)


def is_ours(text: str) -> bool:
    """Whether the text is a report of this format."""
    return text.startswith(MARK)


def document(report: Report, most: int) -> str:
    """At most ``most`` bytes of UTF-8: whole parts only; it says how many gaps are left out."""
    facts = report.facts
    head = [MARK, *_head(facts, report.verdict), *_gains(facts), *_conditions(report.verdict), *_tests(facts)]
    gaps = one_per_line(open_gaps(facts))
    bugs = [_bug(bug) for bug in open_bugs(facts)]
    parts = [*bugs, *(_details(gap, more) for gap, more in gaps)]
    text = _fitted([*head, *_overview(facts, gaps)], parts, most)
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _fitted(head: Sequence[str], parts: Sequence[str], most: int) -> str:
    used = sum(_size(part) for part in head)
    kept: list[str] = []
    for part in parts:
        if used + _size(part) + _ROOM_FOR_THE_END > most:
            break
        kept.append(part)
        used += _size(part)
    rest = len(parts) - len(kept)
    end = [f"_{count(rest, 'more place')} in the HTML report and in `report.json`._"] if rest else []
    return "\n\n".join([*head, *kept, *end]) + "\n"


_ROOM_FOR_THE_END = 200


def _size(part: str) -> int:
    return len(part.encode("utf-8", "backslashreplace")) + 2


# --- Parts --------------------------------------------------------------------------------------


def _head(facts: Facts, verdict: Verdict) -> Iterator[str]:
    only = " (report only)" if verdict.gate == "report" else ""
    yield f"## {_VERDICTS[verdict.state]}{only}" if verdict.gate != "off" else "## pytest-llmgen"
    reason = escape(verdict.reason)
    if reason and verdict.gate != "off":
        yield f"{reason[0].upper()}{reason[1:]}."
    if facts.nothing_to_test:
        yield f"Nothing to test: {escape(facts.nothing_to_test)}."
    for advice in verdict.advice:
        yield f"Try: {span(advice)}"


def _gains(facts: Facts) -> Iterator[str]:
    rows = gains(facts)
    has_before = any(row.before for row in rows)
    header = ("", "before", "after", "change") if has_before else ("", "now")
    cells = [(r.title, r.before, r.after, r.change) if has_before else (r.title, r.after) for r in rows]
    yield table(header, cells)
    note = left_out(in_scope(facts))
    if note:
        yield f"{note}."


def _conditions(verdict: Verdict) -> Iterator[str]:
    if verdict.gate != "off":
        rows = [
            (_MARKS[c.state], escape(c.title), escape(c.actual), escape(c.required or c.detail))
            for c in verdict.conditions
            if c.state is not ConditionState.OFF
        ]
        yield "### Conditions"
        yield table(("state", "condition", "actual", "allowed"), rows)


def _tests(facts: Facts) -> Iterator[str]:
    if facts.run.command != "generate":
        return
    kept = [test for test in facts.tests if test.state != "dropped"]
    dropped = [test for test in facts.tests if test.state == "dropped"]
    yield "### Generated tests"
    lines = [f"- {escape(text)}" for text in facts.written]
    if kept:
        lines.append(f"- {count(len(kept), 'test')} kept ({tally([test.category.value for test in kept])})")
        lines.append(f"- expectations from: {tally([test.oracle.value for test in kept])}")
    if dropped:
        why = tally([test.dropped_because or test.fate.value for test in dropped])
        lines.append(f"- {count(len(dropped), 'test')} dropped ({why})")
    yield "\n".join(lines or ["No test was written."])
    if any(test.oracle.value == "observed" for test in kept):
        yield "Tests with the expectation `observed` say what the code does today. Read them before you trust them."


def _overview(facts: Facts, gaps: Sequence[tuple[Gap, int]]) -> Iterator[str]:
    places = len(gaps) + len(open_bugs(facts))
    if not places:
        return
    yield f"### To review: {count(len(open_bugs(facts)), 'suspected bug')}, {count(len(open_gaps(facts)), 'gap')}"
    rows = [(span(b.id), "suspected bug", span(f"{b.path}:{b.line}"), span(b.qualname)) for b in open_bugs(facts)]
    for gap, more in gaps:
        others = f" (+{more} on this line)" if more else ""
        place = span(f"{gap.path}:{gap.region.start_line}")
        rows.append((span(gap.id), title_of(gap) + others, place, span(gap.qualname)))
    yield table(("id", "what", "where", "function"), rows[:_MOST_ROWS])
    if len(rows) > _MOST_ROWS:
        yield f"_and {len(rows) - _MOST_ROWS} more_"


def _details(gap: Gap, more: int) -> str:
    name = f"{gap.id} {title_of(gap)}, {gap.path}:{gap.region.start_line}"
    code = fenced(gap.diff, "diff") if gap.diff else fenced(gap.before, "python")
    about = [escape(text) for text in sentences_about(gap)]
    state = []
    if gap.state is not GapState.OPEN:
        state = [f"**{gap.state.value}**: accepted once, please decide again. {escape(acceptance_of(gap))}"]
    others = [f"+{more} more on this line."] if more else []
    return _folded(name, [code, *state, *about, *others, span(f"pytest --llm-show {gap.id}")])


def _bug(bug: SuspectedBug) -> str:
    parts = [escape(bug.summary)]
    if bug.quote:
        parts.append(f"The {bug.source} says: {span(bug.quote)}")
    parts.append(f"Expected: {span(bug.expected)}, observed: {span(bug.observed)}")
    if bug.second_look:
        parts.append(escape(second_look_of(bug)))
    parts.append(f"Reproduced {bug.reproduced[0]} of {bug.reproduced[1]} times; test: {span(bug.test)}")
    if bug.test_source:
        parts.append(fenced(bug.test_source, "python"))
    return _folded(f"{bug.id} suspected bug, {bug.path}:{bug.line}", parts)


def _folded(name: str, parts: Iterable[str]) -> str:
    title = name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    inside = "\n\n".join(parts)
    return f"<details><summary><code>{title}</code></summary>\n\n{inside}\n\n</details>"


# --- Marks --------------------------------------------------------------------------------------


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table whose cells are Markdown already."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def escape(text: str) -> str:
    """Plain text, safe in a line of Markdown: nothing in it is a mark, a link, HTML or a mention."""
    return _MARKS_OF_MARKDOWN.sub(r"\\\g<0>", " ".join(text.split())).replace("@", "@\u200b")


_MARKS_OF_MARKDOWN = re.compile(r"[\\`*_{}\[\]<>#!|~&]")


def span(text: str) -> str:
    """A code span, whatever backquotes are in the text."""
    line = " ".join(text.split())
    fence = "`" * (_longest_run(line) + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{pad}{line}{pad}{fence}" if line else ""


def fenced(text: str, language: str) -> str:
    """A fenced block with more backquotes than the text contains; long text is cut."""
    fence = "`" * max(len(_FENCE), _longest_run(text) + 1)
    shown = text if len(text) <= _MOST_CODE else f"{text[:_MOST_CODE]}\n... cut"
    return f"{fence}{language}\n{shown}\n{fence}"


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)
