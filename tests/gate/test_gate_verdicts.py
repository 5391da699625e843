"""The gate: every condition, every reason to be inconclusive, and the table of exit statuses."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import pytest
from gate_facts import (
    ALL_OFF,
    BUG,
    FAILING,
    FULL,
    GAP,
    GOOD,
    INCONCLUSIVE,
    KILLED,
    PENDING,
    RUN,
    SURVIVED,
    TEST,
    condition,
    with_metrics,
    with_suite,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_llmgen.gate import Limits, exit_status, judge, limits_of, percent
from pytest_llmgen.records import (
    ConditionState,
    Facts,
    GapKind,
    GapState,
    Metrics,
    State,
    Totals,
    Verdict,
)
from pytest_llmgen.settings import defaults


def test_a_complete_clean_run_passes():
    verdict = judge(GOOD, Limits(), "enforce")
    assert (verdict.state, verdict.reason, verdict.advice) == (State.PASS, "every condition is met", ())


def test_every_condition_has_its_row_in_a_fixed_order():
    assert [c.id for c in judge(GOOD, Limits(), "enforce").conditions] == [
        "tests",
        "measured",
        "judged",
        "new-gaps",
        "bugs",
        "flaky",
        "unreviewed",
        "review",
        "unused",
        "new-lines",
        "new-branches",
        "new-mutants",
        "all-lines",
        "all-branches",
        "all-mutants",
        "ratchet",
    ]


@pytest.mark.parametrize("name", INCONCLUSIVE)
def test_missing_data_is_inconclusive_and_named(name):
    facts, reason = INCONCLUSIVE[name]
    verdict = judge(facts, Limits(), "enforce")
    assert verdict.state is State.INCONCLUSIVE
    assert reason in verdict.reason
    assert exit_status(0, verdict, generated=False) == 11


@pytest.mark.parametrize("name", sorted(set(INCONCLUSIVE) - {"no metrics", "no judged mutants", "pending"}))
def test_missing_data_stays_inconclusive_when_every_limit_is_off(name):
    assert judge(INCONCLUSIVE[name][0], ALL_OFF, "enforce").state is State.INCONCLUSIVE


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("red suite", "make the suite pass first: t::a"),
        ("partial run", "run the whole suite: without -k, -m, -x, --lf or paths"),
        ("base not found", "--llm-all judges everything, --llm-diff=BASE names another base"),
        ("pending", "--llm-mutant-timeout=SECONDS gives each more time; --llm-diff=BASE narrows"),
        ("no mutants", "--llm-target=PATH names the code; its tests must import it"),
        ("module error", "repair or exclude (llm_exclude): b.py"),
        ("interrupted", "run it again, to the end"),
        ("collection error", "repair what cannot be collected: t.py"),
        ("no test ran", "pytest --llm-generate writes tests where there are none"),
        ("sandbox difference", "see what these need: t::a"),
    ],
)
def test_an_inconclusive_verdict_says_what_to_try(name, advice):
    assert advice in judge(INCONCLUSIVE[name][0], Limits(), "enforce").advice


@pytest.mark.parametrize("name", FAILING)
def test_a_count_above_its_limit_fails_and_minus_one_switches_it_off(name):
    verdict = judge(FAILING[name], Limits(), "enforce")
    assert [c.id for c in verdict.conditions if c.state is ConditionState.FAIL] == [name]
    assert exit_status(0, verdict, generated=False) == 10
    assert judge(FAILING[name], Limits(**{name.replace("-", "_"): 1}), "enforce").state is State.PASS
    off = judge(FAILING[name], Limits(**{name.replace("-", "_"): -1}), "enforce")
    assert condition(off, name).state is ConditionState.OFF
    assert off.state is State.PASS


def test_generated_tests_of_earlier_runs_wait_for_a_person_too():
    verdict = judge(replace(GOOD, unreviewed_on_disk=3), Limits(), "enforce")
    assert verdict.reason == "3 generated tests nobody has reviewed"


@pytest.mark.parametrize(
    ("state", "counts"), [("open", True), ("stale", True), ("expired", True), ("accepted", False), ("baseline", False)]
)
def test_decided_gaps_do_not_count(state, counts):
    verdict = judge(replace(GOOD, gaps=(replace(GAP, state=state),)), Limits(), "enforce")
    assert (verdict.state is State.FAIL) == counts


@pytest.mark.parametrize(
    "gap", [replace(GAP, new=False), replace(GAP, kind=GapKind.NO_VERDICT)], ids=["old", "no verdict"]
)
def test_old_gaps_and_mutants_without_verdict_are_not_new_gaps(gap):
    assert condition(judge(replace(GOOD, gaps=(gap,)), Limits(), "enforce"), "new-gaps").actual == "0"


def test_a_proven_failure_outweighs_a_hanging_mutant():
    facts = with_metrics(replace(FULL, by_status={KILLED: 8, PENDING: 1}), gaps=(GAP,))
    assert judge(facts, Limits(), "enforce").state is State.FAIL


@pytest.mark.parametrize("name", ["red suite", "partial run", "sandbox difference", "interrupted", "base not found"])
def test_a_gap_that_a_missing_test_might_close_proves_nothing(name):
    verdict = judge(replace(INCONCLUSIVE[name][0], gaps=(GAP,)), Limits(), "enforce")
    assert verdict.state is State.INCONCLUSIVE
    assert condition(verdict, "new-gaps").actual == "1 so far"


def test_a_suspected_bug_fails_even_a_run_that_was_not_complete():
    assert judge(replace(with_suite(partial="-x"), suspected_bugs=(BUG,)), Limits(), "enforce").state is State.FAIL


def test_nothing_to_test_passes_and_says_so():
    facts = with_metrics(None, nothing_to_test="no Python code changed")
    verdict = judge(facts, Limits(new_mutants=90), "enforce")
    assert (verdict.state, verdict.reason) == (State.PASS, "nothing to test: no Python code changed")


def test_nothing_to_test_does_not_hide_a_red_suite():
    facts = replace(with_suite(failed=("t::a",)), nothing_to_test="no Python code changed")
    assert judge(facts, Limits(), "enforce").state is State.INCONCLUSIVE


FLOORS = ["lines", "branches", "mutants"]


@pytest.mark.parametrize("what", FLOORS)
@pytest.mark.parametrize("scope", ["new", "all"])
@pytest.mark.parametrize(
    ("ratio", "limit", "state"),
    [
        ((7, 10), 70.0, ConditionState.OK),
        ((7, 10), 70.1, ConditionState.FAIL),
        ((2, 3), 66.6, ConditionState.OK),
        ((2, 3), 66.7, ConditionState.FAIL),
        ((999, 1000), 100.0, ConditionState.FAIL),
        ((1000, 1000), 100.0, ConditionState.OK),
        ((1, 10), float("inf"), ConditionState.FAIL),
    ],
)
def test_floors_are_compared_exactly(what, scope, ratio, limit, state):
    metrics = replace(FULL, **{what: ratio}, by_status={KILLED: ratio[0], SURVIVED: ratio[1] - ratio[0]})
    if what != "mutants":
        metrics = replace(metrics, by_status=FULL.by_status)
    limits = Limits(**{f"{scope}_{what}": limit})
    assert condition(judge(with_metrics(metrics), limits, "enforce"), f"{scope}-{what}").state is state


@pytest.mark.parametrize("what", FLOORS)
def test_nothing_out_of_nothing_reaches_no_floor(what):
    verdict = judge(with_metrics(replace(FULL, **{what: (0, 0)})), Limits(**{f"new_{what}": 50.0}), "enforce")
    assert condition(verdict, f"new-{what}").state is ConditionState.INCONCLUSIVE


def test_the_whole_is_not_judged_by_a_run_over_a_part():
    facts = replace(GOOD, run=replace(RUN, scope="paths"))
    verdict = judge(facts, Limits(all_lines=50), "enforce")
    assert verdict.state is State.INCONCLUSIVE
    assert verdict.reason == "line coverage of everything: the run was not over everything"


def test_an_empty_ratio_is_named_as_the_reason():
    verdict = judge(with_metrics(replace(FULL, branches=(0, 0))), Limits(new_branches=50.0), "enforce")
    assert verdict.reason == "branch coverage of new code: 0 of 0 so far"


@pytest.mark.parametrize("name", ["red suite", "partial run", "sandbox difference", "interrupted", "module error"])
@pytest.mark.parametrize("limit", [1.0, 100.0])
def test_a_floor_is_neither_reached_nor_missed_by_a_run_that_was_not_complete(name, limit):
    facts = replace(INCONCLUSIVE[name][0], totals=Totals(None, replace(FULL, lines=(5, 10))))
    verdict = judge(facts, Limits(new_lines=limit, all_lines=limit), "enforce")
    for floor in ("new-lines", "all-lines"):
        row = condition(verdict, floor)
        assert (row.state, row.actual, row.detail) == (ConditionState.INCONCLUSIVE, "not computed", "5 of 10 so far")


def test_a_missing_base_leaves_only_the_floors_of_everything_decided():
    verdict = judge(INCONCLUSIVE["base not found"][0], Limits(new_lines=50, all_lines=50), "enforce")
    assert condition(verdict, "new-lines").state is ConditionState.INCONCLUSIVE
    assert condition(verdict, "all-lines").state is ConditionState.OK


@pytest.mark.parametrize(
    ("killed", "pending", "state"),
    [(90, 0, ConditionState.OK), (90, 20, ConditionState.INCONCLUSIVE), (10, 5, ConditionState.FAIL)],
)
def test_a_floor_holds_only_if_it_would_hold_whatever_the_missing_verdicts_were(killed, pending, state):
    counts = {KILLED: killed, SURVIVED: 100 - killed, PENDING: pending}
    facts = with_metrics(Metrics((1, 1), (1, 1), (killed, 100), counts))
    verdict = judge(facts, Limits(unjudged=-1, new_gaps=-1, new_mutants=80), "enforce")
    assert condition(verdict, "new-mutants").state is state


def test_limits_come_from_the_settings():
    settings = defaults(Path(), gate_new_gaps=4, gate_all_mutants=70.5)
    assert limits_of(settings) == Limits(new_gaps=4, all_mutants=70.5)


@pytest.mark.parametrize(
    ("ratio", "text"),
    [((0, 0), "not computed"), ((1, 1), "100.0%"), ((1999, 2000), "99.9%"), ((2, 3), "66.6%"), ((0, 7), "0.0%")],
)
def test_percentages_are_cut_and_never_flatter(ratio, text):
    assert percent(ratio) == text


# --- Properties ---------------------------------------------------------------------------------

UNTIMED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
LIMITS = st.builds(
    Limits,
    **{n: st.integers(-1, 5) for n in ("unjudged", "new_gaps", "bugs", "flaky", "unreviewed")},
    **{f"{s}_{w}": st.sampled_from([0.0, 50.0, 99.9]) for s in ("new", "all") for w in FLOORS},
)


@UNTIMED
@given(LIMITS, st.sampled_from([n for n in INCONCLUSIVE if n != "pending"]), st.sampled_from(["enforce", "report"]))
def test_no_missing_datum_ever_passes(limits, name, mode):
    assert judge(INCONCLUSIVE[name][0], limits, mode).state is not State.PASS


def worsened(names):
    """The good facts with several things missing at once."""
    facts = GOOD
    for name in names:
        missing = INCONCLUSIVE[name][0]
        changed = {f.name: getattr(missing, f.name) for f in fields(Facts)}
        facts = replace(facts, **{k: v for k, v in changed.items() if v != getattr(GOOD, k)})
    return facts


@UNTIMED
@given(
    st.sets(st.sampled_from([n for n in INCONCLUSIVE if n != "pending"]), min_size=1),
    LIMITS,
    st.lists(st.sampled_from([GAP, replace(GAP, state=GapState.ACCEPTED), replace(GAP, new=False)])),
    st.integers(0, 3),
    st.sampled_from([(), (TEST,), (replace(TEST, reviewed=True),)]),
)
def test_whatever_is_missing_together_never_passes(names, limits, gaps, waiting, tests):
    if names == {"no test ran"}:
        tests = ()
    facts = replace(worsened(names), gaps=tuple(gaps), unreviewed_on_disk=waiting, tests=tests)
    assert judge(facts, limits, "enforce").state is not State.PASS


ABOUT_MEASURES = {"no metrics", "no lines", "no mutants", "no judged mutants", "no statuses", "pending"}


@UNTIMED
@given(st.sets(st.sampled_from(sorted(set(INCONCLUSIVE) - ABOUT_MEASURES)), min_size=1), LIMITS)
def test_nothing_to_test_is_believed_only_in_a_complete_run(names, limits):
    facts = replace(worsened(names), nothing_to_test="no Python code changed")
    assert judge(facts, limits, "enforce").state is not State.PASS


def test_a_project_without_tests_is_a_valid_start_for_generating():
    facts = replace(with_suite(passed=0, ran=0), tests=(replace(TEST, reviewed=True),))
    verdict = judge(facts, Limits(), "report")
    assert verdict.state is State.PASS
    assert condition(verdict, "tests").actual == "there were none"


@UNTIMED
@given(
    limits=LIMITS,
    killed=st.integers(0, 20),
    survived=st.integers(0, 20),
    pending=st.integers(0, 20),
    lines=st.tuples(st.integers(0, 9), st.integers(9, 20)),
)
def test_losing_the_verdict_of_a_mutant_never_turns_a_floor_into_ok(limits, killed, survived, pending, lines):
    def facts(dead, alive, unknown):
        counts = {KILLED: dead, SURVIVED: alive, PENDING: unknown}
        return with_metrics(Metrics(lines, (1, 1), (dead, dead + alive), counts))

    def states(verdict):
        return {c.id: c.state for c in verdict.conditions}

    full = states(judge(facts(killed, survived + pending, 0), limits, "enforce"))
    lost = states(judge(facts(killed, survived, pending), limits, "enforce"))
    for name in ("new-mutants", "all-mutants"):
        assert lost[name] is not ConditionState.OK or full[name] is ConditionState.OK


@UNTIMED
@given(LIMITS, st.integers(0, 12), st.integers(1, 12))
def test_more_unjudged_mutants_than_allowed_never_pass(limits, killed, pending):
    facts = with_metrics(replace(FULL, mutants=(killed, killed), by_status={KILLED: killed, PENDING: pending}))
    verdict = judge(facts, limits, "enforce")
    if limits.unjudged != -1 and pending > limits.unjudged:
        assert verdict.state is not State.PASS


# --- Exit status --------------------------------------------------------------------------------

PASS, FAIL, OPEN = (Verdict("enforce", s, "") for s in (State.PASS, State.FAIL, State.INCONCLUSIVE))
# pytest's status -> (no verdict, pass, fail, inconclusive), first without, then with generated tests
STATUSES = {
    0: ((0, 0, 10, 11), (0, 0, 10, 11)),
    1: ((1, 1, 1, 1), (1, 1, 1, 1)),
    2: ((2, 2, 2, 2), (2, 2, 2, 2)),
    3: ((3, 3, 3, 3), (3, 3, 3, 3)),
    4: ((4, 4, 4, 4), (4, 4, 4, 4)),
    5: ((5, 5, 10, 11), (0, 0, 10, 11)),
    6: ((6, 6, 10, 11), (6, 6, 10, 11)),
    42: ((42, 42, 42, 42), (42, 42, 42, 42)),
}


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("generated", [False, True])
def test_the_table_of_exit_statuses(status, generated):
    row = tuple(exit_status(status, verdict, generated=generated) for verdict in (None, PASS, FAIL, OPEN))
    assert row == STATUSES[status][generated]


@pytest.mark.parametrize("mode", ["report", "off"])
@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("generated", [False, True])
def test_a_gate_that_only_reports_leaves_the_status_alone(mode, status, generated):
    for verdict in (PASS, FAIL, OPEN):
        expected = STATUSES[status][generated][0]
        assert exit_status(status, replace(verdict, gate=mode), generated=generated) == expected


def test_the_mode_does_not_change_the_verdict():
    for facts, _ in INCONCLUSIVE.values():
        verdicts = {judge(facts, Limits(), mode).state for mode in ("enforce", "report", "off")}
        assert len(verdicts) == 1


def test_a_base_that_is_missing_is_the_only_reason_that_is_named():
    facts = with_metrics(None, functions=(), scope_problem="base origin/x not found", mutants_made=None)
    verdict = judge(facts, Limits(), "enforce")
    assert (verdict.state, verdict.reason) == (State.INCONCLUSIVE, "base origin/x not found")
    assert verdict.advice == ("--llm-all judges everything, --llm-diff=BASE names another base",)
