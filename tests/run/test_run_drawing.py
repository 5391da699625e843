"""Values of types that are known by name alone, and of strategies in the project's tests: the same each time."""

from __future__ import annotations

import http
import sys
import types

from hypothesis import strategies as st
from packaging.version import Version

from pytest_llmgen.run import drawing
from pytest_llmgen.run.typed import of_type

PLACES = """
from hypothesis import strategies as st
from packaging.version import Version


class Parcel:
    def __init__(self, weight, label="plain"):
        self.weight = weight


class Odd:
    pass


@st.composite
def versions(draw):
    return Version(f"{draw(st.integers(1, 9))}.{draw(st.integers(0, 9))}")


@st.composite
def breaking(draw):
    if draw(st.integers(0, 3)) == 3:
        raise OSError("no")
    return Version("7.1")
"""


def drawn(expression):
    """What a strategy gives in a test file of a project."""
    module = sys.modules["test_places"] = types.ModuleType("test_places")
    module.__file__ = "/project/tests/test_places.py"
    try:
        exec(PLACES, module.__dict__)
        return drawing.of_project("tests/test_places.py", expression)
    finally:
        del sys.modules["test_places"]


def test_members_that_the_code_names_come_first_and_others_from_all_over():
    ((name, imports, sources),) = of_type(http.HTTPStatus, ["NOT_FOUND"])
    assert (name, imports) == ("http.HTTPStatus", ("from http import HTTPStatus",))
    assert sources[0] == "HTTPStatus.NOT_FOUND"
    assert {http.HTTPStatus[each.partition(".")[2]].value // 100 for each in sources} == {1, 2, 3, 4, 5}


def test_a_service_is_not_made():
    class Client:
        def __init__(self):
            raise AssertionError("was made")

    assert of_type(Client) == []


def test_values_are_written_as_the_text_that_their_class_reads_and_are_the_same_each_time():
    ((name, imports, sources),) = drawn("versions()")
    assert (name, imports) == ("packaging.version.Version", ("from packaging.version import Version",))
    assert len(sources) == len(set(sources)) > 3
    assert all(Version(eval(source).public) == eval(source) for source in sources)
    assert drawn("versions()") == [(name, imports, sources)]


def test_an_object_without_equality_is_written_as_the_call_that_built_it():
    ((_, imports, sources),) = drawn("st.builds(Parcel, st.integers(1, 9))")
    assert imports == ("from test_places import Parcel",)
    assert sources[0] in {f"Parcel({weight})" for weight in range(1, 10)}


def test_what_says_nothing_to_a_reader_is_left_out():
    assert drawn("st.integers().map(lambda number: Odd())") == []


def test_a_strategy_that_breaks_down_keeps_what_it_gave_before():
    assert drawn("breaking()") == [
        ("packaging.version.Version", ("from packaging.version import Version",), ["Version('7.1')"])
    ]


def test_a_strategy_of_a_file_that_is_not_loaded_gives_nothing():
    assert drawing.of_project("tests/test_elsewhere.py", "st.integers()") == []


def test_a_registered_strategy_is_asked_for_by_its_type():
    slot = types.new_class("Slot", (str,))
    st.register_type_strategy(slot, st.sampled_from(["A1", "P2"]).map(str))
    module = sys.modules["test_slots"] = types.ModuleType("test_slots")
    module.__file__, module.Slot = "/project/tests/test_slots.py", slot
    try:
        ((name, _, sources),) = drawing.of_project("tests/test_slots.py", "Slot", is_registered=True)
    finally:
        del sys.modules["test_slots"]
    assert (name, sorted(sources)) == ("builtins.str", ["'A1'", "'P2'"])
