"""Floors rise to what was reached, cut to a tenth, and never fall."""

from __future__ import annotations

import tomllib
from dataclasses import replace

import pytest
from gate_facts import FULL, GOOD, INCONCLUSIVE, KILLED, SURVIVED
from gate_facts import accepted as gaps_of
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.ratchet import raise_floors, raised, why_not, written
from pytest_llmgen.records import Decisions, InvalidEntry, Metrics

TWO_THIRDS = Metrics((2, 3), (0, 0), (999, 1000), {KILLED: 999, SURVIVED: 1})


def test_floors_are_cut_to_a_tenth_and_nothing_of_nothing_is_no_floor():
    assert raised({}, TWO_THIRDS) == {"line": 66.6, "mutation": 99.9}


def test_a_floor_is_never_lowered():
    assert raised({"line": 66.6, "mutation": 99.8, "branch": 50.0}, TWO_THIRDS) == {"mutation": 99.9}
    assert raised({"line": 90.0, "mutation": 100.0}, TWO_THIRDS) == {}


@given(st.integers(0, 300), st.integers(1, 300), st.floats(0, 100))
def test_what_is_raised_is_above_its_floor_and_not_above_what_was_reached(part, more, floor):
    ratio = (part, part + more - 1 or 1)
    found = raised({"line": floor}, replace(TWO_THIRDS, lines=ratio)).get("line")
    assert found is None or (found > floor and 1000 * ratio[0] >= round(found * 10) * ratio[1])


FILE = """\
# Ours.
version = 1

[[accepted]]
id = "M-0x5ra8v"  # why not

[ratchet]  # floors
line = 50.0
mutation = 71.2  # of May
"""


def test_everything_else_in_the_file_stays():
    text = written(FILE, {"line": 66.6})
    assert text == FILE.replace("50.0", "66.6")
    assert tomllib.loads(written(FILE, {"branch": 1.5}))["ratchet"] == {"line": 50.0, "mutation": 71.2, "branch": 1.5}


def test_a_floor_of_the_file_is_not_lowered_whoever_asks():
    assert written(FILE, {"mutation": 50.0}) == FILE


def test_floors_are_raised_in_the_file_and_the_run_says_which(tmp_path):
    file = tmp_path / "llmgen-review.toml"
    facts = replace(GOOD, totals=replace(GOOD.totals, all=TWO_THIRDS), gaps=gaps_of(TWO_THIRDS), mutants_made=1000)
    assert raise_floors(facts, file, file.name) == "raised in llmgen-review.toml: line 66.6%, mutation 99.9%"
    assert tomllib.loads(file.read_text())["ratchet"] == {"line": 66.6, "mutation": 99.9}
    reached = replace(facts, decisions=Decisions(ratchet={"line": 66.6, "mutation": 99.9}))
    assert raise_floors(reached, file, file.name) == "the floors of llmgen-review.toml stay as they are"
    assert [path.name for path in tmp_path.iterdir()] == [file.name]


def test_an_incomplete_run_raises_nothing_and_says_why(tmp_path):
    file = tmp_path / "llmgen-review.toml"
    text = raise_floors(INCONCLUSIVE["partial run"][0], file, file.name)
    assert text.startswith("the floors of llmgen-review.toml were not raised: only a part of the suite ran")
    assert not file.exists()


def test_a_file_that_is_not_there_is_made():
    assert tomllib.loads(written("", {"line": 66.6})) == {"version": 1, "ratchet": {"line": 66.6}}


@pytest.mark.parametrize("text", ["version = ", "ratchet = 3\n"])
def test_a_file_that_is_not_understood_is_left_alone(text):
    with pytest.raises(LlmgenError) as caught:
        written(text, {"line": 1.0})
    assert caught.value.slug == "bad-review-file"


def test_floors_are_taken_from_a_complete_run_over_everything_only():
    assert why_not(replace(GOOD, totals=replace(GOOD.totals, all=FULL))) == ""
    assert why_not(replace(GOOD, run=replace(GOOD.run, scope="new"))) != ""
    assert why_not(replace(GOOD, decisions=Decisions(invalid=(InvalidEntry("f", 1, "p"),)))) != ""
    for name, (facts, _) in INCONCLUSIVE.items():
        if name not in ("base not found", "no mutants", "no judged mutants", "no statuses"):
            assert why_not(facts) != "", name
