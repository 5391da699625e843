from __future__ import annotations

from pytest_llmgen.extract.risk import order_targets
from pytest_llmgen.extract.targets import parse_module
from pytest_llmgen.records import Target

SOURCE = "def a(): return 1\ndef _b(): return 1\ndef c(): return 1\nclass _D:\n    def e(self): return 1\n"
TARGETS = parse_module("m.py", "m", ".", SOURCE).targets


def order(uncovered: dict[str, int], **more: dict[str, int] | set[str]) -> list[str]:
    keyed = {f"m.py::{name}": count for name, count in uncovered.items()}
    return [target.qualname for target in order_targets(TARGETS, keyed, **more)]


def test_public_comes_before_private_and_ties_go_by_line() -> None:
    assert order({}) == ["a", "c", "_b", "_D.e"]


def test_many_gaps_come_first_but_never_before_a_public_target() -> None:
    assert order({"c": 3, "a": 1, "_D.e": 5000}) == ["c", "a", "_D.e", "_b"]


def test_an_open_branch_weighs_more_than_an_open_line() -> None:
    assert order({"a": 2}, open_branches={"m.py::c": 2})[:2] == ["c", "a"]


def test_changed_targets_come_before_all_others() -> None:
    assert order({"a": 90}, changed={"m.py::_D.e"}) == ["_D.e", "a", "c", "_b"]


def test_equal_targets_go_by_path_whatever_their_order() -> None:
    other = parse_module("a.py", "a", ".", "def z(): return 1").targets
    both: tuple[Target, ...] = (*TARGETS, *other)
    assert order_targets(both, {}) == order_targets(both[::-1], {})
    assert order_targets(both, {})[0].path == "a.py"
