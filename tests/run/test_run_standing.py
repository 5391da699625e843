"""Survivors that shared a child: which are believed, and what makes them run alone."""

import sys
from collections.abc import Sequence

import pytest

from pytest_llmgen.records import Mutant, MutantJob, MutantStatus, Region
from pytest_llmgen.run.groups import Case
from pytest_llmgen.run.judging import Proof, settle
from pytest_llmgen.run.standing import Standing, Told, entering


def case(name: str) -> Case:
    mutant = Mutant(name, "p.py", "f", "f", "o", 0, 1, "a", "b", "b", Region(1, 1, 1, 2))
    return Case(MutantJob(mutant, ("t",), 9.0))


class Children:
    """Each meets a mutant for a sign of its own: ``s`` survives, ``.`` does not."""

    def __init__(self, *signs: str) -> None:
        self.left, self.given = list(signs), list[str]()

    def __call__(self, cases: Sequence[Case]) -> tuple[Sequence[int], int]:
        self.given.append("".join(case.job.mutant.id for case in cases))
        signs = self.left.pop(0)
        return [place for place, sign in enumerate(signs) if sign == "s"], len(signs)


@pytest.mark.parametrize(
    ("signs", "alike", "believed", "given"),
    [
        (["sss"], True, "abc", ["abc"]),
        (["s.s"], True, "ac", ["abc"]),
        (["..."], True, "", ["abc"]),
        (["sss"], False, "a", ["abc"]),
        (["s", "ss"], True, "abc", ["abc", "bc"]),
        (["s"], False, "a", ["abc", "bc"]),
        (["", "ss"], True, "bc", ["abc", "bc"]),
    ],
)
def test_a_child_is_believed_as_long_as_its_last_survivor_survives_alone(
    signs: list[str], alike: bool, believed: str, given: list[str]
) -> None:
    children = Children(*signs, "..")
    standing = Standing(children, lambda _case: alike)
    assert "".join(sorted(standing.among([case("a"), case("b"), case("c")]))) == believed
    assert children.given == given[: len(children.given)]


def test_after_one_that_was_another_alone_no_child_is_asked() -> None:
    children = Children("ss", "ss")
    standing = Standing(children, lambda _case: False)
    assert standing.among([case("a"), case("b")]) == {"a"}
    assert (standing.among([case("c"), case("d")]), children.given) == (set(), ["ab"])


def test_a_single_mutant_is_run_alone_at_once() -> None:
    children = Children("s")
    assert (Standing(children, lambda _case: True).among([case("a")]), children.given) == (set(), [])


@pytest.mark.parametrize("record", [{"place": 1, "stands": True}, {"place": 2, "stands": True}])
def test_a_record_of_another_mutant_is_refused(record: dict[str, object]) -> None:
    told = Told(1)
    with pytest.raises(ValueError, match="not given"):
        told.add(record)
    told.add({"place": 0, "stands": True})
    assert (told.places, told.met) == ([0], 1)


def test_what_stood_is_a_survivor_without_another_run() -> None:
    def run(*_: object, **__: object) -> None:
        raise AssertionError("it was run")

    verdict = settle(MutantJob(case("a").job.mutant, ("t", "u"), 9.0), run, Proof(stood=True))  # type: ignore[arg-type]
    assert (verdict.status, verdict.confirmed, verdict.tests_run) == (MutantStatus.SURVIVED, True, 2)


def test_a_call_is_noted_and_another_profiler_is_left_in_peace() -> None:
    def called() -> int:
        return 1

    codes = (called.__code__,)
    before = sys.getprofile()
    sys.setprofile(None)
    try:
        with entering(codes) as none:
            pass
        with entering(codes) as once:
            called()
        assert (none, once, sys.getprofile()) == ([], [*codes], None)
        mine = lambda *_: None  # noqa: E731
        sys.setprofile(mine)
        with entering(codes) as unseen:
            called()
        assert (unseen, sys.getprofile()) == ([], mine)
    finally:
        sys.setprofile(before)
