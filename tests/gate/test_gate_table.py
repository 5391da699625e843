"""The gate's table: every condition in every situation that it knows, one cell to a test."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from gate_facts import (
    BUG,
    COMPLETE,
    FULL,
    GAP,
    GOOD,
    INCONCLUSIVE,
    KILLED,
    PENDING,
    RUN,
    SURVIVED,
    TEST,
    accepted,
    condition,
    with_metrics,
    with_suite,
)

from pytest_llmgen.gate import Limits, exit_status, judge
from pytest_llmgen.limits import PathLimit
from pytest_llmgen.records import (
    Anchor,
    ConditionState,
    Decision,
    DecisionClass,
    Decisions,
    DecisionState,
    Facts,
    Fate,
    GapState,
    InvalidEntry,
    MatchedDecision,
    Metrics,
    State,
    Totals,
)

OK, FAIL, OPEN, OFF = ConditionState.OK, ConditionState.FAIL, ConditionState.INCONCLUSIVE, ConditionState.OFF
NOTHING = replace(GOOD, totals=Totals(None, None), functions=(), files=None, nothing_to_test="no Python code changed")
HALF = Metrics((5, 10), (2, 4), (4, 8), {KILLED: 4, SURVIVED: 4})
LATE = replace(FULL, by_status={KILLED: 8, PENDING: 2})
DAY = dt.date(2026, 11, 21)
DECISION = Decision(
    "M-1", DecisionClass.WONT_TEST, "log text", "dev", DAY, Anchor("surviving-mutant", "a.py", "f", "x")
)


def new(metrics: Metrics, **changes: object) -> Facts:
    """A run over new code."""
    run = replace(RUN, scope="new", base="origin/main", base_commit="4f1c2e9")
    facts = with_metrics(metrics, functions=(replace(COMPLETE, metrics=metrics),))
    return replace(facts, **{"run": run, "totals": Totals(metrics, None), **changes})


def everything(metrics: Metrics, **changes: object) -> Facts:
    return with_metrics(metrics, functions=(replace(COMPLETE, metrics=metrics),), **changes)


def decided(**changes: object) -> Facts:
    return replace(GOOD, decisions=Decisions("llmgen-review.toml", **changes))


UNUSED = decided(entries=(MatchedDecision(DECISION, DecisionState.UNUSED),))
INVALID = decided(invalid=(InvalidEntry("llmgen-review.toml", 3, "no reason"),))
NO_MUTANT = replace(FULL, mutants=(0, 0), by_status={})
NO_BRANCH = replace(FULL, branches=(0, 0))
BAD = {name: facts for name, (facts, _) in INCONCLUSIVE.items()}

CELLS: dict[str, tuple[str, Facts, Limits, ConditionState]] = {}


def cell(name: str, situation: str, facts: Facts, state: ConditionState, **limits: object) -> None:
    key = f"{name}: {situation} -> {state.value}"
    assert key not in CELLS, key
    CELLS[key] = (name, facts, Limits(**limits), state)


# --- tests, measured, judged --------------------------------------------------------------------
cell("tests", "all pass", GOOD, OK)
for name in ("red suite", "collection error", "unusable baseline", "no test ran"):
    cell("tests", name, BAD[name], OPEN)
cell("tests", "results of some are lost", with_suite(ran=14), OPEN)
cell("tests", "none there, but some were generated", replace(with_suite(passed=0, ran=0), tests=(TEST,)), OK)
cell("tests", "part of the suite", BAD["partial run"], OK)

cell("measured", "everything", GOOD, OK)
cell("measured", "nothing to test", NOTHING, OK)
for name in (
    "partial run",
    "sandbox difference",
    "interrupted",
    "module error",
    "unmeasured function",
    "base not found",
    "no metrics",
    "no lines",
):
    cell("measured", name, BAD[name], OPEN)
cell("measured", "a shard", replace(GOOD, run=replace(RUN, shard="1/4")), OPEN)
cell("measured", "a file of three is not", replace(GOOD, files=(2, 3)), OPEN)
cell("measured", "base commit lost", new(FULL, run=replace(RUN, scope="new")), OPEN)
cell("measured", "gaps lost", replace(everything(HALF), gaps=()), OPEN)
cell("measured", "functions lost", replace(GOOD, functions=()), OPEN)

cell("judged", "all of them", GOOD, OK)
cell("judged", "two missing", with_metrics(LATE), OPEN)
cell("judged", "two missing, two allowed", with_metrics(LATE), OK, unjudged=2)
cell("judged", "two missing, one allowed", with_metrics(LATE), OPEN, unjudged=1)
cell("judged", "two missing, any number allowed", with_metrics(LATE), OK, unjudged=-1)
cell("judged", "none made in the whole project", everything(NO_MUTANT), OPEN)
cell("judged", "none made in changed lines", new(NO_MUTANT), OFF)
cell("judged", "not known whether any was made", new(NO_MUTANT, mutants_made=None), OPEN)
cell("judged", "fewer than were made", replace(GOOD, mutants_made=9), OPEN)
cell("judged", "all of them faults", BAD["no judged mutants"], OPEN)
cell("judged", "all faults, any number allowed", BAD["no judged mutants"], OPEN, unjudged=-1)
cell("judged", "nothing to test", NOTHING, OFF)

# --- new-gaps -----------------------------------------------------------------------------------
cell("new-gaps", "none", GOOD, OK)
cell("new-gaps", "one", replace(GOOD, gaps=(GAP,)), FAIL)
cell("new-gaps", "one of one allowed", replace(GOOD, gaps=(GAP,)), OK, new_gaps=1)
cell("new-gaps", "one, switched off", replace(GOOD, gaps=(GAP,)), OFF, new_gaps=-1)
for state in GapState:
    counts = FAIL if state in ("open", "stale", "expired") else OK
    cell("new-gaps", f"one {state.value}", replace(GOOD, gaps=(replace(GAP, state=state),)), counts)
cell("new-gaps", "one outside of new code", replace(GOOD, gaps=(replace(GAP, new=False),)), OK)
for name in ("red suite", "collection error", "partial run", "sandbox difference", "interrupted", "base not found"):
    cell("new-gaps", f"one, {name}", replace(BAD[name], gaps=(GAP,)), OPEN)
    cell("new-gaps", name, BAD[name], OPEN)
cell("new-gaps", "one, a shard", replace(GOOD, gaps=(GAP,), run=replace(RUN, shard="1/4")), OPEN)
cell("new-gaps", "none, a module error", BAD["module error"], OPEN)
cell("new-gaps", "one, a module error", replace(BAD["module error"], gaps=(GAP,)), FAIL)
cell("new-gaps", "one, a mutant pending", with_metrics(LATE, gaps=(GAP,)), FAIL)
cell("new-gaps", "none, a mutant pending", with_metrics(LATE), OPEN)
cell("new-gaps", "none, a mutant pending that is allowed", with_metrics(LATE), OK, unjudged=2)
cell("new-gaps", "nothing to test", NOTHING, OFF)

# --- bugs, flaky, unreviewed, review, unused ----------------------------------------------------
FLAKY = replace(TEST, reviewed=True, runs=(4, 5))
for name, facts in {
    "bugs": replace(GOOD, suspected_bugs=(BUG,)),
    "flaky": replace(GOOD, tests=(FLAKY,)),
    "unreviewed": replace(GOOD, tests=(TEST,)),
}.items():
    cell(name, "none", GOOD, OK)
    cell(name, "one", facts, FAIL)
    cell(name, "one of one allowed", facts, OK, **{name: 1})
    cell(name, "one, switched off", facts, OFF, **{name: -1})
    cell(name, "one in a partial run", replace(facts, suite=BAD["partial run"].suite), FAIL)
for state in ("known-bug", "false-alarm", "stale", "expired", ""):
    bug = replace(BUG, state=state)
    cell(
        "bugs", f"one {state or 'without a state'}", replace(GOOD, suspected_bugs=(bug,)), OK if "-" in state else FAIL
    )
cell("flaky", "one by its fate", replace(GOOD, tests=(replace(FLAKY, runs=(5, 5), fate=Fate.FLAKY),)), FAIL)
cell("flaky", "one that was dropped", replace(GOOD, tests=(replace(FLAKY, state="dropped"),)), OK)
cell("flaky", "one without a run", replace(GOOD, tests=(replace(FLAKY, runs=(0, 0)),)), OPEN)
cell("unreviewed", "of an earlier run", replace(GOOD, unreviewed_on_disk=1), FAIL)
cell("unreviewed", "earlier runs not known", replace(GOOD, unreviewed_on_disk=None), OPEN)
cell("unreviewed", "one that was reviewed", replace(GOOD, tests=(replace(TEST, reviewed=True),)), OK)
cell("review", "every entry valid", GOOD, OK)
cell("review", "an invalid entry", INVALID, OPEN)
cell("unused", "none, strict", GOOD, OK, unused=True)
cell("unused", "one, strict", UNUSED, FAIL, unused=True)
cell("unused", "one", UNUSED, OFF)

# --- floors -------------------------------------------------------------------------------------
for what in ("lines", "branches", "mutants"):
    for scope, facts in (("new", new(HALF)), ("all", everything(HALF))):
        name, option = f"{scope}-{what}", f"{scope}_{what}"
        cell(name, "no limit", facts, OFF)
        cell(name, "half, half wanted", facts, OK, **{option: 50})
        cell(name, "half, a tenth more wanted", facts, FAIL, **{option: 50.1})
        for bad in ("red suite", "partial run", "sandbox difference", "interrupted", "module error"):
            cell(name, bad, BAD[bad], OPEN, **{option: 50})
    cell(f"new-{what}", "base not found", BAD["base not found"], OPEN, **{f"new_{what}": 50})
    cell(f"new-{what}", "nothing to test", NOTHING, OFF, **{f"new_{what}": 50})
    cell(f"all-{what}", "nothing to test in new code", NOTHING, OPEN, **{f"all_{what}": 50})
    cell(f"all-{what}", "run over new code", new(FULL), OPEN, **{f"all_{what}": 50})
    paths = replace(GOOD, run=replace(RUN, scope="paths"))
    cell(f"all-{what}", "run over some paths", paths, OPEN, **{f"all_{what}": 50})
    empty = replace(FULL, **{what: (0, 0)}, **({"by_status": {}} if what == "mutants" else {}))
    cell(f"all-{what}", "0 of 0", everything(empty), OPEN, **{f"all_{what}": 50})
cell("new-lines", "0 of 0", new(replace(FULL, lines=(0, 0))), OPEN, new_lines=50)
cell("new-branches", "changed lines have none", new(NO_BRANCH), OFF, new_branches=50)
cell("new-mutants", "changed lines have none", new(NO_MUTANT), OFF, new_mutants=50)
cell("new-mutants", "not known whether there are any", new(NO_MUTANT, mutants_made=None), OPEN, new_mutants=50)
cell("new-mutants", "met whatever the pending ones are", with_metrics(LATE), OK, new_mutants=80, unjudged=-1)
cell("new-mutants", "not met if the pending ones survive", with_metrics(LATE), OPEN, new_mutants=81, unjudged=-1)

# --- ratchet ------------------------------------------------------------------------------------
FLOORS = Decisions(ratchet={"line": 50.0, "branch": 50.1, "mutation": 49.9})
HELD = everything(HALF, decisions=FLOORS)
cell("ratchet", "switched off", HELD, OFF)
cell("ratchet", "on, but no floors", everything(HALF), OPEN, ratchet=True)
cell("ratchet-lines", "at its floor", HELD, OK, ratchet=True)
cell("ratchet-branches", "under its floor", HELD, FAIL, ratchet=True)
cell("ratchet-mutants", "above its floor", HELD, OK, ratchet=True)
cell("ratchet-lines", "run over new code", new(FULL, decisions=FLOORS), OPEN, ratchet=True)
cell("ratchet-lines", "red suite", replace(BAD["red suite"], decisions=FLOORS), OPEN, ratchet=True)
cell("ratchet-mutants", "0 of 0", everything(NO_MUTANT, decisions=FLOORS), OPEN, ratchet=True)

# --- limits of paths ----------------------------------------------------------------------------
LEGACY = replace(COMPLETE, path="old/b.py", metrics=HALF)
OLD_GAP = replace(GAP, path="old/b.py")


def two_files(*gaps: object, scope: str = "all") -> Facts:
    """Well tested ``a.py`` and half tested ``old/b.py``."""
    both = Metrics((15, 20), (6, 8), (12, 16), {KILLED: 12, SURVIVED: 4})
    facts = new(both) if scope == "new" else everything(both)
    return replace(facts, functions=(COMPLETE, LEGACY), gaps=(*accepted(both), *gaps), files=(2, 2))


def of_path(condition: str, value: float, glob: str = "old/**") -> dict[str, tuple[PathLimit, ...]]:
    return {"paths": (PathLimit(glob, condition, value),)}


for scope in ("new", "all"):
    name = f"{scope}-mutants"
    facts = two_files(scope=scope)
    option = {f"{scope}_mutants": 80}
    cell(name, "one file is bad", facts, FAIL, **option)
    cell(name, "the bad file has its own limit", facts, OK, **option, **of_path(name, 50))
    cell(f"{name} old/**", "reached", facts, OK, **of_path(name, 50))
    cell(f"{name} old/**", "not reached", facts, FAIL, **of_path(name, 51))
    cell(f"{name} old/**", "red suite", replace(facts, suite=BAD["red suite"].suite), OPEN, **of_path(name, 50))
cell("all-mutants nowhere/**", "names no code", two_files(), OPEN, **of_path("all-mutants", 50, "nowhere/**"))
cell("new-mutants nowhere/**", "in no changed file", new(FULL), OFF, **of_path("new-mutants", 50, "nowhere/**"))
cell("new-mutants nowhere/**", "names no code", two_files(), OPEN, **of_path("new-mutants", 50, "nowhere/**"))
cell("all-mutants old/**", "run over new code", two_files(scope="new"), OPEN, **of_path("all-mutants", 50))
cell(
    "new-mutants", "every file has its own limit", two_files(), OFF, new_mutants=80, **of_path("new-mutants", 50, "**")
)
EVERYWHERE = of_path("new-mutants", 50, "**")
cell("new-mutants **", "reached", two_files(), OK, **EVERYWHERE)
cell("new-mutants **", "functions do not add up", replace(two_files(), functions=(COMPLETE,)), OPEN, **EVERYWHERE)
cell("new-gaps", "in a file with its own limit", two_files(OLD_GAP), OK, **of_path("new-gaps", 1))
cell("new-gaps old/**", "as many as allowed", two_files(OLD_GAP), OK, **of_path("new-gaps", 1))
cell("new-gaps old/**", "more than allowed", two_files(OLD_GAP), FAIL, **of_path("new-gaps", 0))
cell("new-gaps old/**", "any number", two_files(OLD_GAP), OFF, **of_path("new-gaps", -1))
cell("new-gaps", "elsewhere", two_files(GAP), FAIL, **of_path("new-gaps", 1))


@pytest.mark.parametrize("key", CELLS)
def test_condition(key: str) -> None:
    name, facts, limits, state = CELLS[key]
    assert condition(judge(facts, limits, "enforce"), name).state is state


EXIT = {State.PASS: 0, State.FAIL: 10, State.INCONCLUSIVE: 11}


@pytest.mark.parametrize("key", CELLS)
def test_the_verdict_is_no_better_than_its_worst_row(key: str) -> None:
    _, facts, limits, _ = CELLS[key]
    verdict = judge(facts, limits, "enforce")
    states = {row.state for row in verdict.conditions}
    assert verdict.state is (State.FAIL if FAIL in states else State.INCONCLUSIVE if OPEN in states else State.PASS)
    assert exit_status(0, verdict, generated=False) == EXIT[verdict.state]
    assert exit_status(0, verdict, generated=False, is_part=True) == 0


def test_every_condition_is_in_the_table() -> None:
    shown = {row.id for _, facts, limits, _ in CELLS.values() for row in judge(facts, limits, "enforce").conditions}
    assert shown - {name for name, *_ in CELLS.values()} == set()
