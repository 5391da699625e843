"""Which tests a mutant meets first, when others of its function have been killed."""

from pytest_llmgen.records import Mutant, MutantJob, Region
from pytest_llmgen.run.history import ENOUGH, FIRST, KNOWN, History

TESTS = tuple(f"t{number}" for number in range(20))


def job(unit: str = "f", path: str = "p.py", tests: tuple[str, ...] = TESTS) -> MutantJob:
    mutant = Mutant("m", path, unit, unit, "o", 0, 1, "a", "b", "b", Region(1, 1, 1, 2))
    return MutantJob(mutant, tests, 1.0)


def heard(*killers: str) -> History:
    history = History()
    for killer in killers:
        history.note(job(), killer)
    return history


def test_a_late_killer_is_met_right_after_the_quickest_tests() -> None:
    assert heard("t17").leading(job(), TESTS)[: FIRST + 2] == ["t0", "t1", "t2", "t17", "t3"]


def test_the_killer_that_was_found_last_is_the_first_of_them() -> None:
    assert heard("t17", "t9", "t12", "t17").ordered(job())[:4] == ("t17", "t12", "t9", "t0")


def test_no_test_is_lost_or_met_twice_in_the_order_of_all() -> None:
    assert sorted(heard("t17", "t9").ordered(job())) == sorted(TESTS)


def test_killers_of_another_function_change_nothing() -> None:
    history = heard("t17")
    assert history.ordered(job("g")) == history.ordered(job(path="q.py")) == TESTS
    assert history.leading(job("g"), TESTS) == list(TESTS[:ENOUGH])


def test_a_killer_among_the_quickest_is_no_news() -> None:
    assert heard(TESTS[FIRST - 1]).known(job()) == []


def test_a_killer_that_does_not_reach_the_mutant_is_left_out() -> None:
    assert heard("t17", "t9").known(job(tests=TESTS[:10])) == ["t9"]
    assert heard("t17").leading(job(), TESTS[:10])[-1] == "t7"  # nor one that may not run in a group


def test_many_killers_leave_the_mutant_to_its_fork_all_the_same() -> None:
    history = heard(*TESTS[FIRST:])
    assert history.known(job()) == list(TESTS[: -KNOWN - 1 : -1])
    assert len(history.leading(job(), TESTS)) == FIRST + KNOWN
