"""Operators are written as operators, also those of the right side, and what they are not for is told."""

import pytest
from test_generate_offline_generator import candidates_of, module_of

MODULE = """
class Offset:
    def __init__(self, days=1):
        self.days = days

    def __rsub__(self, other):
        if not isinstance(other, int):
            return NotImplemented
        return other - self.days


class Words:
    def __init__(self, text):
        self.left = text.split()

    def __next__(self):
        return self.left.pop(0)
"""


@pytest.fixture(scope="module")
def text():
    return "\n".join(candidate.source for candidate in candidates_of(module_of("m", MODULE)))


@pytest.mark.parametrize(
    "shown",
    ["result = 3 - offset\n", 'with pytest.raises(TypeError):\n        "hello" - offset\n', "result = next(words)\n"],
)
def test_special_methods_are_called_as_a_reader_would(text, shown):
    assert shown in text
    assert "__(" not in text
