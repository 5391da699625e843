"""Progress on a terminal and in a log."""

from __future__ import annotations

import pytest

from pytest_llmgen.records import SuiteInfo
from pytest_llmgen.report.progress import Progress, baseline_line, outcome_text, progress_line


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_terminal_has_its_line_rewritten_and_cleared():
    out: list[str] = []
    progress = Progress(out.append, is_terminal=True, width=20)
    progress.stage("asking")
    progress.stage("mutating 14/20 of a long name")
    progress.done("[1/2] done")
    progress.close()
    assert out == ["\r\x1b[Kasking", "\r\x1b[Kmutating 14/20 o...", "\r\x1b[K", "[1/2] done\n"]


def test_a_line_that_is_too_wide_is_wrapped_between_words():
    out: list[str] = []
    Progress(out.append, is_terminal=False, width=30).done("baseline  9 passed   lines 19/21 covered")
    assert out == ["baseline  9 passed   lines\n", "  19/21 covered\n"]


def test_a_log_gets_finished_items_and_a_heartbeat_after_a_minute_of_silence():
    out: list[str] = []
    clock = Clock()
    progress = Progress(out.append, is_terminal=False, clock=clock)
    progress.stage("asking")
    progress.done("[1/2] done")
    clock.now = 59.0
    progress.stage("mutating 1/9")
    clock.now = 60.0
    progress.stage("mutating 2/9")
    clock.now = 61.0
    progress.stage("mutating 3/9")
    assert out == ["[1/2] done\n", "mutating 2/9\n"]


@pytest.mark.parametrize("is_terminal", [True, False])
def test_quiet_is_silent(is_terminal):
    out: list[str] = []
    clock = Clock()
    progress = Progress(out.append, is_terminal=is_terminal, quiet=True, clock=clock)
    clock.now = 1000.0
    progress.stage("asking")
    progress.done("[1/2] done")
    progress.close()
    assert out == []


def test_a_finished_target_is_one_line():
    line = progress_line(1, 7, "shop/cart.py::Cart.total", outcome_text(4, 1), "$0.06", 80)
    assert line == "[1/7] shop/cart.py::Cart.total         4 tests kept, 1 dropped            $0.06"


@pytest.mark.parametrize("width", [40, 60, 79, 120, 200])
def test_a_finished_target_is_never_wider_than_the_terminal(width):
    target = "src/package/very/deep/module.py::VeryLongClassName.very_long_method_name"
    assert len(progress_line(100, 100, target, outcome_text(0, 12, 3, "flaky"), "cached", width)) <= width


def test_the_baseline_is_one_line():
    suite = SuiteInfo(212, (), seconds=4.12)
    text = baseline_line(suite, (41, 63), 58, new_code=True)
    assert text == "baseline  212 passed in 4.1s   changed lines 41/63 covered   58 mutants in scope"


def test_the_baseline_names_the_tests_that_were_set_aside():
    text = baseline_line(SuiteInfo(3, ("t::a",)), (0, 0), 1, new_code=False)
    assert text == "baseline  3 passed, 1 failed and set aside in 0.0s   lines - covered   1 mutant in scope"


@pytest.mark.parametrize(
    ("counts", "text"),
    [
        ((4, 0), "4 tests kept"),
        ((1, 2), "1 test kept, 2 dropped"),
        ((0, 3, 0, "flaky"), "0 tests kept, 3 dropped (flaky)"),
        ((4, 0, 1), "4 tests kept, 1 suspected bug"),
    ],
)
def test_the_outcome_of_a_target_in_words(counts, text):
    assert outcome_text(*counts) == text
