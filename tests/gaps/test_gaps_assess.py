"""Gaps, ratios, reasons and ids from measured code and made-up verdicts."""

from __future__ import annotations

import ast
import re
from dataclasses import replace

import pytest

from pytest_llmgen.extract.targets import parse_module
from pytest_llmgen.gaps import assess, explained, open_branches, totals_of
from pytest_llmgen.records import (
    Attempt,
    Candidate,
    Category,
    Cost,
    Evidence,
    Fate,
    GapKind,
    Hits,
    Judged,
    Module,
    Mutant,
    MutantStatus,
    MutantVerdict,
    OpenGaps,
    Oracle,
    Origin,
    Region,
)
from pytest_llmgen.report.reasons import forks_of

PATH = "shop/cart.py"
KILLED, SURVIVED, NO_COVERAGE = MutantStatus.KILLED, MutantStatus.SURVIVED, MutantStatus.NO_COVERAGE
TIMEOUT, PENDING, BROKEN = MutantStatus.TIMEOUT, MutantStatus.PENDING, MutantStatus.RUNTIME_ERROR


def mutant_at(source, before, after, qualname, operator="swap-op", path=PATH, **more):
    start = source.index(before)
    line = source[:start].count("\n") + 1
    column = start - source.rfind("\n", 0, start)
    region = Region(line, column, line, column + len(before))
    name = f"{path}:{operator}:{before}:{after}"
    end = start + len(before)
    return Mutant(name, path, qualname, qualname, operator, start, end, before, after, after, region, **more)


@pytest.fixture
def module(source):
    return parse_module(PATH, "shop.cart", ".", source)


@pytest.fixture
def evidence(module, measured):
    file, hits = measured
    return Evidence((module,), {PATH: file}, {PATH: hits}, {}, (), {}, {})


def judged_mutants(evidence, *pairs, covering=None):
    mutants = tuple(mutant for mutant, _ in pairs)
    verdicts = {mutant.id: verdict for mutant, verdict in pairs if verdict is not None}
    verdicts = {key: v if isinstance(v, MutantVerdict) else MutantVerdict(key, v) for key, v in verdicts.items()}
    return replace(evidence, mutants=mutants, verdicts=verdicts, verdicts_before={}, covering=covering or {})


def of_kind(assessment, kind):
    return [gap for gap in assessment.gaps if gap.kind is kind]


def function(assessment, qualname):
    return next(f for f in assessment.functions if f.qualname == qualname)


# --- Lines and branches -------------------------------------------------------------------------

LINES = {
    (15, 20): "the condition at line 13 was only ever true",
    (24, 26): "no test calls this function",
    (32, 34): "nothing was raised that got to the except at line 32",
    (36, 36): "the condition at line 35 was only ever false",
    (42, 42): "an earlier line, 41, always raised or left",
    (54, 55): "everything that got there matched the case at line 52",
    (59, 59): "the condition at line 58 was only ever false",
}


def test_consecutive_lines_are_one_gap_and_every_one_says_why(evidence):
    gaps = of_kind(assess(evidence), GapKind.UNCOVERED_LINE)
    assert {(g.region.start_line, g.region.end_line): g.reason for g in gaps} == LINES


def test_a_block_has_its_text_without_indentation_and_its_place_with_it(evidence):
    gap = next(g for g in assess(evidence).gaps if g.region.start_line == 32)
    assert gap.before == "except ValueError:\nvalue = 0\nvalue += 1"
    assert gap.region == Region(32, 5, 34, 19)
    assert gap.where == "shop/cart.py::guarded"


BRANCHES = {
    (13, 15): "the condition at line 13 was only ever true",
    (35, 36): "the condition at line 35 was only ever false",
    (46, -45): "the condition at line 46 was only ever true",
    (52, 54): "everything that got there matched the case at line 52",
    (58, 59): "the condition at line 58 was only ever false",
}


def test_branches_from_lines_that_ran_are_gaps_with_a_reason(evidence):
    gaps = of_kind(assess(evidence), GapKind.UNCOVERED_BRANCH)
    alone = [(gap.region, gap.to_line, gap.reason, gap.new) for gap in open_branches(evidence)]
    assert alone == [(gap.region, gap.to_line, gap.reason, gap.new) for gap in gaps]
    assert {(g.region.start_line, g.to_line): g.reason for g in gaps} == BRANCHES


def test_values_that_were_seen_are_told_with_their_condition(evidence):
    seen = {PATH: {35: " (seen: value = 3)", 32: " (seen: x = 1)", 999: " (nowhere)"}}
    gaps = assess(replace(evidence, seen=seen)).gaps
    reasons = {(gap.kind, gap.region.start_line): gap.reason for gap in gaps}
    told = "the condition at line 35 was only ever false (seen: value = 3)"
    assert reasons[GapKind.UNCOVERED_BRANCH, 35] == reasons[GapKind.UNCOVERED_LINE, 36] == told


