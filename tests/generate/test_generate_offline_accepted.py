"""Accepted tests give their inputs, however they hold them."""

from __future__ import annotations

import pytest

from pytest_llmgen.generate.offline.accepted import inlined


@pytest.mark.parametrize(
    ("source", "calls"),
    [
        ('def test_a():\n    assert f("x") == 1\n', ["f('x')"]),
        ('def test_a():\n    text = "x"\n    result = f(text)\n    assert result == 1\n', ["f('x')"]),
        ('@pytest.mark.parametrize("text", ["x", "y"])\ndef test_a(text):\n    assert f(text)\n', ["f('x')", "f('y')"]),
        (
            (
                '@pytest.mark.parametrize(("a", "b"), [(1, 2), pytest.param(3, 4, id="z")])\n'
                "def test_a(a, b):\n    assert f(a) == b\n"
            ),
            ["f(1)", "f(3)"],
        ),
        ("def test_a(:", []),
    ],
)
def test_calls_have_the_values_of_tables_and_assignments(source, calls):
    found = "\n".join(inlined([source]))
    assert [call for call in calls if call not in found] == []
    assert found.count("f(") == len(calls)
