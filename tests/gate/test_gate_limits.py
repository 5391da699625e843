"""Limits of single paths: what is understood, what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.limits import PathLimit, limits_of, parse_path_limits
from pytest_llmgen.settings import defaults


def test_a_line_may_hold_several_conditions_of_one_glob():
    lines = ["shop/legacy/** new-mutants=50 new-gaps=3", "shop/money.py all-mutants=95.5"]
    assert parse_path_limits(lines) == (
        PathLimit("shop/legacy/**", "new-mutants", 50.0),
        PathLimit("shop/legacy/**", "new-gaps", 3.0),
        PathLimit("shop/money.py", "all-mutants", 95.5),
    )


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("shop/**", "names no condition"),
        ("shop/** bugs=3", "bugs is no condition of a path"),
        ("shop/** new-mutants", "nothing is no number"),
        ("shop/** new-mutants=half", "half is no number"),
        ("shop/** new-mutants=nan", "nan is no number"),
        ("shop/** new-mutants=-1", "-1 is no limit of new-mutants"),
        ("shop/** new-gaps=1.5", "1.5 is no limit of new-gaps"),
        ("shop/** new-gaps=-2", "-2 is no limit of new-gaps"),
        ("a new-gaps=1 new-gaps=2", "is there twice"),
    ],
)
def test_what_is_no_limit_is_refused_with_an_example(line, why):
    with pytest.raises(LlmgenError) as caught:
        parse_path_limits([line])
    assert caught.value.slug == "bad-path-limit"
    assert why in str(caught.value)
    assert "shop/legacy/** new-mutants=50" in str(caught.value)


@pytest.mark.parametrize(
    ("glob", "path", "is_meant"),
    [
        ("shop/legacy/**", "shop/legacy/a/b.py", True),
        ("shop/legacy/**", "shop/legacy2/a.py", False),
        ("shop/*.py", "shop/a.py", True),
        ("**", "any/where.py", True),
        ("money.py", "shop/money.py", True),
        ("shop/money.py", "other/shop/money.py", False),
    ],
)
def test_which_files_a_glob_names(glob, path, is_meant):
    assert PathLimit(glob, "new-gaps", 0).names(path) is is_meant


def test_limits_come_from_the_settings():
    limits = limits_of(defaults(Path(), gate_ratchet=True, gate_paths=("a/** new-gaps=1",)))
    assert (limits.ratchet, limits.paths) == (True, (PathLimit("a/**", "new-gaps", 1.0),))
