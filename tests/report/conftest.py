"""A run on a small shop, in the shapes that the reports must show well."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_llmgen.gate import Limits, exit_status, judge
from pytest_llmgen.records import (
    Attempt,
    Category,
    Cost,
    Earned,
    Facts,
    Fate,
    FunctionReport,
    Gap,
    GapKind,
    Metrics,
    MutantStatus,
    Oracle,
    Origin,
    Region,
    Report,
    RunInfo,
    SuiteInfo,
    SuspectedBug,
    TestReport,
    ToolInfo,
    Totals,
)
from pytest_llmgen.report.ranking import rank

KILLED, SURVIVED = MutantStatus.KILLED, MutantStatus.SURVIVED
CART, MONEY, TAX = "shop/cart.py", "shop/money.py", "shop/tax.py"


def metrics(lines, branches, mutants, pending=0):
    counts = {KILLED: mutants[0], SURVIVED: mutants[1] - mutants[0]}
    if pending:
        counts[MutantStatus.PENDING] = pending
    return Metrics(lines, branches, mutants, counts)


def function(path, qualname, start, figures, tests=0, gaps=(), **more):
    state = "gaps" if gaps else "complete"
    return FunctionReport(
        path,
        qualname,
        start,
        start + 17,
        "9f31c0d27ab4",
        state,
        metrics(*figures),
        tests_kept=tests,
        gap_ids=gaps,
        new=True,
        category_counts={Category.TYPICAL: tests},
        **more,
    )


FUNCTIONS = (
    function(CART, "Cart.total", 12, ((12, 12), (4, 4), (20, 20)), 4),
    function(
        CART,
        "Cart.apply_voucher",
        36,
        ((15, 17), (7, 8), (11, 14)),
        4,
        ("M-7k3qd2m", "M-7zz0000", "M-0x5ra8v", "L-p2n61ch", "B-d94tqz0"),
    ),
    function(CART, "Cart.merge", 60, ((9, 9), (2, 2), (8, 8)), 3),
    function(MONEY, "Money.split", 70, ((10, 10), (4, 4), (7, 7)), 4),
    function(MONEY, "Money.__format__", 88, ((6, 6), (2, 2), (3, 4)), 2, ("M-m8e2w1y",)),
    function(TAX, "vat_rate", 5, ((5, 5), (0, 0), (5, 5))),
)
DROPPED = (Attempt("no-gain", "passes on the mutant"), Attempt("no-gain", "passes on it"), Attempt("fails", "KeyError"))


def mutant(identifier, line, before, after, path=CART, qualname="Cart.apply_voucher", **more):
    diff = f"-         {before}\n+         {after}"
    return Gap(
        identifier,
        GapKind.SURVIVING_MUTANT,
        path,
        Region(line, 12, line, 39),
        qualname,
        "9f31c0d27ab4",
        before,
        new=True,
        operator="operator_swap_op",
        after=after,
        diff=diff,
        status=SURVIVED,
        **more,
    )


GAPS = rank(
    (
        mutant(
            "M-7k3qd2m",
            41,
            "if subtotal >= voucher.minimum:",
            "if subtotal > voucher.minimum:",
            attempts=DROPPED,
            covering_tests=("tests/test_cart.py::test_voucher_ok",),
            reason="6 tests run this line, none notices",
            hint="a case in which subtotal equals voucher.minimum",
        ),
        mutant("M-7zz0000", 41, "if subtotal >= voucher.minimum:", "if subtotal == voucher.minimum:"),
        mutant(
            "M-0x5ra8v",
            52,
            'log.info("voucher %s used", code)',
            'log.info("", code)',
            reason="4 tests run this line, none notices; likely low value (text of a log or a message)",
        ),
        Gap(
            "L-p2n61ch",
            GapKind.UNCOVERED_LINE,
            CART,
            Region(47, 9, 48, 59),
            "Cart.apply_voucher",
            "9f31c0d27ab4",
            "except RedisError:\nraise VoucherUnavailable(code) from None",
            new=True,
            reason="nothing was raised that got to the except at line 47",
        ),
        Gap(
            "B-d94tqz0",
            GapKind.UNCOVERED_BRANCH,
            CART,
            Region(46, 9, 46, 20),
            "Cart.apply_voucher",
            "9f31c0d27ab4",
            "while retry:",
            new=True,
            to_line=-36,
            after="exit",
            reason="the condition at line 46 was only ever true",
        ),
        mutant(
            "M-m8e2w1y",
            90,
            'return f"{self.amount:.2f} \u20ac"',
            'return f"{self.amount:.3f} \u20ac"',
            MONEY,
            "Money.__format__",
            reason="1 test runs this line and does not notice",
        ),
    )
)
BUG = SuspectedBug(
    "X-b81w0fe",
    MONEY,
    77,
    "Money.split",
    "Money(10).split(0) raises ZeroDivisionError; the docstring says ValueError for parts < 1",
    "ValueError",
    "ZeroDivisionError",
    "docstring",
    "Raises ValueError if parts is less than 1.",
    (5, 5),
    ".llmgen/suspected/test_money.py::test_split_rejects_zero_parts",
)


def generated(name, category=Category.TYPICAL, state="pending", fate=Fate.KEPT, why=None):
    earned = Earned((43, 44), ((41, 43),), ("M-1aaaaaa",), ("M-1aaaaaa",)) if state == "pending" else Earned()
    return TestReport(
        f"tests/llmgen/test_llmgen_shop_cart.py::{name}",
        "shop/cart.py::Cart.apply_voucher",
        category,
        Origin.MODEL,
        Oracle.DOCUMENTATION,
        state,
        fate,
        dropped_because=why,
        earned=earned,
        runs=(5, 5),
        seconds=0.012,
    )


TESTS = (
    generated("test_total"),
    generated("test_voucher_below_minimum_is_refused", Category.FAILURE),
    generated("test_a", state="dropped", fate=Fate.REDUNDANT, why="no-gain"),
    generated("test_b", state="dropped", fate=Fate.REDUNDANT, why="no-gain"),
    generated("test_c", state="dropped", fate=Fate.FLAKY, why="flaky"),
)
AFTER = metrics((59, 63), (21, 24), (54, 58))
BEFORE = metrics((41, 63), (12, 24), (29, 58))
FULL = Facts(
    ToolInfo("0.1.0", "3.13.5", "9.2.0", "7.17.3", "1"),
    RunInfo(
        "generate",
        "2026-11-21T10:02:11Z",
        201.3,
        ".",
        "new",
        "model provider/model-name",
        "landlock",
        base="origin/main",
        base_commit="4f1c2e9aa01",
        rounds=2,
        stage_seconds={"extract": 0.4, "generate": 120.26, "mutate": 60.0},
        stage_cpu_seconds={"extract": 0.3, "mutate": 110.5},
        peak_memory_mb=181.4,
    ),
    SuiteInfo(212, (), seconds=4.1),
    Totals(AFTER, None, BEFORE, BEFORE),
    FUNCTIONS,
    GAPS,
    (BUG,),
    TESTS,
    cost=Cost(0.37, 41, 17, 182_000, 24_000),
    budget_usd=1.0,
    model="provider/model-name",
    written=("tests/llmgen/test_llmgen_shop_cart.py (2 tests)",),
    warnings=("llm_price is not set",),
)
CLEAN = replace(
    FULL,
    run=replace(FULL.run, command="check", scope="all", generator=""),
    totals=Totals(None, metrics((5, 5), (2, 2), (5, 5))),
    functions=(FUNCTIONS[5],),
    gaps=(),
    suspected_bugs=(),
    tests=(),
    cost=Cost(),
    budget_usd=None,
    model=None,
    written=(),
    warnings=(),
)
SCENARIOS = {
    "full": (FULL, "enforce", Limits(new_lines=80, new_mutants=70)),
    "report_only": (
        replace(FULL, tests=(), functions=tuple(replace(each, tests_kept=0) for each in FUNCTIONS)),
        "report",
        Limits(),
    ),
    "clean": (CLEAN, "enforce", Limits(all_mutants=71.2)),
    "inconclusive": (
        replace(CLEAN, totals=Totals(None, metrics((5, 5), (2, 2), (27, 27), 31))),
        "enforce",
        Limits(all_mutants=70),
    ),
    "nothing": (
        replace(CLEAN, totals=Totals(None, None), functions=(), nothing_to_test="no Python code changed"),
        "enforce",
        Limits(),
    ),
    "red": (
        replace(CLEAN, suite=SuiteInfo(210, ("tests/test_tax.py::test_rate", "tests/test_tax.py::test_audit"))),
        "enforce",
        Limits(),
    ),
    "no_tests": (
        replace(
            CLEAN,
            suite=SuiteInfo(0, ()),
            totals=Totals(None, metrics((0, 5), (0, 2), (0, 5))),
            functions=(
                replace(
                    FUNCTIONS[5],
                    metrics=metrics((0, 5), (0, 2), (0, 5)),
                    state="not-attempted",
                    reason="budget spent",
                    gap_ids=("L-44qm0zt",),
                ),
            ),
            gaps=(
                replace(
                    GAPS[-1],
                    id="L-44qm0zt",
                    path=TAX,
                    qualname="vat_rate",
                    rank=1,
                    region=Region(6, 5, 11, 20),
                    before="\n".join(f"rate = {n}" for n in range(9)),
                    reason="no test calls this function",
                ),
            ),
            module_errors=(("shop/broken.py", "invalid syntax at line 3"),),
        ),
        "enforce",
        Limits(),
    ),
}


@pytest.fixture(scope="session")
def report_of():
    """Reports by the name of a scenario, judged by the real gate."""

    def make(name: str) -> Report:
        facts, mode, limits = SCENARIOS[name]
        verdict = judge(facts, limits, mode)
        status = exit_status(1 if facts.suite.failed else 0, verdict, generated=False)
        return Report(replace(facts, run=replace(facts.run, exit_code=status)), verdict)

    make.names = tuple(SCENARIOS)
    return make
