"""What a person decides on: the gaps and suspected bugs of the last report, the generated tests on disk."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.extract.targets import parse_module
from pytest_llmgen.records import Anchor
from pytest_llmgen.refine import ledger
from pytest_llmgen.refine.write import existing_tests
from pytest_llmgen.review.anchors import MODULE_LEVEL, SUSPECTED_BUG, without_addresses
from pytest_llmgen.review.statements import neighbourhood, statements_of
from pytest_llmgen.settings import Settings

TEST = "test"
DECIDED = ("accepted", "baseline", "known-bug", "false-alarm")


@dataclass(frozen=True, slots=True)
class Case:
    """One thing to decide on; ``data`` is what the report says of it."""

    id: str  # of the gap or bug; the node id of a test
    kind: str  # of Anchor.kind, or "test"
    path: str
    line: int
    qualname: str
    data: Mapping[str, Any]
    anchor: Anchor | None = None

    @property
    def is_open(self) -> bool:
        """Whether nobody has decided yet."""
        return self.data.get("state", "open") not in DECIDED


@dataclass(frozen=True, slots=True)
class Cases:
    """Everything that may be decided on, in the order of a review: tests, suspected bugs, gaps by rank."""

    tests: tuple[Case, ...]
    bugs: tuple[Case, ...]
    gaps: tuple[Case, ...]
    operators: str = ""
    scope: str = ""
    entries: Sequence[Mapping[str, Any]] = ()  # what became of decisions
    paid: tuple[str, ...] = ()  # ids of the baseline that are gaps no more
    reviewed: tuple[Case, ...] = ()  # generated tests that a person has accepted

    def named(self, prefix: str) -> Case:
        """The case whose id starts so; a test also by the end of its node id.

        Raises:
            LlmgenError: there is none (``unknown-id``), or more than one (``ambiguous-id``).
        """
        every = (*self.tests, *self.bugs, *self.gaps, *self.reviewed)
        found = [case for case in every if case.id == prefix]
        found = found or [case for case in every if case.kind != TEST and case.id.startswith(prefix)]
        found = found or [case for case in (*self.tests, *self.reviewed) if case.id.endswith(f"::{prefix}")]
        if not found:
            fix = "the last report (.llmgen/report.json) lists them; pytest --llm-check makes a new one"
            raise LlmgenError(
                f"{prefix}: no gap, suspected bug or generated test of that name", fix=fix, slug="unknown-id"
            )
        if len(found) > 1:
            names = ", ".join(case.id for case in found[:4])
            raise LlmgenError(f"{prefix} may be {names}", fix="give more of it", slug="ambiguous-id")
        return found[0]


def load(settings: Settings, *, need_report: bool = True) -> Cases:
    """The last report and the tests on disk.

    Raises:
        LlmgenError: there is no report, or it can't be read (``no-report``).
    """
    path = settings.report_path / "report.json"
    try:
        data = json.loads(path.read_text("utf-8"))
        gaps = tuple(_gap(each) for each in data["gaps"] if each["new"])
        bugs = tuple(_bug(each) for each in data["suspected_bugs"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        if not need_report:
            return Cases(_tests(settings, {}), (), (), reviewed=_tests(settings, {}, reviewed=True))
        fix = "run pytest --llm-check or --llm-generate first"
        raise LlmgenError(f"no report at {path}: {error}", fix=fix, slug="no-report") from None
    earned = {test["nodeid"]: test for test in data["tests"] if test["fate"] == "kept"}
    return Cases(
        tests=_tests(settings, earned),
        bugs=bugs,
        gaps=tuple(sorted(gaps, key=lambda case: case.data["rank"])),
        operators=data["tool"]["operators"],
        scope=data["run"]["scope"],
        entries=data["review"]["entries"],
        paid=tuple(data["review"]["baseline_unused"]),
        reviewed=_tests(settings, earned, reviewed=True),
    )


def is_current(root: Path, case: Case) -> bool:
    """Whether the code that a case speaks of is still the code in the working tree."""
    if case.anchor is None:
        return True
    try:
        source = (root / case.path).read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return False
    return context_today(source, case.anchor, case.line) == case.anchor.context


def context_today(source: str, anchor: Anchor, line: int) -> str:
    """The context of an anchor's function in a source; outside of functions that of the statement in the line."""
    contexts = {target.qualname: target.context for target in parse_module(anchor.path, "", ".", source).targets}
    parts = anchor.qualname.split(".")
    names = [".".join(parts[:length]) for length in range(1, len(parts) + 1)]
    found = next((contexts[name] for name in names if name in contexts), None)
    if found is not None:
        return found
    spot = statements_of(source).starting_at(line)
    return neighbourhood(spot) if spot is not None and spot.scope == 0 else ""


def names_a_class(source: str, anchor: Anchor) -> bool:
    """Whether an anchor is of a class's own body: what its context is shows only where the statement is known."""
    return bool(re.search(rf"^\s*class\s+{re.escape(anchor.qualname.rpartition('.')[2])}\b", source, re.MULTILINE))


def _gap(data: Mapping[str, Any]) -> Case:
    names = ("kind", "path", "qualname", "before", "after", "operator", "nth", "context", "statement")
    anchor = Anchor(**{name: data[name] for name in names})
    return Case(data["id"], data["kind"], data["path"], data["region"]["start_line"], data["qualname"], data, anchor)


def _bug(data: Mapping[str, Any]) -> Case:
    before = without_addresses(data["observed"])
    anchor = Anchor(SUSPECTED_BUG, data["path"], data["qualname"], before, context=data["context"])
    return Case(data["id"], SUSPECTED_BUG, data["path"], data["line"], data["qualname"], data, anchor)


def _tests(settings: Settings, earned: Mapping[str, Mapping[str, Any]], *, reviewed: bool = False) -> tuple[Case, ...]:
    """Generated tests that a person has reviewed, or has not: those on disk, whichever run wrote them."""
    folders = [settings.root / settings.output_dir]
    folders += [settings.report_path / "pending"] if settings.pending else []
    remembered = {folder: ledger.read(folder).entries for folder in folders}
    found = []
    for test in (test for folder in folders for test in existing_tests(folder)):
        if test.reviewed is reviewed:
            path = test.path.relative_to(settings.root).as_posix()
            nodeid = f"{path}::{test.name}"
            qualname = test.target.partition(":")[2] or MODULE_LEVEL
            entry = remembered[test.path.parent].get((test.path.name, test.name))
            data = {
                **earned.get(nodeid, {}),
                "state": "accepted" if reviewed else "open",
                "target": test.target,
                "ledger": entry,
            }
            found.append(Case(nodeid, TEST, path, 1, qualname, data))
    return tuple(found)