@pytest.mark.parametrize(
    ("condition", "names"),
    [
        ("self.voucher is None", ("self.voucher",)),
        ("len(parts) > 2 and not parts[0].isdigit()", ("parts",)),
        ("a.b.c(d, key=e)", ("a.b", "d", "e")),
        ("a or b or c or d", ("a", "b", "c")),
        ("f()", ()),
    ],
)
def test_a_condition_is_known_by_the_names_that_it_reads(condition, names):
    assert forks_of(ast.parse(f"if {condition}:\n    pass"))[1].names == names


def test_a_branch_to_the_exit_has_a_name_for_its_end(evidence):
    gap = next(g for g in of_kind(assess(evidence), GapKind.UNCOVERED_BRANCH) if g.region.start_line == 46)
    assert (gap.before, gap.after) == ("if flag:", "exit")


def test_ratios_count_the_body_of_each_function(evidence):
    functions = {f.qualname: (f.metrics.lines, f.metrics.branches, f.state) for f in assess(evidence).functions}
    assert functions == {
        "Cart.total": ((5, 7), (3, 6), "gaps"),
        "Cart._never": ((0, 3), (0, 2), "gaps"),
        "guarded": ((4, 8), (1, 2), "gaps"),
        "early": ((1, 2), (0, 0), "gaps"),
        "check": ((2, 2), (1, 2), "gaps"),
        "match_it": ((3, 5), (1, 2), "gaps"),
        "<module>": ((10, 11), (1, 2), "gaps"),
    }


def test_totals_are_the_sum_of_the_functions(evidence, measured):
    totals = assess(evidence).totals
    assert totals_of(evidence) == totals
    assert totals.new is None
    assert totals.all.lines == (25, len(measured[0].statements))
    assert totals.before.lines == (0, len(measured[0].statements))


def test_without_gaps_a_function_is_complete(evidence, measured):
    everything = Hits(measured[0].statements, measured[0].branches)
    assessment = assess(replace(evidence, hits={PATH: everything}))
    assert assessment.gaps == ()
    assert {f.state for f in assessment.functions} == {"complete"}


def test_a_file_that_was_not_measured_is_an_error_and_not_complete(evidence):
    assessment = assess(replace(evidence, files={}))
    assert {f.state for f in assessment.functions} == {"error"}
    assert function(assessment, "early").reason == "no coverage data for this file"


def test_a_module_that_cannot_be_read_has_no_functions():
    broken = Module("b.py", "b", ".", "def f(:", error="invalid syntax")
    assert assess(Evidence((broken,), {}, {}, {}, (), {}, {})).functions == ()


# --- Mutants ------------------------------------------------------------------------------------


def test_a_survivor_is_a_gap_with_diff_tests_and_hint(evidence, source):
    mutant = mutant_at(source, "item >= minimum", "item > minimum", "Cart.total")
    gaps = assess(judged_mutants(evidence, (mutant, SURVIVED), covering={mutant.id: ("t::a", "t::b")})).gaps
    gap = next(g for g in gaps if g.kind is GapKind.SURVIVING_MUTANT)
    assert gap.diff == "-             if item >= minimum:\n+             if item > minimum:"
    assert gap.reason == "2 tests run this line, none notices"
    assert gap.covering_tests == ("t::a", "t::b")
    assert gap.hint == "a case in which item equals minimum"
    assert (gap.status, gap.operator) == (SURVIVED, "swap-op")
    assert gap.rank == 1


def test_killed_and_broken_mutants_are_no_gaps(evidence, source):
    mutant = mutant_at(source, "item >= minimum", "item > minimum", "Cart.total")
    for status in (KILLED, TIMEOUT, BROKEN, MutantStatus.COMPILE_ERROR, MutantStatus.IGNORED):
        gaps = assess(judged_mutants(evidence, (mutant, status))).gaps
        assert not [g for g in gaps if g.operator]


def test_a_mutant_on_a_line_that_is_listed_counts_but_is_not_listed_again(evidence, source):
    hidden = mutant_at(source, "return 2", "return 3", "Cart._never")
    assessment = assess(judged_mutants(evidence, (hidden, NO_COVERAGE)))
    assert not [g for g in assessment.gaps if g.operator]
    assert function(assessment, "Cart._never").metrics.mutants == (0, 1)
    assert assessment.totals.all.by_status == {NO_COVERAGE: 1}


