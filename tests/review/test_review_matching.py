"""Decisions met with what a run has found: every row of the table."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from pytest_llmgen.records import (
    Anchor,
    Decision,
    DecisionClass,
    DecisionState,
    Gap,
    GapKind,
    GapState,
    Region,
    SuspectedBug,
)
from pytest_llmgen.review.anchors import anchor_of_bug, anchor_of_gap, change_of, long_id_of
from pytest_llmgen.review.book import Book, OldGap
from pytest_llmgen.review.matching import match
from pytest_llmgen.review.measured import Measured

TODAY = date(2026, 11, 21)
GAP = Gap(
    "M-7k3qd2m", GapKind.SURVIVING_MUTANT, "shop/cart.py", Region(4, 1, 4, 9), "Cart.total", "c1", "a >= b",
    operator="swap-op", after="a > b", statement="s1", new=True,
)  # fmt: skip
LINE = Gap("L-p2n61ch", GapKind.UNCOVERED_LINE, "shop/cart.py", Region(7, 1, 7, 9), "Cart.total", "c1", "raise X")
PLACES = frozenset({"shop/cart.py::<module>", "shop/cart.py::Cart.total"})
MEASURED = Measured(
    {"shop/cart.py::Cart.total": "c1", "shop/cart.py::<module>": ""}, present=PLACES, is_whole=True, operators="1"
)
BUG = SuspectedBug(
    "X-b81w0fe", "shop/cart.py", 3, "Cart.total", "", "ValueError", "KeyError at 0x7f11aa22bb", "docstring", "",
    (5, 5), "t", context="c1",
)  # fmt: skip


def decision(gap=GAP, class_="equivalent", expires=None, **changes):
    anchor = gap if isinstance(gap, Anchor) else anchor_of_gap(gap)
    anchor, author = replace(anchor, **changes), "dev <d@e.org>"
    reason = "a good reason"
    return Decision("M-7k3qd2m", DecisionClass(class_), reason, author, TODAY, anchor, expires, operators="1")


def met(gaps, *decisions, measured=MEASURED, bugs=(), baseline=()):
    return match(gaps, bugs, Book(decisions, baseline=baseline), measured, TODAY)


def states(matching):
    return [gap.state for gap in matching.gaps], [entry.state for entry in matching.decisions.entries]


def test_anchor_and_context_equal_is_accepted():
    matching = met([GAP], decision())
    assert states(matching) == ([GapState.ACCEPTED], [DecisionState.USED])
    assert matching.gaps[0].decision.reason == "a good reason"


def test_formatting_of_the_change_does_not_count():
    assert states(met([replace(GAP, before="(a  >=\n b)")], decision()))[0] == [GapState.ACCEPTED]


@pytest.mark.parametrize("class_", ["equivalent", "unreachable"])
def test_a_changed_function_makes_classes_that_need_it_stale(class_):
    matching = met([replace(GAP, context="c2")], decision(class_=class_))
    assert states(matching) == ([GapState.STALE], [DecisionState.STALE])
    assert matching.decisions.entries[0].note == "the function has changed"


@pytest.mark.parametrize("class_", ["wont-test", "tested-elsewhere"])
def test_a_changed_function_leaves_classes_that_follow_the_expression(class_):
    moved_on = replace(GAP, context="c2", nth=2, id="M-other")
    assert states(met([moved_on], decision(class_=class_))) == ([GapState.ACCEPTED], [DecisionState.USED])


def test_an_equal_expression_in_another_statement_is_not_the_one_that_was_accepted():
    other = replace(GAP, context="c2", statement="s2")
    assert states(met([other], decision(class_="wont-test"))) == ([GapState.STALE], [DecisionState.STALE])
    unsure = replace(GAP, context="c2", statement="")
    assert states(met([unsure], decision(class_="wont-test", statement="")))[0] == [GapState.STALE]


def test_the_same_function_in_another_file_is_a_move():
    there = replace(GAP, path="shop/vouchers.py")
    measured = replace(
        MEASURED, functions={"shop/vouchers.py::Cart.total": "c1"}, present=frozenset({"shop/vouchers.py::Cart.total"})
    )
    matching = met([there], decision(), measured=measured)
    assert states(matching) == ([GapState.ACCEPTED], [DecisionState.MOVED])
    assert "moved to shop/vouchers.py::Cart.total" in matching.decisions.entries[0].note


def test_a_copy_of_the_function_is_no_move_while_the_first_is_there():
    copy = replace(GAP, path="shop/copy.py", id="M-copy")
    matching = met([copy], decision())  # in cart.py it is killed now
    assert states(matching) == ([GapState.OPEN], [DecisionState.UNUSED])


def test_what_is_not_known_to_be_gone_is_not_moved():
    copy = replace(GAP, path="shop/copy.py")
    measured = Measured({"shop/copy.py::Cart.total": "c1"}, present=None)
    assert states(met([copy], decision(), measured=measured)) == ([GapState.OPEN], [DecisionState.UNKNOWN])


def test_a_decision_that_could_mean_two_places_covers_none():
    two = [replace(GAP, path=f"shop/{name}.py", id=f"M-{name}") for name in ("one", "two")]
    measured = replace(MEASURED, functions={f"{g.where}": "c1" for g in two}, present=frozenset(g.where for g in two))
    matching = met(two, decision(), measured=measured)
    assert states(matching) == ([GapState.OPEN] * 2, [DecisionState.AMBIGUOUS])
    assert matching.decisions.entries[0].note == "may mean M-one or M-two"


def test_a_copy_with_a_decision_of_its_own_is_not_taken_by_another():
    there = replace(GAP, path="shop/copy.py")
    measured = replace(MEASURED, functions={there.where: "c1"}, present=frozenset({there.where}))
    matching = met([there], decision(there), decision(), measured=measured)
    assert states(matching)[1] == [DecisionState.USED, DecisionState.UNUSED]


def test_a_killed_mutant_needs_its_decision_no_longer():
    settled = frozenset({(GAP.where, change_of(anchor_of_gap(GAP)))})
    entry = met([], decision(), measured=replace(MEASURED, settled=settled)).decisions.entries[0]
    assert (entry.state, entry.note) == (DecisionState.UNUSED, "no longer needed: a test kills it now")


def test_a_covered_line_needs_its_decision_no_longer():
    entry = met([], decision(LINE)).decisions.entries[0]
    assert (entry.state, entry.note) == (DecisionState.UNUSED, "no longer needed: tests run it now")


def test_a_change_that_is_gone_is_unused_and_names_the_same_elsewhere_in_the_file():
    again = replace(GAP, qualname="Cart.sum", context="c9", statement="s9", id="M-again")
    measured = replace(MEASURED, functions={**MEASURED.functions, "shop/cart.py::Cart.total": "c2"})
    entry = met([again], decision(), measured=measured).decisions.entries[0]
    assert (entry.state, entry.gap_id) == (DecisionState.UNUSED, "M-again")
    assert entry.note == "nothing to suppress: the code is gone"


def test_a_deleted_file_is_unused_only_where_everything_was_judged():
    gone = replace(MEASURED, functions={}, present=frozenset())
    assert states(met([], decision(), measured=gone))[1] == [DecisionState.UNUSED]
    assert states(met([], decision(), measured=replace(gone, is_whole=False)))[1] == [DecisionState.UNKNOWN]


def test_code_that_was_not_measured_is_never_called_stale_or_unused():
    outside = replace(MEASURED, functions={"shop/tax.py::vat": "c"}, is_whole=False)
    assert states(met([], decision(), measured=outside))[1] == [DecisionState.UNKNOWN]
    blocked = replace(MEASURED, without_mutants=frozenset({"shop/cart.py"}))
    assert states(met([], decision(), measured=blocked))[1] == [DecisionState.UNKNOWN]
    assert states(met([], decision(), measured=Measured()))[1] == [DecisionState.UNKNOWN]


def test_a_mutant_that_other_operators_do_not_make_is_kept():
    entry = met([], decision(), measured=replace(MEASURED, operators="2")).decisions.entries[0]
    assert (entry.state, entry.note) == (DecisionState.KEPT, "2 does not make this mutant; 1 did")


def test_a_mutant_without_a_verdict_says_nothing_of_its_decision():
    pending = replace(GAP, kind=GapKind.NO_VERDICT, id="N-7k3qd2m")
    assert states(met([pending], decision())) == ([GapState.OPEN], [DecisionState.UNKNOWN])


@pytest.mark.parametrize(
    ("day", "state", "entry", "left"),
    [
        (date(2026, 11, 20), GapState.EXPIRED, DecisionState.EXPIRED, None),
        (date(2026, 11, 21), GapState.ACCEPTED, DecisionState.USED, 0),
        (date(2026, 12, 5), GapState.ACCEPTED, DecisionState.USED, 14),
        (date(2026, 12, 6), GapState.ACCEPTED, DecisionState.USED, None),
    ],
)
def test_a_decision_expires_the_day_after_and_says_so_fourteen_days_before(day, state, entry, left):
    matching = met([GAP], decision(expires=day))
    assert states(matching) == ([state], [entry])
    assert matching.decisions.entries[0].days_left == left


def test_suspected_bugs_are_known_by_what_was_observed():
    known = decision(anchor_of_bug(BUG), "known-bug")
    again = replace(BUG, id="X-other", summary="other words", observed="KeyError at 0x7f99999999")
    assert met([], known, bugs=[again]).bugs[0].state == "known-bug"
    changed = met([], known, bugs=[replace(again, context="c2")])
    assert changed.bugs[0].state == "stale"
    assert states(met([], known))[1] == [DecisionState.UNKNOWN]  # that nobody met it again proves nothing


def old(gap=GAP, **changes):
    values = {"context": gap.context, "statement": gap.statement, **changes}
    return OldGap(long_id_of(anchor_of_gap(gap)), gap.path, gap.qualname, **values)


def test_old_debt_is_baseline_also_where_the_function_changed_around_it():
    assert states(met([GAP], baseline=[old()]))[0] == [GapState.BASELINE]
    assert states(met([replace(GAP, context="c2")], baseline=[old()]))[0] == [GapState.BASELINE]
    assert states(met([replace(GAP, context="c2", statement="s2")], baseline=[old()]))[0] == [GapState.OPEN]


def test_old_debt_that_is_paid_is_named():
    assert met([], baseline=[old()]).decisions.baseline_unused == (old().id,)
    assert met([GAP], baseline=[old()]).decisions.baseline_unused == ()
    assert met([], baseline=[old()], measured=Measured()).decisions.baseline_unused == ()


def test_a_stale_decision_is_not_hidden_by_the_baseline():
    changed = replace(GAP, context="c2")
    assert states(met([changed], decision(), baseline=[old(changed)]))[0] == [GapState.STALE]
