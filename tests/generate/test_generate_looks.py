"""What a second look says of a suspected bug."""

from __future__ import annotations

import pytest

from pytest_llmgen.generate.looks import look_of
from pytest_llmgen.records import Opinion

DOC = """Split it.

    Raises ValueError where
    ``parts`` is less than 1.
    """
TEXT = """Case against: Nobody splits among no parts;
the division says so itself.
Promise: Raises ValueError where ``parts`` is less than 1.
Verdict: bug.
"""


def test_the_three_parts_are_read():
    look = look_of(TEXT, DOC)
    assert look is not None
    assert look.opinion is Opinion.BUG
    assert look.case_against == "Nobody splits among no parts; the division says so itself."
    assert look.quote == "Raises ValueError where ``parts`` is less than 1."


@pytest.mark.parametrize(
    ("verdict", "opinion"),
    [
        ("Verdict: not a bug", Opinion.NOT_A_BUG),
        ("**Verdict:** Not a bug, since the words allow it.", Opinion.NOT_A_BUG),
        ("- verdict: *unclear*", Opinion.UNCLEAR),
        ("## Verdict: a bug", Opinion.BUG),
        ("Verdict: bug, not the test", Opinion.BUG),
        ("Verdict: bug or not\nVerdict: no bug", Opinion.NOT_A_BUG),
    ],
)
def test_a_verdict_is_read_however_it_is_dressed(verdict, opinion):
    look = look_of(f"Case against: none.\n{verdict}\n", DOC)
    assert look is not None
    assert look.opinion is opinion


@pytest.mark.parametrize("text", ["", "It is a bug.", "Verdict:", "Verdict: maybe", "```python\nassert True\n```"])
def test_a_reply_without_a_verdict_is_none(text):
    assert look_of(text, DOC) is None


@pytest.mark.parametrize("promise", ["none", "None.", "Returns 0 for no parts.", ""])
def test_a_promise_that_the_documentation_does_not_make_is_dropped(promise):
    look = look_of(f"Promise: {promise}\nVerdict: bug", DOC)
    assert look is not None
    assert look.quote == ""


def test_a_long_case_is_cut():
    look = look_of(f"Case against: {'so ' * 1000}\nVerdict: unclear", DOC)
    assert look is not None
    assert len(look.case_against) <= 600
