"""The terminal's report, written through pytest's own terminal writer."""

from __future__ import annotations

import io
import os
import re
from dataclasses import replace
from pathlib import Path

import pytest
from _pytest._io import TerminalWriter

from pytest_llmgen.records import (
    ConditionState,
    Decisions,
    Earned,
    GapState,
    Mutant,
    MutantReport,
    MutantStatus,
    MutantVerdict,
    Region,
    SourceFile,
    State,
    Suppression,
)
from pytest_llmgen.report.layout import Line, Style, code, cut, cut_middle, plain, wrapped
from pytest_llmgen.report.terminal import render
from pytest_llmgen.settings import OPTIONS

GOLDENS = Path(__file__).parents[1] / "goldens" / "report"
UPDATE = "LLMGEN_UPDATE_GOLDENS"
NAMES = ["full", "report_only", "clean", "inconclusive", "nothing", "red", "no_tests"]


def written(lines: tuple[Line, ...], width: int) -> str:
    stream = io.StringIO()
    writer = TerminalWriter(stream)
    writer.hasmarkup = False
    for line in lines:
        if line.style is Style.SECTION:
            writer.sep("=", line.text, fullwidth=width)
        elif line.style in (Style.PART, Style.RULE):
            writer.sep("-", line.text or None, fullwidth=width)
        else:
            writer.line(line.text)
    return stream.getvalue()


def compare(name: str, text: str) -> None:
    golden = GOLDENS / f"{name}.txt"
    if os.environ.get(UPDATE):
        golden.write_text(text, encoding="ascii")
    assert text == golden.read_text(encoding="ascii")


@pytest.mark.parametrize("name", NAMES)
def test_the_terminal_shows(name, report_of):
    compare(name, written(render(report_of(name), width=80), 80))


@pytest.mark.parametrize(
    ("name", "width", "verbosity"), [("full", 40, 0), ("full", 60, 0), ("full", 120, 1), ("inconclusive", 50, 0)]
)
def test_the_terminal_shows_at_other_widths(name, width, verbosity, report_of):
    lines = render(report_of(name), width=width, verbosity=verbosity, show_gaps=3)
    compare(f"{name}_{width}", written(lines, width))


@pytest.mark.parametrize("name", ["full", "inconclusive", "clean", "nothing"])
def test_quiet_has_one_line_per_gap_and_one_for_the_verdict(name, report_of):
    lines = render(report_of(name), width=80, verbosity=-1)
    compare(f"{name}_quiet", written(lines, 80))
    facts = report_of(name).facts
    assert len(lines) == len(facts.gaps) + len(facts.suspected_bugs) + 1


@pytest.mark.parametrize("name", NAMES)
def test_no_line_is_wider_than_the_terminal_and_all_is_ascii(name, report_of):
    for width in range(40, 201):
        for verbosity in (0, 1):
            for line in render(report_of(name), width=width, verbosity=verbosity):
                assert len(line.text) <= width, (width, line.text)
                assert line.text.isascii()


def test_a_separator_fits_even_where_the_terminal_is_narrow(report_of):
    text = written(render(report_of("full"), width=40), 40)
    assert max(map(len, text.splitlines())) <= 40


def test_only_so_many_gaps_are_shown_in_full(report_of):
    texts = [line.text for line in render(report_of("full"), width=80, show_gaps=2)]
    assert "and 3 more in .llmgen/report.html: 1 mutant, 1 branch, 1 block of lines" in texts
    assert not any(text.startswith("L-p2n61ch") for text in texts)


def test_no_file_is_named_where_only_the_terminal_was_asked_for(report_of):
    texts = [r.text for r in render(report_of("full"), width=80, show_gaps=2, report_path="", report_paths=())]
    assert "and 3 more, see --llm-report=html: 1 mutant, 1 branch, 1 block of lines" in texts
    assert not any(".llmgen/report" in text or "report:" in text for text in texts)


