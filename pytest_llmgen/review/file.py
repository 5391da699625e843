"""``llmgen-review.toml``, read: every fault is named by its line.  ``editing`` writes it."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from pytest_llmgen.records import Anchor, Decision, DecisionClass, InvalidEntry
from pytest_llmgen.review.anchors import LETTERS, fits
from pytest_llmgen.review.classes import DEFAULT_DAYS, fault_of_reason, is_bot

VERSION = 1
_ENTRY = re.compile(r"^\s*\[\[\s*accepted\s*\]\]", re.MULTILINE)
_AT_LINE = re.compile(r"line (\d+)")
_ID = re.compile(rf"[{''.join(LETTERS.values())}]-[0-9a-z#]{{4,}}")
_FLOORS = ("line", "branch", "mutation")


@dataclass(frozen=True, slots=True)
class Contents:
    """What a review file says."""

    decisions: tuple[Decision, ...] = ()
    invalid: tuple[InvalidEntry, ...] = ()
    ratchet: Mapping[str, float] | None = None


def read(path: Path, shown: str, *, bots: bool = False) -> Contents:
    """The decisions of a file, and what is wrong in it; a file that is not there holds none.

    Args:
        path: the file.
        shown: its path as people see it.
        bots: whether a program may be an author.
    """
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return Contents()
    except (OSError, UnicodeDecodeError) as error:
        return Contents(invalid=(InvalidEntry(shown, 1, f"it can't be read: {error}"),))
    return parse(text, shown, bots=bots)


def parse(text: str, shown: str, *, bots: bool = False) -> Contents:
    """The same for a text."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _AT_LINE.search(str(error))
        line = int(found[1]) if found else text.count("\n") + 1
        return Contents(invalid=(InvalidEntry(shown, line, f"not TOML: {error}"),))
    faults = [InvalidEntry(shown, 1, fault) for fault in _faults_of_file(data)]
    entries = data.get("accepted", [])
    lines = [text.count("\n", 0, found.end()) + 1 for found in _ENTRY.finditer(text)]
    lines += [1] * (len(entries) - len(lines)) if isinstance(entries, list) else []
    decisions: list[Decision] = []
    for line, entry in zip(lines, entries if isinstance(entries, list) else [], strict=False):
        problems = list(_faults(entry, bots=bots))
        faults += [InvalidEntry(shown, line, problem) for problem in problems]
        if not problems:
            decisions.append(_decision(entry, line))
    faults += [InvalidEntry(shown, d.line, f"{d.id}: the id is there twice") for d in _doubles(decisions)]
    ratchet = data.get("ratchet", {})
    floors = {name: float(value) for name, value in ratchet.items()} if not _faults_of_ratchet(ratchet) else {}
    return Contents(tuple(decisions), tuple(sorted(faults, key=lambda fault: fault.line)), floors)


def _faults_of_file(data: Mapping[str, Any]) -> Iterator[str]:
    if data.get("version") != VERSION:
        yield f"version is {data.get('version')!r}, this release reads {VERSION}"
    if not isinstance(data.get("accepted", []), list):
        yield "accepted must be an array of tables: [[accepted]]"
    unknown = sorted(set(data) - {"version", "accepted", "ratchet"})
    if unknown:
        yield f"unknown: {', '.join(unknown)}"
    yield from _faults_of_ratchet(data.get("ratchet", {}))


def _faults_of_ratchet(ratchet: Any) -> list[str]:
    if not isinstance(ratchet, dict):
        return ["ratchet must be a table: [ratchet]"]
    wrong = [name for name in ratchet if name not in _FLOORS]
    wrong += [n for n in _FLOORS if n in ratchet and (isinstance(ratchet[n], bool) or not _is_percent(ratchet[n]))]
    return [f"ratchet: {', '.join(wrong)}: not a floor in per cent"] if wrong else []


def _is_percent(value: Any) -> bool:
    return isinstance(value, int | float) and 0 <= value <= 100  # noqa: PLR2004 (per cent)


