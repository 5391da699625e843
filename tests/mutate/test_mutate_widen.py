"""A mutant of code that ran at import meets tests even where no test file names its module."""

from __future__ import annotations

import pytest

from pytest_llmgen.mutate.widen import Widening
from pytest_llmgen.records import FileLines, Hits, Mutant, MutantJob, Region

SETTINGS = "site/settings.py"
SECONDS = {"tests/test_a.py::test_a": 0.2, "tests/test_b.py::test_b": 0.1}
FILES = {SETTINGS: FileLines(SETTINGS, frozenset({1, 2}), frozenset())}


@pytest.mark.parametrize(
    ("reaching", "met", "line", "tests"),
    [
        ((), (), 1, ("tests/test_b.py::test_b", "tests/test_a.py::test_a")),  # a plugin has imported it
        (("tests/test_a.py",), (), 1, ("tests/test_a.py::test_a",)),
        ((), ("tests/test_a.py::test_a",), 1, None),
        ((), (), 2, None),  # ran in no import
    ],
)
def test_the_tests_that_a_survivor_still_has_to_meet(reaching, met, line, tests) -> None:
    known = ("tests/test_a.py", "tests/test_b.py")
    widening = Widening(FILES, {SETTINGS: Hits(frozenset({1}))}, SECONDS, lambda _path: (reaching, known))
    region = Region(line, 1, line, 2)
    mutant = Mutant("m", SETTINGS, "", "<module>", "number", 4, 5, "1", "2", "2", region, line=line)
    job = widening.wider(MutantJob(mutant, met, 1.0))
    assert (job and job.tests) == tests