def test_other_survivors_of_a_line_are_named_under_the_first(report_of):
    texts = [line.text for line in render(report_of("full"), width=80)]
    assert "    +1 more on this line: M-7zz0000" in texts
    assert not any(text.startswith("M-7zz0000") for text in texts)


def test_a_gate_that_is_off_is_not_shown(report_of):
    report = report_of("full")
    off = type(report)(report.facts, type(report.verdict)("off", report.verdict.state, "", report.verdict.conditions))
    assert not any("GATE" in line.text or "quality gate" in line.text for line in render(off, width=80))
    assert not any("GATE" in line.text for line in render(off, width=80, verbosity=-1))


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_promised_that_does_not_exist(name, report_of):
    text = " ".join(line.text for line in render(report_of(name), width=200, verbosity=1))
    assert set(re.findall(r"--(?:no-)?llm[a-z-]*", text)) <= {option.flag for option in OPTIONS}


def test_the_last_lines_say_how_to_decide(report_of):
    report = report_of("full")
    steps = texts_of(report, report.facts)
    assert "  decide now:  pytest --llm-review   6 gaps, 1 suspected bug, 2 tests" in steps
    assert "  show one:    pytest --llm-show X-b81w0fe" in steps
    in_ci = texts_of(report, replace(report.facts, run=replace(report.facts.run, ci=True)))
    assert any(text.startswith("  decide:      in your own checkout: pytest --llm-check, then ") for text in in_ci)
    for facts in (replace(report.facts, suite=replace(report.facts.suite, partial="-k x")), report_of("clean").facts):
        assert not any("--llm-review" in text for text in texts_of(report, facts))
    assert not any("--llm-review" in text for text in texts_of(report, report.facts, report_paths=("a.html",)))


def test_without_a_base_and_a_baseline_the_way_to_begin_is_named(report_of):
    report = report_of("full")
    facts = replace(report.facts, run=replace(report.facts.run, scope="all", base=None))
    assert any("--llm-baseline" in text for text in texts_of(report, facts))
    known = replace(facts, decisions=Decisions("", baseline_path="llmgen-baseline.json"))
    assert not any("--llm-baseline" in text for text in texts_of(report, known))


def test_control_characters_cannot_reach_the_terminal():
    assert plain("\ta\x1b[31mb\rc\u20acd") == "    a\\x1b[31mb\\rc\\u20acd"


@pytest.mark.parametrize(
    ("text", "width", "expected"), [("abcdef", 6, "abcdef"), ("abcdefg", 6, "abc..."), ("abcd", 2, "..")]
)
def test_what_is_too_wide_is_cut(text, width, expected):
    assert cut(text, width) == expected


def test_a_word_longer_than_the_line_is_broken():
    assert [line.text for line in wrapped("x" * 25, 12, 2)] == ["  " + "x" * 10, "  " + "x" * 10, "  xxxxx"]


def texts_of(report, facts, **options):
    return [line.text for line in render(type(report)(facts, report.verdict), width=100, **options)]


def test_suppressions_that_the_change_adds_are_shown_and_not_only_there(report_of):
    report = report_of("full")
    added = Suppression("shop/cart.py", 12, "return 1  # pragma: no cover")
    facts = replace(report.facts, decisions=replace(report.facts.decisions, pragmas_added=(added,)))
    texts = texts_of(report, facts)
    start = texts.index("SUPPRESSIONS ADDED: 1, please look at each")
    assert texts[start + 1 : start + 3] == ["shop/cart.py:12", "    return 1  # pragma: no cover"]
    quiet = texts_of(report, facts, verbosity=-1)
    assert "shop/cart.py:12: suppression added: return 1  # pragma: no cover" in quiet


def test_quiet_says_what_a_failure_leaves_undecided(report_of):
    report = report_of("inconclusive")
    first, *others = report.verdict.conditions
    failed = replace(first, id="bugs", title="untriaged suspected bugs", state=ConditionState.FAIL, actual="1")
    verdict = replace(report.verdict, state=State.FAIL, reason="1 suspected bug", conditions=(failed, *others))
    last = render(replace(report, verdict=verdict), width=80, verbosity=-1)[-1].text
    assert last.startswith("GATE FAILED: 1 suspected bug; not decided: every mutant judged, ")