def _faults(entry: Any, *, bots: bool) -> Iterator[str]:
    if not isinstance(entry, dict):
        yield "not a table: [[accepted]]"
        return
    name = entry.get("id")
    if not isinstance(name, str) or not _ID.fullmatch(name):
        yield "an id is missing, or is none" if not name else f"{name!r} is no id"
        name = "?"
    yield from (f"{name}: {fault}" for fault in _faults_of_decision(entry, bots=bots))
    yield from (f"{name}: {fault}" for fault in _faults_of_gap(entry.get("gap")))


def _faults_of_decision(entry: Mapping[str, Any], *, bots: bool) -> Iterator[str]:
    word = entry.get("class")
    class_ = next((each for each in DecisionClass if each.value == word), None)
    if class_ is None:
        yield f"unknown class {word!r}" if word else "class is missing"
    reason, author = entry.get("reason"), entry.get("author")
    if fault := fault_of_reason(reason, class_) if isinstance(reason, str) else "reason is missing":
        yield fault
    if not isinstance(author, str) or not author.strip():
        yield "author is missing"
    elif is_bot(author) and not bots:
        yield f"{author} is no person; llm_review_bots allows programs as authors"
    yield from _faults_of_dates(entry, class_)
    if class_ is DecisionClass.KNOWN_BUG and not entry.get("ref"):
        yield "a known bug needs a ref: where it is tracked"
    gap = entry.get("gap")
    kind = gap.get("kind") if isinstance(gap, dict) else None
    if class_ is not None and kind in set(map(str, LETTERS)) and not fits(class_, kind):
        yield f"a {kind} can't be {class_.value}"


def _faults_of_dates(entry: Mapping[str, Any], class_: DecisionClass | None) -> Iterator[str]:
    if not _is_date(entry.get("date")):
        yield "date is missing, or is none (date = 2026-11-21)"
    expires = entry.get("expires")
    if expires is None:
        if class_ is not None and DEFAULT_DAYS[class_]:
            yield f"expires is missing: {class_.value} does not hold for ever"
    elif not _is_date(expires):
        yield "expires is no date"


def _faults_of_gap(gap: Any) -> Iterator[str]:
    if not isinstance(gap, dict):
        yield "[accepted.gap] is missing: the match is made on it"
        return
    if gap.get("kind") not in set(map(str, LETTERS)):
        yield f"unknown kind {gap.get('kind')!r}" if gap.get("kind") else "kind is missing"
    if "::" not in str(gap.get("where", "")):
        yield "where is missing (PATH::QUALNAME)"
    words = ("before", "after", "operator", "context", "statement", "operators")
    wrong = [word for word in words if not isinstance(gap.get(word, ""), str)]
    wrong += ["before"] if "before" not in gap else []
    nth = gap.get("nth", 1)
    wrong += ["nth"] if isinstance(nth, bool) or not isinstance(nth, int) or nth < 1 else []
    if wrong:
        yield f"in gap, wrong or missing: {', '.join(wrong)}"


def _is_date(value: Any) -> bool:
    return isinstance(value, date) and not isinstance(value, datetime)


def _doubles(decisions: Sequence[Decision]) -> list[Decision]:
    seen: Counter[str] = Counter()
    doubles = []
    for decision in decisions:
        seen[decision.id] += 1
        if seen[decision.id] > 1:
            doubles.append(decision)
    return doubles


def _decision(entry: Mapping[str, Any], line: int) -> Decision:
    gap = entry["gap"]
    path, _, qualname = gap["where"].partition("::")
    return Decision(
        id=entry["id"],
        class_=DecisionClass(entry["class"]),
        reason=entry["reason"],
        author=entry["author"],
        date=entry["date"],
        expires=entry.get("expires"),
        ref=str(entry.get("ref", "")),
        line=line,
        operators=gap.get("operators", ""),
        gap=Anchor(
            kind=gap["kind"],
            path=path,
            qualname=qualname,
            before=gap["before"],
            after=gap.get("after"),
            operator=gap.get("operator"),
            nth=gap.get("nth", 1),
            context=gap.get("context", ""),
            statement=gap.get("statement", ""),
        ),
    )
