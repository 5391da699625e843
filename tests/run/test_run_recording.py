"""The arguments of functions are noted while tests run: few of each, only what can be written down."""

from __future__ import annotations

import contextlib
import dataclasses

from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_llmgen.run.recording import MOST_CALLS, recording


@dataclasses.dataclass
class Plan:
    code: str

    def fee(self, weight, extra=0):
        return weight + extra


def shout(text):
    return text.upper()


def place(function):
    return (function.__code__.co_filename, function.__code__.co_firstlineno)


def test_arguments_are_noted_with_the_object_that_the_method_was_called_on():
    with recording({place(Plan.fee): ["self", "weight", "extra"]}) as calls:
        Plan("ZX").fee(3, extra=4)
    assert calls == {place(Plan.fee): [{"self": "Plan(code='ZX')", "weight": "3", "extra": "4"}]}


def test_what_has_no_source_is_left_out_with_its_call():
    with recording({place(shout): ["text"]}) as calls, contextlib.suppress(AttributeError):
        shout(object())
    assert calls == {place(shout): []}


def test_equal_calls_are_one_and_their_number_is_bounded():
    with recording({place(shout): ["text"]}) as calls:
        for number in range(50):
            shout(f"text {number // 2}")
    assert len(calls[place(shout)]) == MOST_CALLS
    assert calls[place(shout)][:2] == [{"text": "'text 0'"}, {"text": "'text 1'"}]


def test_what_a_strategy_of_the_tests_gave_is_noted():
    @settings(derandomize=True, database=None, deadline=None, max_examples=10)
    @given(st.sampled_from(["tea", "rice"]))
    def check(text):
        shout(text)

    with recording({place(shout): ["text"]}) as calls:
        check()
    assert sorted(row["text"] for row in calls[place(shout)]) == ["'rice'", "'tea'"]
