"""Evidence from really measured code: coverage runs in a process of its own, once for all tests."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from pytest_llmgen.records import FileLines, Hits

SOURCE = '''\
"""A shop."""

import os

LIMIT = 3


class Cart:
    def total(self, items, minimum=1):
        """Add it up."""
        result = 0
        for item in items:
            if item >= minimum:
                result += item
            elif (
                item < 0
            ):
                raise ValueError(
                    "negative",
                )
        return result

    def _never(self):
        if LIMIT:
            return 1
        return 2


def guarded(text):
    try:
        value = int(text)
    except ValueError:
        value = 0
        value += 1
    while value > 10:
        value -= 1
    return value


def early(flag):
    check(flag)
    return LIMIT


def check(flag):
    if flag:
        raise KeyError(flag)


def match_it(x):
    match x:
        case 1:
            return "one"
        case _:
            return "other"


if os.environ.get("NEVER_SET_HERE"):
    LIMIT = 4
'''
USE = """
import contextlib
cart = Cart()
cart.total([1, 2])
guarded("3")
with contextlib.suppress(KeyError):
    early(True)
match_it(1)
"""
SCRIPT = """
import json, sys, coverage
from coverage.parser import PythonParser
path, use = sys.argv[1:]
cov = coverage.Coverage(data_file=None, branch=True, config_file=False)
cov.start()
space = {}
exec(compile(open(path).read(), path, "exec"), space)
exec(use, space)
cov.stop()
analysis = cov._analyze(path)
parser = PythonParser(filename=path)
parser.parse_source()
possible = [a for a in sorted(analysis.arc_possibilities) if a[0] in set(analysis._branch_lines())]
ran = sorted(set(analysis.arcs_executed))
print(json.dumps({
    "statements": sorted(analysis.statements), "branches": possible, "arcs": ran,
    "lines": sorted(analysis.executed), "first": {n: parser.first_line(n) for n in range(1, 80)},
}))
"""


@pytest.fixture(scope="session")
def source():
    return SOURCE


@pytest.fixture(scope="session")
def measured(tmp_path_factory):
    path = tmp_path_factory.mktemp("shop") / "cart.py"
    path.write_text(SOURCE)
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(path), USE], check=True, capture_output=True, text=True, cwd=path.parent
    )
    data = json.loads(done.stdout)
    first = {int(line): start for line, start in data["first"].items() if int(line) != start}
    file = FileLines(
        "shop/cart.py",
        frozenset(data["statements"]),
        frozenset(map(tuple, data["branches"])),
        first_line=first,
    )
    return file, Hits(frozenset(data["lines"]), frozenset(map(tuple, data["arcs"])))
