"""A limited time: what of it is for search, for proofs and for files, and what is put off."""

import pytest

from pytest_llmgen.allowance import Allowance
from pytest_llmgen.generate.offline.shares import Shares
from pytest_llmgen.records import Assignment, Module, Origin, Target, TargetContext, TargetKind


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def asked(number):
    module = Module("shop.py", "shop", "", ())
    targets = [Target("shop.py", "shop", f"f{n}", TargetKind.FUNCTION, 1, 2, 1) for n in range(number)]
    return [Assignment(target, module, TargetContext("")) for target in targets]


def limited(seconds):
    clock = Clock()
    return clock, Allowance(seconds, clock, clock.now)


def test_a_third_of_the_time_is_for_search_and_shared_out_equally():
    _, time = limited(20)
    assert [assignment.seconds for assignment in time.shared(asked(5), 5)] == pytest.approx([1.4] * 5)
    assert [assignment.seconds for assignment in time.shared(asked(3), 5)] == pytest.approx([1.4] * 3)


def test_what_is_left_of_the_time_is_shared_out():
    clock, time = limited(20)
    clock.now += 6
    assert [assignment.seconds for assignment in time.shared(asked(2), 2)] == pytest.approx([2.0] * 2)
    clock.now += 60
    assert [assignment.seconds for assignment in time.shared(asked(2), 2)] == [0.0] * 2


def test_the_last_ones_are_put_off_where_there_are_too_many_for_the_time():
    _, time = limited(2)
    every = asked(7)
    assert time.fitting(every) == (every[:3], every[3:])


def test_the_riskiest_one_is_asked_about_in_the_shortest_time():
    _, time = limited(0)
    every = asked(3)
    assert time.fitting(every) == (every[:1], every[1:])


def test_without_a_limit_nothing_is_shared_out_or_put_off():
    clock, time = limited(-1)
    clock.now += 1e6
    every = asked(3)
    assert (time.fitting(every), time.shared(every, 3)) == ((every, []), every)
    assert not time.is_limited
    assert not time.is_over_for(Origin.OFFLINE)
    assert not time.is_over_for_proofs


@pytest.mark.parametrize(
    ("after", "over"),
    [(13, []), (15, ["search"]), (18, ["search", "proofs"]), (21, ["search", "proofs", "model"])],
)
def test_search_ends_before_proofs_and_these_before_a_model(after, over):
    clock, time = limited(20)
    clock.now += after
    states = {
        "search": time.is_over_for(Origin.OFFLINE),
        "proofs": time.is_over_for_proofs,
        "model": time.is_over_for(Origin.MODEL),
    }
    assert [name for name, is_over in states.items() if is_over] == over


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