def test_a_mutant_that_no_test_runs_on_a_line_that_ran_is_listed(evidence, source):
    default = mutant_at(source, "minimum=1", "minimum=2", "Cart.total", in_signature=True)
    gap = next(g for g in assess(judged_mutants(evidence, (default, NO_COVERAGE))).gaps if g.operator)
    assert (gap.kind, gap.reason, gap.status) == (GapKind.SURVIVING_MUTANT, "no test runs it", NO_COVERAGE)


def test_a_default_of_a_function_that_never_runs_is_part_of_its_lines(evidence, source):
    default = mutant_at(source, "minimum=1", "minimum=2", "Cart.total", in_signature=True)
    unrun = replace(judged_mutants(evidence, (default, NO_COVERAGE)), hits={PATH: Hits()})
    assert not [g for g in assess(unrun).gaps if g.operator]
    line_of_def = replace(unrun, changed={PATH: frozenset({default.region.start_line})})
    assert [g.reason for g in assess(line_of_def).gaps if g.operator] == ["no test runs it"]


@pytest.mark.parametrize(
    ("verdict", "reason"),
    [
        (None, "it was not run"),
        (MutantVerdict("", TIMEOUT, confirmed=False), "it timed out, and not again"),
        (MutantVerdict("", PENDING, detail="worker crashed"), "its run did not finish: worker crashed"),
    ],
)
def test_what_was_not_judged_has_no_verdict_and_is_pending(verdict, reason, evidence, source):
    mutant = mutant_at(source, "item >= minimum", "item > minimum", "Cart.total")
    assessment = assess(judged_mutants(evidence, (mutant, verdict)))
    assert [g.reason for g in of_kind(assessment, GapKind.NO_VERDICT)] == [reason]
    assert assessment.totals.all.by_status == {PENDING: 1}
    assert assessment.totals.all.mutants == (0, 0)


def test_a_mutated_log_is_called_low_value():
    source = "import logging\n\n\ndef f():\n    logging.info('used')\n"
    module = parse_module("a.py", "a", ".", source)
    mutant = mutant_at(source, "'used'", "''", "f", "string", path="a.py")
    from pytest_llmgen.records import FileLines

    file = FileLines("a.py", frozenset({1, 4, 5}), frozenset())
    hits = {"a.py": Hits(frozenset({1, 4, 5}))}
    evidence = Evidence((module,), {"a.py": file}, hits, hits, (), {}, {})
    (gap,) = assess(judged_mutants(evidence, (mutant, SURVIVED))).gaps
    assert gap.reason == "none of the tests that run this line notices; likely low value (text of a log or a message)"
    assert gap.hint is None


# --- What was tried, what is new ----------------------------------------------------------------


def judged(name, fate, target="shop/cart.py::guarded", category=Category.EDGE):
    candidate = Candidate(name, target, name, category, Origin.OFFLINE, Oracle.OBSERVED, "")
    return Judged(candidate, fate, f"why {name}")


def test_tests_that_were_dropped_are_the_attempts_of_their_function(evidence):
    tried = (judged("a", Fate.KEPT), judged("b", Fate.REDUNDANT), judged("c", Fate.FAILING), judged("d", Fate.INVALID))
    assessment = assess(replace(evidence, judged=tried, costs={"shop/cart.py::guarded": Cost(0.05, 1)}))
    gap = next(g for g in assessment.gaps if g.qualname == "guarded")
    assert gap.attempts == (Attempt("no-gain", "why b"), Attempt("fails", "why c"), Attempt("invalid", "why d"))
    report = function(assessment, "guarded")
    assert (report.tests_kept, report.tests_dropped, report.cost_usd) == (1, 3, 0.05)
    assert report.category_counts == {Category.EDGE: 1}
    assert next(g for g in assessment.gaps if g.qualname == "early").attempts == ()


def test_what_was_not_attempted_says_why(evidence):
    report = function(assess(replace(evidence, not_attempted={"shop/cart.py::early": "budget spent"})), "early")
    assert (report.state, report.reason) == ("not-attempted", "budget spent")


def test_new_code_is_measured_alone_and_untouched_functions_are_left_out(evidence, source):
    inside = mutant_at(source, "value = 0", "value = 1", "guarded")
    outside = mutant_at(source, "item >= minimum", "item > minimum", "Cart.total")
    mutants = judged_mutants(evidence, (inside, SURVIVED), (outside, SURVIVED))
    assessment = assess(replace(mutants, changed={PATH: frozenset({31, 33, 35})}))
    assert [f.qualname for f in assessment.functions] == ["guarded"]
    assert assessment.totals.all is None
    assert (assessment.totals.new.lines, assessment.totals.new.branches) == ((2, 3), (1, 2))
    assert assessment.totals.new.mutants == (0, 1)


