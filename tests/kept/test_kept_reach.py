"""Which tests a change concerns: each change must concern exactly the tests that could see it."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_llmgen.kept.project import Project
from pytest_llmgen.kept.reach import Reaches

FILES = {
    "pkg/__init__.py": "",
    "pkg/core.py": """\
import functools
from pkg.base import Base

RATE = 3


def half(number):
    return quarter(number) * 2


def quarter(number):
    return number / 4


def scaled(number, rate=RATE):
    return number * rate


@functools.lru_cache
def cached(number):
    return number


class Shape(Base):
    sides = 4

    def area(self):
        return self.edge() ** 2
""",
    "pkg/base.py": "class Base:\n    def edge(self):\n        return 2\n",
    "pkg/rules.py": """\
RULES = {}


def rule(function):
    RULES[function.__name__] = function
    return function


@rule
def strict(value):
    return value == 1


def apply(name, value):
    return RULES[name](value)
""",
    "pkg/late.py": "def chosen(name):\n    return getattr(late_two, name)()\n\n\ndef late_two():\n    return 2\n",
    "tests/conftest.py": """\
import pytest


@pytest.fixture
def number():
    return 8


@pytest.fixture(autouse=True)
def always():
    return None


def unused_helper():
    return 1
""",
    "tests/helpers.py": "def check(a, b):\n    assert same(a, b)\n\n\ndef same(a, b):\n    return a == b\n",
    "tests/test_core.py": """\
import pytest
from pkg import core
from pkg.core import Shape
from helpers import check


@pytest.mark.parametrize("given", [4, 8])
def test_half(given):
    assert core.half(given)


def test_quarter():
    check(core.quarter(4), 1)


def test_scaled(number):
    assert core.scaled(number) == 24


def test_shape():
    assert Shape().area() == 4
