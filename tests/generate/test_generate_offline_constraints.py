"""Values within the limits that pydantic models state."""

import ast

import pytest
from test_generate_offline_generator import module_of

from pytest_llmgen.generate.offline.annotations import Annotations
from pytest_llmgen.generate.offline.constraints import limits_of
from pytest_llmgen.generate.offline.showing import is_explicit
from pytest_llmgen.generate.offline.world import survey
from pytest_llmgen.records import Observation
from pytest_llmgen.run.values import describe

SOURCE = """
from pydantic import BaseModel, Field, PositiveInt, conint, constr


class Customer(BaseModel):
    code: str = Field(pattern=r"^[A-Z]{2}-[0-9]{3}$")
    age: int = Field(ge=18, lt=130)
    note: constr(max_length=3) = ""


class Order(BaseModel):
    customer: Customer
    counts: list[PositiveInt] = Field(min_length=2)
"""


def sources(annotation):
    module = module_of("orders", SOURCE)
    return [term.source for term in Annotations(survey(module, {module.name: module})).terms_of_text(annotation)]


@pytest.mark.parametrize(
    ("annotation", "is_fit"),
    [
        ("Annotated[int, Field(ge=18, lt=130)]", lambda value: 18 <= value < 130),
        ("conint(gt=0, multiple_of=5)", lambda value: value > 0 and value % 5 == 0),
        ("PositiveInt", lambda value: value > 0),
        ("Annotated[float, Ge(2), Le(3)]", lambda value: 2 <= value <= 3),
        ("constr(min_length=3, max_length=5)", lambda value: 3 <= len(value) <= 5),
        ("Annotated[str, Field(max_length=1)]", lambda value: len(value) <= 1),
        ("Annotated[list[int], Field(min_length=2)]", lambda value: len(value) >= 2),
        ("Annotated[str, Field(pattern='^[A-Z]{2}$')]", lambda value: len(value) == 2 and value.isupper()),
    ],
)
def test_every_value_keeps_to_the_limits(annotation, is_fit):
    found = [ast.literal_eval(source) for source in sources(annotation)]
    assert found
    assert [value for value in found if not is_fit(value)] == []


def test_a_number_at_the_limit_is_among_the_values():
    assert {"18", "129"} <= set(sources("Annotated[int, Field(ge=18, lt=130)]"))


def test_limits_of_fields_reach_the_objects_that_are_made():
    first = sources("Order")[0]
    assert first.startswith("Order(customer=Customer(code='AA-")
    customer = ast.parse(first, mode="eval").body.keywords[0].value
    assert 18 <= ast.literal_eval(customer.keywords[1].value) < 130


def test_what_is_no_limit_is_not_taken_for_one():
    call = ast.parse("Field(default=3, ge=LOW, title='x')", mode="eval").body
    assert limits_of([call]) == {}


def test_a_model_is_written_as_the_call_that_makes_it():
    pydantic = pytest.importorskip("pydantic")

    class Point(pydantic.BaseModel):
        x: int
        y: int = 0

    Point.__qualname__ = "Point"
    globals()["Point"] = Point
    try:
        assert describe([Point(x=1), Point(x=2, y=3)]).source == "[Point(x=1), Point(x=2, y=3)]"
    finally:
        del globals()["Point"]


def test_a_message_that_names_a_version_is_not_asserted():
    told = "1 validation error\n  see https://errors.pydantic.dev/2.14/v/missing"
    seen = Observation("p", "raised", error_type="pydantic_core._pydantic_core.ValidationError", error_message=told)
    assert not is_explicit(seen, frozenset())