def test_old_gaps_of_a_touched_function_are_not_new_and_come_last(evidence):
    gaps = assess(replace(evidence, changed={PATH: frozenset({33})})).gaps
    assert [(g.region.start_line, g.kind, g.new) for g in gaps] == [
        (32, GapKind.UNCOVERED_LINE, True),
        (35, GapKind.UNCOVERED_BRANCH, False),
        (36, GapKind.UNCOVERED_LINE, False),
    ]


def test_a_change_in_a_continuation_line_makes_its_statement_new(evidence):
    gaps = assess(replace(evidence, changed={PATH: frozenset({19})})).gaps
    assert [g.region.start_line for g in gaps if g.new] == [15]


def test_a_change_elsewhere_leaves_nothing(evidence):
    assessment = assess(replace(evidence, changed={"other.py": frozenset({1})}))
    assert (assessment.functions, assessment.gaps) == ((), ())


# --- Ids ----------------------------------------------------------------------------------------


def test_ids_are_short_unique_and_say_the_kind(evidence, source):
    pending = mutant_at(source, "item >= minimum", "item > minimum", "Cart.total")
    survivor = mutant_at(source, "result = 0", "result = 1", "Cart.total", "number")
    gaps = assess(judged_mutants(evidence, (pending, None), (survivor, SURVIVED))).gaps
    letters = {GapKind.UNCOVERED_LINE: "L", GapKind.UNCOVERED_BRANCH: "B", GapKind.SURVIVING_MUTANT: "M"}
    for gap in gaps:
        assert re.fullmatch(rf"{letters.get(gap.kind, 'N')}-[0-9a-hjkmnp-tv-z]{{7,}}", gap.id)
    assert len({gap.id for gap in gaps}) == len(gaps)


def test_equal_code_in_two_files_gets_two_ids_and_always_the_same(evidence, module, measured):
    other = replace(module, path="shop/zopy.py", targets=tuple(replace(t, path="shop/zopy.py") for t in module.targets))
    file, hits = measured
    both = replace(
        evidence, files={PATH: file, other.path: replace(file, path=other.path)}, hits={PATH: hits, other.path: hits}
    )
    one = assess(replace(both, modules=(module, other)))
    two = assess(replace(both, modules=(other, module)))
    assert one.gaps == two.gaps
    assert len({gap.id for gap in one.gaps}) == 2 * len(assess(evidence).gaps)
    alone = {gap.id for gap in assess(evidence).gaps}
    assert alone <= {gap.id for gap in one.gaps}


def test_ids_survive_a_move_of_the_code_by_some_lines(evidence, module, measured, source):
    file, hits = measured
    moved_source = source.replace("LIMIT = 3", "LIMIT = 3\n\n", 1)

    def shift(n):
        return n + 2 if n > 5 else n - 2 if n < -5 else n

    moved_file = replace(
        file,
        statements=frozenset(map(shift, file.statements)),
        branches=frozenset((shift(a), shift(b)) for a, b in file.branches),
        first_line={shift(a): shift(b) for a, b in file.first_line.items()},
    )
    moved_hits = Hits(
        frozenset(map(shift, hits.lines)),
        frozenset((shift(a), shift(b)) for a, b in hits.arcs),
    )
    moved = replace(
        evidence,
        modules=(parse_module(PATH, "shop.cart", ".", moved_source),),
        files={PATH: moved_file},
        hits={PATH: moved_hits},
    )
    assert {g.id for g in assess(moved).gaps} == {g.id for g in assess(evidence).gaps}


def test_functions_name_their_gaps_in_rank_order(evidence):
    assessment = assess(evidence)
    by_id = {gap.id: gap for gap in assessment.gaps}
    for each in assessment.functions:
        assert {by_id[i].qualname for i in each.gap_ids} == {each.qualname}
        assert [by_id[i].rank for i in each.gap_ids] == sorted(by_id[i].rank for i in each.gap_ids)
    assert sum(len(f.gap_ids) for f in assessment.functions) == len(assessment.gaps)


def test_open_lines_and_branches_are_explained_to_the_writer_of_tests(evidence):
    found = assess(evidence).gaps
    line = next(gap for gap in found if gap.kind is GapKind.UNCOVERED_LINE)
    fork = next(gap for gap in found if gap.kind is GapKind.UNCOVERED_BRANCH)
    arc = (fork.region.start_line, fork.to_line)
    first = line.region.start_line
    known = explained(OpenGaps(lines=(first,), branches=(arc, (1, 2))), PATH, found)
    assert known.why_lines == {first: line.reason}
    assert known.why_branches == {arc: fork.reason}
    assert explained(OpenGaps(lines=(first,)), "other.py", found).why_lines == {}