""",
    "tests/test_rules.py": "from pkg.rules import apply\n\n\ndef test_rule():\n    assert apply('str' + 'ict', 1)\n",
    "tests/test_late.py": "from pkg.late import chosen\n\n\ndef test_late():\n    assert chosen('co' + 'py')\n",
}
TESTS = {
    "half": "tests/test_core.py::test_half[4]",
    "quarter": "tests/test_core.py::test_quarter",
    "scaled": "tests/test_core.py::test_scaled",
    "shape": "tests/test_core.py::test_shape",
    "rule": "tests/test_rules.py::test_rule",
    "late": "tests/test_late.py::test_late",
}
CORE = {"half", "quarter", "scaled", "shape"}
ALL = frozenset(TESTS)


def digests(files: Mapping[str, str]) -> dict[str, str]:
    tests = frozenset(path for path in files if "/test_" in path)
    project = Project(tuple(sorted(files)), files.__getitem__, tests)
    found = Reaches(project)
    reaches = {name: found.of(nodeid) for name, nodeid in TESTS.items()}
    return {name: reach.digest if reach else "none" for name, reach in reaches.items()}


def concerned(changed: Mapping[str, str]) -> set[str]:
    before, after = digests(FILES), digests({**FILES, **changed})
    return {name for name in TESTS if before[name] != after[name]}


def edit(path: str, old: str, new: str) -> dict[str, str]:
    assert old in FILES[path]
    return {path: FILES[path].replace(old, new)}


@pytest.mark.parametrize(
    ("what", "changed", "expected"),
    [
        ("nothing", {}, set()),
        ("a function", edit("pkg/core.py", "number / 4", "number / 5"), {"half", "quarter"}),
        ("a function that nobody calls", edit("pkg/core.py", "    return number\n", "    return -number\n"), set()),
        ("a default value", edit("pkg/core.py", "rate=RATE", "rate=RATE + 1"), {"scaled"}),
        ("a constant", edit("pkg/core.py", "RATE = 3", "RATE = 4"), CORE),
        ("a class attribute", edit("pkg/core.py", "sides = 4", "sides = 5"), {"shape"}),
        ("a base class", edit("pkg/base.py", "return 2", "return 3"), {"shape"}),
        ("a decorator", edit("pkg/core.py", "@functools.lru_cache\n", ""), set()),
        ("code that is found by name", edit("pkg/rules.py", "value == 1", "value == 2"), {"rule"}),
        ("code that only a computed name reaches", edit("pkg/late.py", "return 2", "return 3"), {"late"}),
        ("a helper of tests", edit("tests/helpers.py", "a == b", "a is b"), {"quarter"}),
        ("a fixture", edit("tests/conftest.py", "return 8", "return 9"), {"scaled", "late"}),
        ("an autouse fixture", edit("tests/conftest.py", "return None", "return 0"), set(ALL)),
        ("a function of a conftest that nobody calls", edit("tests/conftest.py", "return 1\n", "return 2\n"), {"late"}),
        ("a line of a conftest", edit("tests/conftest.py", "import pytest\n", "import pytest\nX = 1\n"), set(ALL)),
        ("a parametrize list", edit("tests/test_core.py", "[4, 8]", "[4, 9]"), {"half"}),
        ("a test", edit("tests/test_core.py", "== 24", "== 25"), {"scaled"}),
        ("a new test file", {"tests/test_new.py": "def test_new():\n    assert True\n"}, set()),
        ("a new test file that acts when it is imported", {"tests/test_new.py": "import os\nos.umask(0)\n"}, set(ALL)),
        ("a new conftest", {"conftest.py": "X = 1\n"}, set(ALL)),
        ("a module that hides another", {"functools.py": "lru_cache = None\n"}, CORE),
        ("a blank line above", edit("pkg/core.py", "RATE = 3", "\nRATE = 3"), set()),
        (
            "a function of a name that is in use",
            {"pkg/base.py": FILES["pkg/base.py"] + "def half():\n    pass\n"},
            {"half"},
        ),
        ("a file that is no Python any more", {"pkg/base.py": "class Base(:\n"}, set(ALL)),
    ],
)
def test_a_change_concerns_exactly_the_tests_that_could_see_it(
    what: str, changed: dict[str, str], expected: set[str]
) -> None:
    assert concerned(changed) == expected, what


def test_a_test_in_no_python_file_has_no_reach() -> None:
    project = Project(tuple(FILES), FILES.__getitem__)
    assert Reaches(project).of("README.rst::README.rst") is None


def test_a_name_that_is_no_function_of_its_file_has_all_of_the_text_in_reach() -> None:
    project = Project(tuple(FILES), FILES.__getitem__)
    reach = Reaches(project).of("pkg/core.py::pkg.core.half")
    assert reach is not None
    assert reach.is_whole


@settings(max_examples=60, deadline=None)
@given(
    calls=st.lists(st.sets(st.integers(0, 5)), min_size=6, max_size=6),
    changed=st.integers(0, 5),
    start=st.integers(0, 5),
)
def test_whatever_a_call_graph_is_a_change_of_a_function_in_reach_is_noticed(
    calls: list[set[int]], changed: int, start: int
) -> None:
    def text(version: int) -> str:
        bodies = [
            f"def f{n}():\n    return {version if n == changed else 0}, {[f'f{c}' for c in sorted(called)]}\n".replace(
                "'", ""
            )
            for n, called in enumerate(calls)
        ]
        return "\n\n".join(bodies)

    def digest(version: int) -> str | None:
        files = {"m.py": text(version), "test_m.py": f"from m import f{start}\ndef test_it():\n    assert f{start}()\n"}
        reach = Reaches(Project(tuple(files), files.__getitem__, frozenset({"test_m.py"}))).of("test_m.py::test_it")
        return reach.digest if reach else None

    reached, waiting = set(), [start]
    while waiting:
        if (n := waiting.pop()) not in reached:
            reached.add(n)
            waiting += calls[n]
    assert (digest(0) != digest(1)) == (changed in reached)