def test_gaps_of_a_partial_run_are_not_called_reviewable(report_of):
    report = report_of("full")
    facts = replace(report.facts, suite=replace(report.facts.suite, partial="-k total"))
    assert "GAPS SO FAR: 6, not judged" in texts_of(report, facts)


@pytest.mark.parametrize(
    ("width", "expected"), [(20, "shop/ca...:Cart.make"), (7, "shop..."), (40, "shop/cart.py::Cart.make")]
)
def test_a_name_is_cut_in_its_middle(width, expected):
    assert cut_middle("shop/cart.py::Cart.make", width) == expected


def test_a_stale_gap_is_shown_with_its_state(report_of):
    report = report_of("full")
    facts = replace(report.facts, gaps=(replace(report.facts.gaps[0], state=GapState.STALE),))
    assert "    STALE: it was accepted once. Please decide again." in texts_of(report, facts)
    assert texts_of(report, facts, verbosity=-1)[0].endswith("surviving mutant in Cart.apply_voucher (stale)")


@pytest.mark.parametrize("change", [{"state": "accepted"}, {"state": "baseline"}, {"new": False}])
def test_what_needs_no_decision_is_not_shown(change, report_of):
    report = report_of("full")
    facts = replace(report.facts, gaps=tuple(replace(gap, **change) for gap in report.facts.gaps))
    assert not any("MANUAL REVIEW" in text for text in texts_of(report, facts))


def test_of_many_warnings_some_are_shown_and_the_rest_counted(report_of):
    report = report_of("full")
    texts = texts_of(report, replace(report.facts, warnings=tuple(f"warning {n}" for n in range(14))))
    assert "  warning 9" in texts
    assert "  warning 10" not in texts
    assert "  and 4 more" in texts


def test_functions_that_were_not_attempted_are_grouped_by_reason(report_of):
    report = report_of("full")
    (first, *_) = report.facts.functions
    idle = [replace(first, qualname=f"f{n}", start_line=n, state="not-attempted", reason="no time") for n in range(9)]
    broken = replace(first, qualname="g", state="error", reason="no data")
    texts = texts_of(report, replace(report.facts, functions=(*idle, broken)))
    start = next(n for n, text in enumerate(texts) if "not judged, or not attempted" in text)
    joined = " ".join(text.strip() for text in texts[start + 1 : texts.index("", start)])
    path = first.path
    assert joined == f"9 functions ({path}::f0, {path}::f1, ...): no time {path}::g: no data"


@pytest.mark.parametrize("actual", ["606 so far", "1606 so far"])
def test_a_long_figure_keeps_its_distance_from_the_limit(actual, report_of):
    report = report_of("inconclusive")
    (first, *others) = report.verdict.conditions
    wide = replace(first, id="new-gaps", actual=actual, required="allowed 0")
    verdict = replace(report.verdict, conditions=(wide, *others))
    lines = [line.text for line in render(replace(report, verdict=verdict), width=100)]
    assert any(f"{actual}  allowed 0" in line for line in lines)


def test_verbose_says_what_each_test_earns(report_of):
    report = report_of("full")
    test = report.facts.tests[0]
    tests = (
        replace(test, nodeid="t::a", earned=Earned(branches=((1, 2), (1, 3)), category=True)),
        replace(test, nodeid="t::b", earned=Earned()),
    )
    texts = texts_of(report, replace(report.facts, tests=tests), verbosity=1)
    assert "    t::a: 2 branches, first typical test" in texts
    assert "    t::b: no gain recorded" in texts


def test_an_unknown_price_is_not_shown_as_free(report_of):
    report = report_of("full")
    facts = replace(report.facts, cost=replace(report.facts.cost, usd=None), budget_usd=None)
    assert any("$? - 41 calls" in text for text in texts_of(report, facts))


