"""Names that tell which way an input went."""

from __future__ import annotations

import ast

import pytest

from pytest_llmgen.generate.offline.branches import decisions, phrase_of, ways
from pytest_llmgen.generate.offline.calls import Scene
from pytest_llmgen.generate.offline.search import Find
from pytest_llmgen.records import Observation, Probe


@pytest.mark.parametrize(
    ("condition", "is_true", "phrase"),
    [
        ("quantity < 1", True, "quantity_is_below_1"),
        ("quantity < 1", False, "quantity_is_at_least_1"),
        ("0 < self._count", True, "count_is_above_0"),
        ("x == -1", True, "x_is_minus_1"),
        ("not self.lines", True, "without_lines"),
        ("not self", True, "empty"),
        ("self.is_open", False, "not_open"),
        ("limit is None", True, "without_limit"),
        ("limit is not None", True, "with_limit"),
        ("other.currency != self.currency", True, "other_currency_is_not_currency"),
        ("code == ''", True, "code_is_empty"),
        ("len(items) > 3", True, "length_of_items_is_above_3"),
        ("isinstance(value, str)", True, "value_is_a_str"),
        ("isinstance(value, str)", False, "value_is_no_str"),
        ("word.startswith('un')", True, "word_starts_with_un"),
        ("word.isdigit()", False, "word_is_not_digit"),
        ("n % 2 == 0", True, "n_is_even"),
        ("n % 2", True, ""),
        ("n % 3 != 0", True, "n_is_not_divisible_by_3"),
        ("n < 1 or n > 99", True, "n_is_below_1_or_above_99"),
        ("n < 1 or n > 99", False, "n_is_at_least_1_and_at_most_99"),
        ("order['state'] == 'paid'", True, "state_is_paid"),
        ("self.expires is not None and today > self.expires", True, "today_is_above_expires"),
        ("self.expires is not None and today > self.expires", False, ""),  # which of the two it was is not known
        ("name is None or name == ''", True, ""),
        ("self.used", True, "used"),
        ("self.used", False, "not_used"),
        ("seed", True, "with_seed"),
        ("not self._len", True, "empty"),
        ("f(x) + g(y) > 3", True, ""),
    ],
)
def test_conditions_are_told_in_words(condition, is_true, phrase):
    assert phrase_of(ast.parse(condition, mode="eval").body, is_true=is_true) == phrase


LOCALS = """\
def f(code):
    clean = code.strip().upper()
    known = look_up(clean)
    if not clean:
        raise ValueError(code)
    if known:
        raise KeyError(code)
    if known != clean:
        raise OSError(code)
    place = known.index(code)
    if place == len(known):
        raise IndexError(code)
    checked = check(known)
    if not checked:
        raise TypeError(code)
"""


@pytest.mark.parametrize(
    ("line", "expected"), [(5, ["without_code"]), (7, [""]), (9, ["known_is_not_code"]), (12, [""]), (15, [""])]
)
def test_the_cause_of_an_error_is_told_by_what_a_caller_knows(line, expected):
    (node,) = ast.parse(LOCALS).body
    seen = Observation("", "raised", error_type="builtins.ValueError")
    goals = frozenset({("line", line, 0)})
    find = Find((), Scene((), (), (), "f()"), Probe("", "", "f()"), seen, goals)
    assert [way.phrase for way in ways(node, [find])] == expected


SOURCE = """\
def f(items, limit):
    for item in items:
        print(item)
    if limit < 0:
        raise ValueError(limit)
    try:
        return items[limit]
    except IndexError:
        return None
"""


@pytest.mark.parametrize(
    ("arcs", "expected"),
    [
        ([(1, 2), (2, 4), (4, 5)], ["items_is_empty", "limit_is_below_0"]),
        ([(1, 2), (2, 3), (3, 4), (4, 6), (6, 7)], ["limit_is_at_least_0"]),
        ([(2, 3), (3, 4), (4, 6), (6, 7), (7, 8), (8, 9)], ["limit_is_at_least_0", "IndexError_is_handled"]),
    ],
)
def test_ways_taken_are_found_in_source_order(arcs, expected):
    goals = {("arc", a, b) for a, b in arcs} | {("line", b, 0) for _, b in arcs}
    (node,) = ast.parse(SOURCE).body
    assert [each.phrase for each in decisions(node, frozenset(goals))] == expected
