"""A test that is taken away never betters a number that the gate reads: any suite, any of its tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_llmgen.doubts import unreviewed_gaps, weight
from pytest_llmgen.extract.targets import parse_module
from pytest_llmgen.gaps import assess
from pytest_llmgen.mutate.operators import mutants_of
from pytest_llmgen.records import Evidence, FileLines, GapKind, Hits, Mutant, MutantStatus, MutantVerdict

PATH = "shop/cart.py"
EVERY = frozenset(range(1, 70))
# What one test comes to under one mutant on a line that it runs, the strongest first.
OUTCOMES = (MutantStatus.KILLED, MutantStatus.TIMEOUT, MutantStatus.RUNTIME_ERROR, MutantStatus.SURVIVED)


@dataclass(frozen=True)
class MadeUp:
    """A test: what it runs, and what it does to the mutants there."""

    hits: Hits
    outcomes: Mapping[str, MutantStatus]


@pytest.fixture(scope="module")
def shop(source, measured):
    module = parse_module(PATH, "shop.cart", ".", source)
    return module, measured[0], mutants_of(module, "all")


def a_test(draw: st.DrawFn, file: FileLines, mutants: Sequence[Mutant]) -> MadeUp:
    lines = draw(st.frozensets(st.sampled_from(sorted(file.statements))))
    arcs = [arc for arc in sorted(file.branches) if arc[0] in lines]
    taken = draw(st.frozensets(st.sampled_from(arcs))) if arcs else frozenset()
    seed = draw(st.randoms(use_true_random=False))
    return MadeUp(Hits(lines, taken), {m.id: seed.choice(OUTCOMES) for m in mutants if m.line in lines})


def verdict(mutant: Mutant, tests: Sequence[MadeUp]) -> MutantVerdict:
    if mutant.ignored:
        return MutantVerdict(mutant.id, MutantStatus.IGNORED)
    seen = [test.outcomes[mutant.id] for test in tests if mutant.id in test.outcomes]
    return MutantVerdict(mutant.id, min(seen, key=OUTCOMES.index) if seen else MutantStatus.NO_COVERAGE)


def numbers(shop, tests: Sequence[MadeUp], changed: frozenset[int]) -> tuple[int, list[Fraction | None]]:
    """Open points, and the three ratios: what limits, floors and ratchet read."""
    module, file, mutants = shop
    hits = Hits()
    for test in tests:
        hits |= test.hits
    verdicts = {mutant.id: verdict(mutant, tests) for mutant in mutants}
    lines = None if changed == EVERY else {PATH: changed}
    evidence = Evidence((module,), {PATH: file}, {PATH: hits}, {}, mutants, verdicts, {}, changed=lines)
    found = assess(evidence)
    metrics = found.totals.new or found.totals.all
    assert metrics is not None
    ratios = (metrics.lines, metrics.branches, metrics.mutants)
    return weight(unreviewed_gaps(found.gaps)), [Fraction(*ratio) if ratio[1] else None for ratio in ratios]


@settings(max_examples=150, deadline=None, derandomize=True)
@given(data=st.data())
def test_fewer_tests_never_leave_fewer_open_points_nor_better_ratios(shop, data):
    _, file, mutants = shop
    number = data.draw(st.integers(1, 4))
    tests = [data.draw(st.composite(a_test)(file, mutants)) for _ in range(number)]
    changed = data.draw(st.one_of(st.just(EVERY), st.frozensets(st.sampled_from(sorted(EVERY)), min_size=1)))
    gone = data.draw(st.integers(0, number - 1))
    points, ratios = numbers(shop, tests, changed)
    fewer_points, fewer_ratios = numbers(shop, tests[:gone] + tests[gone + 1 :], changed)
    assert fewer_points >= points
    for with_it, without in zip(ratios, fewer_ratios, strict=True):
        assert without is None or with_it is None or without <= with_it


def test_lines_that_no_test_runs_count_with_all_that_is_in_them(shop):
    _, file, mutants = shop
    found = assess(Evidence((shop[0],), {PATH: file}, {PATH: Hits()}, {}, mutants, {}, {}))
    blocks = [gap for gap in found.gaps if gap.kind is GapKind.UNCOVERED_LINE]
    assert sum(1 + gap.under.statements for gap in blocks) == len(file.statements)
    assert sum(gap.under.branches for gap in blocks) == len(file.branches)