def test_a_diff_that_is_too_wide_loses_the_indentation_that_its_lines_share():
    diff = ["-" + " " * 30 + "return a_long_name + 1", "+" + " " * 30 + "return a_long_name - 1"]
    assert [line.text for line in code(diff, 40)] == ["    - return a_long_name + 1", "    + return a_long_name - 1"]


def test_one_line_that_is_left_out_is_one_line():
    assert code(["x"] * 7, 40)[-1].text == "    ... 1 more line"


def test_of_a_long_line_the_place_that_differs_is_shown():
    old = "total = compute(alpha, beta, gamma, delta, epsilon) + rate * 100"
    shown = [line.text for line in code([f"- {old}", f"+ {old.replace('*', '/')}"], 50)]
    assert shown == ["    - ...lon) + rate * 100", "    + ...lon) + rate / 100"]
    assert [line.text for line in code([f"- {old}", f"+ {old.replace('total', 'None')}"], 30)] == [
        "    - total = compute(alpha...",
        "    + None = compute(alpha,...",
    ]


def test_lines_behind_a_branch_that_was_never_taken_name_it_as_the_cause(report_of):
    report = report_of("full")
    branch = next(gap for gap in report.facts.gaps if gap.id.startswith("B-"))
    lines = next(gap for gap in report.facts.gaps if gap.id.startswith("L-"))
    to_it = replace(branch, to_line=lines.region.start_line, reason=lines.reason)
    texts = texts_of(report, replace(report.facts, gaps=(to_it, lines)))
    assert f"    Same cause as {branch.id}." in texts
    assert not any("Same cause" in text for text in texts_of(report, replace(report.facts, gaps=(branch, lines))))


def test_what_was_accepted_and_what_is_old_debt_is_counted_under_the_table(report_of):
    report = report_of("full")
    gaps = tuple(replace(gap, state=GapState.ACCEPTED) for gap in report.facts.gaps)
    decisions = Decisions("llmgen-review.toml", baseline_path="llmgen-baseline.json", baseline_used=3)
    texts = texts_of(report, replace(report.facts, gaps=gaps, decisions=decisions))
    one = "  Cart.apply_voucher: 3 mutants, 1 branch, 1 block of lines accepted in llmgen-review.toml"
    assert texts[texts.index(one) + 1 :][:2] == [
        "  Money.__format__: 1 mutant accepted in llmgen-review.toml",
        "  3 gaps known as old debt in llmgen-baseline.json",
    ]


@pytest.mark.parametrize("verbosity", [0, 1, 2])
def test_mutants_that_were_noticed_are_listed_only_when_asked_twice(verbosity, report_of):
    region = Region(41, 12, 41, 14)
    mutant = Mutant("id", "shop/cart.py", "f", "f", "op", 0, 1, "a >= b", "a > b", ">", region)
    ends = [(MutantStatus.KILLED, ("t.py::test_limit",)), (MutantStatus.SURVIVED, ()), (MutantStatus.TIMEOUT, ())]
    mutants = tuple(MutantReport(mutant, s, MutantVerdict("id", s, killed_by=by)) for s, by in ends)
    none = frozenset()
    source = SourceFile("shop/cart.py", "", none, none, none, none, mutants=mutants)
    lines = render(replace(report_of("full"), sources=(source,)), width=100, verbosity=verbosity)
    listed = [line.text for line in lines if "shop/cart.py:41 `" in line.text]
    every = [
        "  shop/cart.py:41 `a >= b` -> `a > b` by test_limit",
        "  shop/cart.py:41 `a >= b` -> `a > b` by the limit of time",
    ]
    assert listed == (every if verbosity > 1 else [])


def test_a_bug_that_was_triaged_is_not_called_suspected_any_more(report_of):
    report = report_of("full")
    known = replace(report.facts.suspected_bugs[0], state="known-bug")
    facts = replace(report.facts, suspected_bugs=(known,))
    for verbosity in (0, -1):
        assert not any(known.id in text for text in texts_of(report, facts, verbosity=verbosity))
