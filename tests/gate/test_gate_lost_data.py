"""Whatever datum is dropped or blanked on its way to the gate: a verdict that was no PASS does not become one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any

import pytest
from gate_facts import (
    BUG,
    COMPLETE,
    FAILING,
    FULL,
    GAP,
    GOOD,
    KILLED,
    PENDING,
    SURVIVED,
    TEST,
    with_metrics,
    with_suite,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_llmgen.gate import Limits, judge
from pytest_llmgen.records import Decisions, Facts, Fate, InvalidEntry, Metrics, State

HALF = Metrics((5, 10), (2, 4), (4, 8), {KILLED: 4, SURVIVED: 4})
GAPS = tuple(replace(GAP, id=f"M-{n}", status=SURVIVED) for n in range(4))
LINES = replace(GAP, id="L-1", kind="uncovered-line")
WEAK = replace(COMPLETE, metrics=HALF, state="gaps", gap_ids=("L-1", *(gap.id for gap in GAPS)))
BAD = {
    "open gaps": with_metrics(HALF, functions=(WEAK,), gaps=(LINES, *GAPS)),
    "no verdict": with_metrics(replace(FULL, by_status={KILLED: 8, PENDING: 2})),
    "red suite": with_suite(failed=("t::a",), ran=13),
    "lost file": replace(GOOD, files=(1, 2), module_errors=(("b.py", "syntax"),)),
    "bugs": replace(GOOD, suspected_bugs=(BUG,), tests=(replace(TEST, state="dropped", fate=Fate.SUSPECTED_BUG),)),
    "unreviewed": replace(FAILING["unreviewed"], functions=(replace(COMPLETE, tests_kept=1),)),
    "earlier tests": replace(GOOD, unreviewed_on_disk=2),
}
Path = tuple[str | int, ...]


def places(value: Any, path: Path = ()) -> Iterator[Path]:
    """Every datum in the facts, as the way to it."""
    if path:
        yield path
    if is_dataclass(value):
        for each in fields(value):
            yield from places(getattr(value, each.name), (*path, each.name))
    elif isinstance(value, tuple):
        for number, each in enumerate(value):
            yield from places(each, (*path, number))
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from places(each, (*path, key))


def changed(value: Any, path: Path, change: Callable[[Any], Any]) -> Any:
    """The same with one datum changed; what becomes ``DROPPED`` inside of a tuple or mapping is left out."""
    if not path:
        return change(value)
    first, rest = path[0], path[1:]
    if is_dataclass(value):
        return replace(value, **{str(first): changed(getattr(value, str(first)), rest, change)})
    if isinstance(value, tuple):
        every = [changed(each, rest, change) if n == first else each for n, each in enumerate(value)]
        return tuple(each for each in every if each is not DROPPED)
    every = {key: changed(each, rest, change) if key == first else each for key, each in value.items()}
    return {key: each for key, each in every.items() if each is not DROPPED}


DROPPED = object()


def blank(value: Any) -> Any:
    """The empty value of its kind."""
    if isinstance(value, Enum) or value is None:
        return value
    if isinstance(value, str):
        return ""
    if isinstance(value, tuple):
        return (0, 0) if len(value) == 2 and all(isinstance(each, int) for each in value) else ()
    if isinstance(value, Mapping):
        return {}
    return value


def is_droppable(facts: Any, path: Path) -> bool:
    """Whether the datum is an item of a collection (a ratio is none)."""
    holder = facts
    for step in path[:-1]:
        holder = getattr(holder, str(step)) if is_dataclass(holder) else holder[step]
    is_pair = path[0] == "module_errors" and len(path) > 2
    is_ratio = isinstance(holder, tuple) and all(isinstance(each, int) for each in holder)
    return isinstance(holder, Mapping) or (isinstance(holder, tuple) and not is_ratio and not is_pair)


def losses(facts: Facts) -> Iterator[tuple[Path, Facts]]:
    for path in places(facts):
        if path[0] == "module_errors" and len(path) == 2:
            continue  # a pair stays a pair
        yield path, changed(facts, path, blank)
        if is_droppable(facts, path):
            yield path, changed(facts, path, lambda _: DROPPED)


@pytest.mark.parametrize("name", BAD)
def test_what_is_bad_does_not_pass_by_losing_a_datum(name: str) -> None:
    assert judge(BAD[name], Limits(), "enforce").state is not State.PASS
    passed = [path for path, facts in losses(BAD[name]) if judge(facts, Limits(), "enforce").state is State.PASS]
    assert passed == []


REQUIRED = [
    ("totals", "all", "lines"),
    ("totals", "all", "mutants"),
    ("totals", "all", "by_status"),
    ("functions",),
]


@pytest.mark.parametrize("path", REQUIRED, ids=".".join)
def test_without_a_datum_that_is_needed_a_good_run_does_not_pass(path: Path) -> None:
    assert judge(GOOD, Limits(), "enforce").state is State.PASS
    assert judge(changed(GOOD, path, blank), Limits(), "enforce").state is State.INCONCLUSIVE


@pytest.mark.parametrize("path", [("totals", "all"), ("unreviewed_on_disk",), ("run", "interrupted")], ids=".".join)
def test_nor_where_it_is_not_known(path: Path) -> None:
    assert judge(changed(GOOD, path, lambda _: None), Limits(), "enforce").state is State.INCONCLUSIVE


@settings(deadline=None)
@given(st.data())
def test_several_losses_at_once_do_not_make_a_gap_pass(data: st.DataObject) -> None:
    """Two data at most: each fact that matters is in the report twice, not three times."""
    facts = BAD["open gaps"]
    first = data.draw(st.sampled_from(sorted(places(facts.gaps), key=str)))
    facts = replace(facts, gaps=changed(facts.gaps, first, blank))
    other = data.draw(st.sampled_from([p for p in places(facts.functions) if "gap_ids" in p or p[-1:] == ("metrics",)]))
    if not is_dataclass(_at(facts.functions, other)):
        facts = replace(facts, functions=changed(facts.functions, other, blank))
    assert judge(facts, Limits(), "enforce").state is not State.PASS


def _at(value: Any, path: Path) -> Any:
    for step in path:
        value = getattr(value, str(step)) if is_dataclass(value) else value[step]
    return value


def test_an_unreadable_review_file_is_not_an_empty_one() -> None:
    invalid = Decisions("llmgen-review.toml", invalid=(InvalidEntry("llmgen-review.toml", 1, "no TOML"),))
    verdict = judge(replace(GOOD, decisions=invalid), Limits(), "enforce")
    assert (verdict.state, verdict.reason) == (State.INCONCLUSIVE, "llmgen-review.toml:1: no TOML")
