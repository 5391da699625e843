"""The search hears what the code compares and proposes inputs for what was not seen yet; pure."""

from __future__ import annotations

import ast
import builtins
import textwrap
from types import SimpleNamespace

import pytest

from pytest_llmgen.generate.offline.climbing import Climber, knobs_of, with_knob
from pytest_llmgen.generate.offline.terms import OMITTED, Term, from_source
from pytest_llmgen.generate.offline.wiretap import wiretap
from pytest_llmgen.generate.offline.world import optional_fields, survey
from pytest_llmgen.records import Heard, Module
from pytest_llmgen.run.listening import listening

SOURCE = textwrap.dedent(
    """\
    def sort_of(n, unit="second", table={"a": 1}):
        hours = n // 3600
        if 0 < hours <= 24 and not (hours == 7):
            return "day"
        if unit.startswith("milli") or unit not in ("second", "minute"):
            return f"{n == 3}"
        return table.get(unit) or table[
            unit[0]
        ]
    """
)


def tapped():
    node = ast.parse(SOURCE).body[0]
    target = SimpleNamespace(key="m.py::sort_of", path="m.py", qualname="sort_of")
    return wiretap(SOURCE, node, target)


def run(function, *arguments):
    with listening() as listener:
        try:
            return function(*arguments), {(word, way) for _, word, way, *_ in listener.heard}
        except KeyError:
            return KeyError, {(word, way) for _, word, way, *_ in listener.heard}


def made(source):
    space = {}
    exec(source, space)
    return space["sort_of"]


def test_a_wiretap_keeps_lines_and_results():
    tap = tapped()
    changed = SOURCE[: tap.start] + tap.replacement + SOURCE[tap.end :]
    assert changed.count("\n") == SOURCE.count("\n")
    plain, told = made(SOURCE), made(changed)
    for arguments in [(0,), (3600,), (7 * 3600,), (10**6,), (0, "milli"), (0, "x"), (0, "minute"), (0, "a")]:
        assert run(told, *arguments)[0] == run(plain, *arguments)[0]


def test_comparisons_are_told_with_the_way_they_came_out():
    tap = tapped()
    told = made(SOURCE[: tap.start] + tap.replacement + SOURCE[tap.end :])
    assert run(told, 7 * 3600)[1] == {
        ("<", -1),
        ("<=", -1),
        ("==", 0),
        ("startswith", 1),
        ("not in", 0),
        ("get", 1),
        ("[]", 1),
    }
    assert ("startswith", 0) in run(told, 0, "millis")[1]
    assert not hasattr(builtins, "__llmgen_compared__")


def climbed(function, row, words, goal, rounds=12):
    """Let a climber see what the function tells until the goal is met; the inputs that were tried."""
    climber, tried = Climber(("1", "'s'")), [row]
    for number in range(rounds):
        rows = [row] if not number else climber.proposals()
        for each in rows:
            tried.append(each)
            heard = function(*(term.source for term in each))
            if heard is not None:
                climber.note(each, [heard])
                if goal(heard):
                    return tried
    raise AssertionError(f"not reached after {len(tried)} inputs")


@pytest.mark.parametrize("wanted", [24, 1, 300])
def test_a_number_follows_its_slope_to_where_both_sides_are_equal(wanted):
    def hours(n, _unit):
        value = round(float(n) / 3600)
        apart = value - wanted
        return Heard(0, "<", (apart > 0) - (apart < 0), apart, value, wanted)

    tried = climbed(hours, (from_source("40000"), OMITTED), {}, lambda heard: heard.way == 0)
    assert len(tried) < 120


def test_a_text_becomes_the_one_it_is_compared_with_in_the_case_that_fits():
    def unit(_n, text):
        value = ast.literal_eval(text or "'s'").upper()
        return Heard(0, "==", int(value != "MILLI"), 3.0, value, "MILLI")

    tried = climbed(unit, (from_source("1"), OMITTED), {}, lambda heard: heard.way == 0)
    assert ast.literal_eval(tried[-1][1].source).upper() == "MILLI"


def test_every_key_of_a_table_is_tried():
    climber = Climber()
    row = (from_source("'a'"),)
    climber.note(row, [Heard(0, "[]", 0, 0.0, "a", ["a", "b", "c"])])
    assert {term.source for (term,) in climber.proposals()} >= {"'b'", "'c'"}


def test_knobs_are_the_plain_values_of_an_expression_and_of_the_steps_behind_it():
    term = Term("Cart(3, name='x')", steps=(".add(-2)", "['k'] = 4"))
    values = [knob.value for knob in knobs_of((term,)) if knob.kind != "size"]
    assert values == [3, "x", -2, 4, "k"] or sorted(map(str, values)) == sorted(map(str, [3, "x", -2, 4, "k"]))
    last = next(knob for knob in knobs_of((term,)) if knob.value == 4)
    assert with_knob((term,), last, 9)[0].steps == (".add(-2)", "['k'] = 9")


def test_what_lies_in_the_tests_own_folder_has_no_knobs():
    term = Term("str(data_file)", fixtures=("tmp_path",))
    assert knobs_of((term,)) == []


def test_a_letter_becomes_the_one_whose_code_is_compared():
    climber = Climber()
    climber.note((from_source("'ax'"),), [Heard(0, "<=", -1, -2.0, 120, 122)])
    assert any("z" in ast.literal_eval(term.source) for (term,) in climber.proposals())


def test_a_letter_comes_as_often_as_it_is_counted():
    climber = Climber()
    climber.note((from_source("'file1.txt'"),), [Heard(0, ">", -1, -2.0, 1, 3)])
    assert {"'file111.txt'", "'file1111.txt'"} <= {term.source for (term,) in climber.proposals()}


def test_keys_of_a_dictionary_stay():
    assert [knob.value for knob in knobs_of((from_source("{'width': 3}"),))] == [3]


def test_a_named_option_stays_one_when_its_number_is_set():
    option = Term("width=80")
    (number,) = [knob for knob in knobs_of((option,)) if knob.kind == "number"]
    changed = with_knob((option,), number, 99)
    assert changed is not None
    assert changed[0].source == "width=99"


FIELDS = """
from dataclasses import dataclass

@dataclass
class Address:
    street: str
    floor: int = 0

@dataclass
class Parcel:
    address: Address
    grams: int = 100
    fragile: bool = False
    note: str = ""

def postage(parcel):
    return 1 if parcel.grams <= 1000 and not parcel.fragile and parcel.address.floor < 4 else 2
"""


def fields():
    tree = ast.parse(FIELDS)
    return optional_fields(survey(Module("post.py", "post", ".", FIELDS), {}), [tree.body[-1]])


def test_what_a_constructor_may_leave_out_is_told_where_the_code_reads_it_and_it_is_a_number_or_a_text():
    assert fields() == {"Address": [("floor", 1, "0")], "Parcel": [("grams", 1, "100")]}


@pytest.mark.parametrize(
    ("source", "grams", "wanted"),
    [
        ("Parcel(Address('x'))", 100, "Parcel(Address('x', floor=0), grams=1001)"),
        ("Parcel(Address('x', 3), 20)", 20, "Parcel(Address('x', 3), 1001)"),
        ("Parcel(Address('x', floor=3), grams=20)", 20, "Parcel(Address('x', floor=3), grams=1001)"),
    ],
)
def test_a_field_that_an_argument_leaves_out_is_set_towards_a_comparison(source, grams, wanted):
    climber = Climber(optional=fields())
    term = from_source(source)
    climber.note((term,), [Heard(5, "<=", -1, grams - 1000, grams, 1000)])
    assert wanted in {row[0].source for row in climber.proposals()}
