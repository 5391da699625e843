"""A case as lines for a person; nothing of it is trusted: control characters are escaped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pytest_llmgen.refine.ledger import Entry
from pytest_llmgen.report.layout import plain
from pytest_llmgen.review.anchors import SUSPECTED_BUG
from pytest_llmgen.review.cases import TEST, Case, is_current
from pytest_llmgen.review.generated import source_of

AROUND = 2  # lines of source before and after
_TITLES = {
    TEST: "NEW TEST",
    SUSPECTED_BUG: "SUSPECTED BUG",
    "surviving-mutant": "SURVIVING MUTANT",
    "uncovered-branch": "BRANCH NEVER TAKEN",
    "uncovered-line": "LINES NEVER RUN",
    "no-verdict": "NO VERDICT",
    "suppressed-code": "SUPPRESSION ADDED",
}
_ORACLES = {
    "observed": "asserts today's behaviour",
    "documentation": "asserts what the documentation says",
    "doctest": "asserts an example of the documentation",
    "property": "asserts a property",
}
_MOST_NAMED = 3


def title_of(case: Case) -> str:
    """What it is and where."""
    if case.kind == TEST:
        return f"{_TITLES[TEST]}  {plain(case.id)}"
    return plain(f"{_TITLES[case.kind]}  {case.id}  {case.path}:{case.line} in {case.qualname}")


def lines_of(case: Case, root: Path, *, everything: bool = False) -> list[str]:
    """What is known of a case; ``everything`` names all tests and kills."""
    if case.kind == TEST:
        return [plain(line) for line in _test(case, root, everything=everything)]
    if case.kind == SUSPECTED_BUG:
        return [plain(line) for line in _bug(case)]
    return [plain(line) for line in _gap(case, root, everything=everything)]


def _test(case: Case, root: Path, *, everything: bool) -> Iterator[str]:
    data, entry = case.data, case.data.get("ledger")
    if not case.is_open:
        yield "  REVIEWED: a person has accepted it"
    yield f"  for     {data['target']}"
    if "new_lines" in data:
        yield f"  earns   {_earned(data)}"
        yield from (f"          kills {kill.rpartition(':')[2]}" for kill in (data["kills"] if everything else []))
        yield f"  stable  {data['runs'][0]} of {data['runs'][1]} runs, {data['seconds'] * 1000:.0f} ms"
        yield f"  checks  {_ORACLES[data['oracle']]}"
    elif isinstance(entry, Entry):
        found = (("line", "lines", entry.lines), ("branch", "branches", entry.branches), ("kill", "kills", entry.kills))
        yield f"  earned  {_counted(found)} when it was written"
    for line in source_of(root / case.path, case.id.rpartition("::")[2]).splitlines():
        if not line.startswith("@pytest.mark.llm_generated"):
            yield f"  + {line}"


def _earned(data: Mapping[str, Any]) -> str:
    lines, kills = data["new_lines"], len(data["sole_kills"])
    branches = ", ".join(f"{start} -> {end if end > 0 else 'exit'}" for start, end in data["new_branches"])
    said = [
        f"line{'s' * (len(lines) > 1)} {_ranges(lines)}" if lines else "",
        f"branch{'es' * (len(data['new_branches']) > 1)} {branches}" if branches else "",
        f"kills {kills} mutant{'s' * (kills != 1)} no other test kills" if kills else "",
    ]
    said.append(str(data.get("shows") or ""))
    return ", ".join(filter(None, said)) or "a category that has no other test"


def _ranges(numbers: Sequence[int]) -> str:
    """``3-5, 8`` for 3, 4, 5 and 8."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)


def _counted(found: Iterable[tuple[str, str, int]]) -> str:
    said = [f"{number} {one if number == 1 else many}" for one, many, number in found if number]
    return f"{', '.join(said)} that no other test had" if said else "a category that had no other test"


def _bug(case: Case) -> Iterator[str]:
    data = case.data
    yield f"  {data['summary']}"
    if data["quote"]:
        yield f'  the {data["source"]} says: "{data["quote"]}"'
    yield f"  expected {data['expected']}"
    yield f"  observed {data['observed']}, {data['reproduced'][0]} of {data['reproduced'][1]} times"
    yield f"  test    {data['test']}"
    yield from (f"  + {line}" for line in data["test_source"].splitlines())
    yield from _decided(case)


def _gap(case: Case, root: Path, *, everything: bool) -> Iterator[str]:
    data = case.data
    if not is_current(root, case):
        yield "  the function has changed since the report: run pytest --llm-check again"
    yield from _source(case, root)
    tests = data["covering_tests"]
    if tests:
        named = tests if everything else [test.rpartition("::")[2] for test in tests[:_MOST_NAMED]]
        more = f", {len(tests) - len(named)} more" if len(tests) > len(named) else ""
        yield f"  run by  {', '.join(named)}{more}"
    if data["reason"]:
        yield f"  why     {data['reason']}"
    if data["hint"]:
        yield f"  try     {data['hint']}"
    if data.get("suggested_class"):
        yield f"  rule    suggests {data['suggested_class']} (not a decision)"
    for attempt in data["attempts"] if everything else []:
        yield f"  tried   {attempt['outcome']}: {attempt['why']}"
    yield from _decided(case)


def _source(case: Case, root: Path) -> Iterator[str]:
    """The lines around, the changed ones with their signs."""
    region = case.data["region"]
    try:
        lines = (root / case.path).read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        lines = []
    first, last = region["start_line"], region["end_line"]
    diff = (case.data["diff"] or "").splitlines()
    removed = [line for line in diff if line.startswith("-")]
    end = first + len(removed) - 1 if diff else last
    yield from (f"    {n:>4}  {lines[n - 1]}" for n in range(max(1, first - AROUND), first) if n <= len(lines))
    if diff:
        yield from (f"  {line[:1]} {n:>4}  {line[2:]}" for n, line in enumerate(removed, first))
        yield from (f"  +       {line[2:]}" for line in diff if line.startswith("+"))
    else:
        yield from (f"  ! {n:>4}  {lines[n - 1]}" for n in range(first, last + 1) if n <= len(lines))
    if case.data["to_line"] is not None:
        yield f"    never goes on to {case.data['to_line'] if case.data['to_line'] > 0 else 'the exit'}"
    yield from (f"    {n:>4}  {lines[n - 1]}" for n in range(end + 1, end + AROUND + 1) if n <= len(lines))


def _decided(case: Case) -> Iterator[str]:
    decision = case.data.get("decision")
    if decision:
        until = f" until {decision['expires']}" if decision["expires"] else ""
        state = case.data["state"].upper()
        yield f"  {state}: {decision['class']} by {decision['author']} on {decision['date']}{until}"
        yield f"          {decision['reason']}"
