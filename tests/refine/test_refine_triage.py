"""A failing candidate: broken test, or code that disagrees with its documentation."""

from dataclasses import replace

import pytest

from pytest_llmgen.records import Candidate, Category, Fate, Judged, Opinion, Oracle, Origin, Target, TargetKind
from pytest_llmgen.refine.triage import by_second_look, describe, is_explained, is_suspect, shortest
from pytest_llmgen.refine.trial import FAILS

TARGET = Target(
    "shop/money.py",
    "shop.money",
    "Money.split",
    TargetKind.METHOD,
    50,
    60,
    50,
    docstring="Divide into parts.\n\nRaises:\n    ValueError: ``parts`` is less than 1.\n    TypeError: no number.",
)
SOURCE = '''def test_zero_parts_are_rejected():
    """Failure: no parts."""
    with pytest.raises(ValueError):
        Money(100).split(0)
'''
CANDIDATE = Candidate(
    "a", TARGET.key, "test_zero_parts_are_rejected", Category.FAILURE, Origin.MODEL, Oracle.DOCUMENTATION, SOURCE,
    summary="Failure: no parts.",
)  # fmt: skip
REASON = f"{FAILS}: ZeroDivisionError: integer division or modulo by zero\ntest_x.py:4: Money(100).split(0)"
JUDGED = Judged(CANDIDATE, Fate.FAILING, REASON, code="fails")


def test_a_failing_test_made_from_the_documentation_is_a_suspect():
    assert is_suspect(JUDGED)


@pytest.mark.parametrize("oracle", [Oracle.OBSERVED])
def test_a_failing_test_that_rests_on_the_code_is_none(oracle):
    assert not is_suspect(replace(JUDGED, candidate=replace(CANDIDATE, oracle=oracle)))


@pytest.mark.parametrize("fate", [Fate.KEPT, Fate.INVALID, Fate.FLAKY, Fate.UNSAFE, Fate.REDUNDANT])
def test_only_a_failing_test_can_be_a_suspect(fate):
    assert not is_suspect(replace(JUDGED, fate=fate))


@pytest.mark.parametrize(
    "error",
    [
        "NameError: name 'Mony' is not defined",
        "ModuleNotFoundError: No module named 'shop.mony'",
        "TypeError: split() got an unexpected keyword argument 'pieces'",
        "TypeError: split() takes 2 positional arguments but 3 were given",
        "TypeError: split() missing 1 required positional argument: 'parts'",
        "AttributeError: 'Money' object has no attribute 'divide'",
    ],
)
def test_a_test_at_odds_with_the_api_is_broken_not_a_suspect(error):
    assert not is_suspect(replace(JUDGED, reason=f"{FAILS}: {error}"))


@pytest.mark.parametrize(
    ("error", "suspect"),
    [
        ("UnboundLocalError: cannot access local variable 'x'", True),
        ("AttributeError: 'NoneType' object has no attribute 'divide'", True),
        ("NameError: name 'Money' is not defined", False),
        ("NameError: name 'rest' is not defined", True),  # the test does not use it
        ("fixture 'shop' not found", False),
    ],
)
def test_the_calls_of_the_embedded_generator_are_known_to_fit_the_api(error, suspect):
    own = replace(CANDIDATE, origin=Origin.OFFLINE)
    assert is_suspect(replace(JUDGED, candidate=own, reason=f"{FAILS}: {error}")) is suspect


def test_a_type_error_from_inside_the_code_can_be_a_bug():
    assert is_suspect(replace(JUDGED, reason=f"{FAILS}: TypeError: unsupported operand type(s) for +: 'int' and 'str'"))


def test_the_report_says_what_was_expected_what_was_seen_and_where_it_is_promised():
    bug = describe(JUDGED, TARGET, "X-1234567", ".llmgen/suspected/test_x.py::test_zero_parts_are_rejected")
    assert (bug.expected, bug.observed) == (
        "ValueError raised",
        "ZeroDivisionError: integer division or modulo by zero",
    )
    assert bug.quote == "ValueError: ``parts`` is less than 1."
    assert (bug.id, bug.path, bug.line, bug.qualname) == ("X-1234567", "shop/money.py", 50, "Money.split")
    assert SOURCE in bug.test_source


def test_an_asserted_value_is_what_was_expected():
    source = "def test_one_part_is_the_whole():\n    assert Money(5).split(1) == [Money(5)]\n"
    bug = describe(replace(JUDGED, candidate=replace(CANDIDATE, source=source)), TARGET, "X-1", "t")
    assert bug.expected == "assert Money(5).split(1) == [Money(5)]"


def test_of_equal_failures_of_a_target_the_shortest_test_is_kept():
    longer = replace(JUDGED, candidate=replace(CANDIDATE, id="b", source=SOURCE + "    # more\n"))
    other = replace(JUDGED, candidate=replace(CANDIDATE, id="c"), reason=f"{FAILS}: AssertionError: 3")
    assert [judged.candidate.id for judged in shortest([longer, other, JUDGED])] == ["a", "c"]


def test_what_a_second_look_calls_no_bug_comes_last_and_stays():
    opinions = [Opinion.NOT_A_BUG, Opinion.UNCLEAR, None, Opinion.BUG]
    bugs = [replace(describe(JUDGED, TARGET, "X-1", "t"), second_look=opinion) for opinion in opinions]
    assert [bug.second_look for bug in sorted(bugs, key=by_second_look)] == opinions[::-1]


def test_a_test_that_fails_like_a_suspected_bug_is_explained_by_it():
    seen = replace(JUDGED, candidate=replace(CANDIDATE, id="b", oracle=Oracle.OBSERVED))
    suspect = replace(
        JUDGED, fate=Fate.SUSPECTED_BUG, reason=f"the code disagrees with its documentation: {JUDGED.reason}"
    )
    assert is_explained(seen, [suspect])
    assert not is_explained(replace(seen, reason=f"{FAILS}: AssertionError: 3"), [suspect])
    assert not is_explained(replace(seen, candidate=replace(CANDIDATE, target="shop/money.py::other")), [suspect])
    assert not is_explained(seen, [])
