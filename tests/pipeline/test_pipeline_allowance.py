"""A limited time: what of it the next searches have, and when no further one begins."""

import pytest

from pytest_llmgen.allowance import Allowance
from pytest_llmgen.generate.offline.shares import Shares
from pytest_llmgen.records import Assignment, Module, Target, TargetContext, TargetKind


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now

    def run(self, block, seconds):
        with block:
            self.now += seconds


def asked(number):
    module = Module("shop.py", "shop", "", ())
    targets = [Target("shop.py", "shop", f"f{n}", TargetKind.FUNCTION, 1, 2, 1) for n in range(number)]
    return [Assignment(target, module, TargetContext("")) for target in targets]


def limited(seconds):
    clock = Clock()
    return clock, Allowance(seconds, clock)


def share(time, number):
    return sum(assignment.seconds for assignment in time.portion(asked(number)))


def test_the_first_functions_have_the_time_in_equal_parts():
    _, time = limited(60)
    parts = [assignment.seconds for assignment in time.portion(asked(5))]
    assert parts == [parts[0]] * 5
    assert 8 < sum(parts) < 12


def test_the_next_ones_have_what_the_proofs_of_the_first_ones_leave():
    cheap, dear = limited(60), limited(60)
    for (clock, time), proofs in ((cheap, 2.0), (dear, 20.0)):
        clock.run(time.searching(), 4.0)
        clock.run(time.proving(), proofs)
    assert share(cheap[1], 5) > 3 * share(dear[1], 5) > 0


def test_searches_with_their_proofs_and_the_files_fit_into_the_time():
    clock, time = limited(60)
    proofs_a_search, searched = 2.0, 0.0
    while not time.is_over_for_search:
        seconds = share(time, 5)
        searched += seconds
        clock.run(time.searching(), seconds)
        clock.run(time.proving(), proofs_a_search * seconds + (1.2 if searched == seconds else 0.0))
    files = 0.5 + 0.8 * proofs_a_search * searched
    assert 48 < clock.now - 100 + files <= 60


def test_mutants_that_must_be_imported_leave_less_for_search():
    clock = Clock()
    assert 0 < share(Allowance(30, clock, cold=400), 5) < share(Allowance(30, clock), 5) / 1.5


def test_so_many_functions_at_once_that_each_has_a_fifth_of_a_second():
    _, time = limited(5)
    every = asked(90)
    some = time.portion(every)
    assert [assignment.target for assignment in some] == [assignment.target for assignment in every[: len(some)]]
    assert 1 <= len(some) <= 5
    assert all(assignment.seconds >= 0.2 for assignment in some)
    assert len(limited(900)[1].portion(every)) == 24


@pytest.mark.parametrize("seconds", [0, 1, 2])
def test_the_riskiest_one_is_searched_in_the_shortest_time(seconds):
    clock, time = limited(seconds)
    assert not time.is_over_for_search
    assert [assignment.seconds > 0 for assignment in time.portion(asked(3))] == [True]
    clock.run(time.searching(), 0.3)
    assert time.is_over_for_search


def test_without_a_limit_nothing_is_shared_out_or_over():
    clock, time = limited(-1)
    clock.run(time.searching(), 1e6)
    every = asked(90)
    assert time.portion(every) == every
    assert not time.is_limited
    assert not time.is_over_for_search
    assert not time.is_over


def test_a_model_is_asked_until_all_of_the_time_has_gone_by():
    clock, time = limited(20)
    clock.now += 19
    assert not time.is_over
    clock.now += 1
    assert time.is_over


def test_time_that_a_search_does_not_need_goes_to_the_later_ones():
    clock = Clock()
    shares = Shares(clock, 12.0, searches=4, side_by_side=1)
    assert shares.next() == 3.0
    clock.now += 0.6
    assert shares.next() == pytest.approx(3.8)
    clock.now += 9.4
    assert shares.next() == pytest.approx(1.0)
    clock.now += 5
    assert shares.next() == 0.0


def test_the_first_ones_have_what_a_search_needs_at_least_where_there_is_not_enough_for_all():
    clock = Clock()
    shares = Shares(clock, 0.5, searches=50, side_by_side=1)
    assert shares.next() == 0.3
    clock.now += 0.4
    assert shares.next() == 0.3
    clock.now += 0.4
    assert shares.next() == 0.0


def test_searches_side_by_side_have_more_time_each():
    shares = Shares(Clock(), 12.0, searches=4, side_by_side=2)
    assert [shares.next() for _ in range(4)] == [6.0, 6.0, 12.0, 12.0]


def test_one_search_has_no_more_than_all_the_time():
    assert Shares(Clock(), 12.0, searches=1, side_by_side=4).next() == 12.0


def test_the_riskiest_ones_are_searched_where_getting_ready_took_all_the_time():
    clock = Clock()
    shares = Shares(clock, 2.0, searches=9, side_by_side=2)
    clock.now += 7
    assert [shares.next() for _ in range(3)] == [0.3, 0.3, 0.0]
