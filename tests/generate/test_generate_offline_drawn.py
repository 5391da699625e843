"""Values from Hypothesis strategies as inputs: of types that nothing else is known of, and of the project's tests."""

from __future__ import annotations

from test_generate_offline_generator import InProcessProber, assignments_of, module_of

from pytest_llmgen.generate.offline.drawn import of_strategies, of_types, unknown_types
from pytest_llmgen.generate.offline.generator import OfflineGenerator
from pytest_llmgen.generate.offline.grounds import Sight
from pytest_llmgen.generate.offline.planning import plan_of
from pytest_llmgen.generate.offline.surroundings import Surroundings
from pytest_llmgen.generate.offline.terms import from_source
from pytest_llmgen.records import Observation, Strategy, Value

RETRY = '''
import http
from collections.abc import Callable
from datetime import date
from http import HTTPStatus

from requests import Session


class Rule:
    def __init__(self, least: int):
        self.least = least


def should_retry(status: HTTPStatus, day: "date", rule: Rule, wait: Callable[[], None], tries: int = 3) -> bool:
    """Whether to ask again."""
    return status is HTTPStatus.TOO_MANY_REQUESTS


def is_safe(method: "http.HTTPMethod", session: Session) -> bool:
    return method.name == "GET"
'''


class Answering:
    """A prober that has drawn these rows of each type or strategy, whatever is asked."""

    def __init__(self, *rows):
        self.rows, self.asked = rows, []

    def probe(self, probes, timeout=2.0):
        self.asked += probes
        return [Observation(probe.id, "returned", Value("builtins.list", repr(list(self.rows)))) for probe in probes]


def test_only_types_that_no_value_can_be_made_of_are_asked_for():
    module = module_of("web", RETRY)
    assert unknown_types(module, {"web": module}) == {
        "HTTPStatus": "from http import HTTPStatus",
        "http.HTTPMethod": "import http",
        "Session": "from requests import Session",
    }


def test_the_members_that_the_code_names_are_asked_for():
    prober = Answering()
    of_types(prober, {"HTTPStatus": "from http import HTTPStatus"}, RETRY)
    assert prober.asked[0].expression == "of_type(HTTPStatus, ['TOO_MANY_REQUESTS'])"


def test_what_is_registered_goes_by_the_name_of_the_type_and_the_rest_by_that_of_the_value():
    row = ("shop.Money", ("from shop import Money",), ["Money(3)"])
    strategies = [Strategy("tests/a.py", "Slot", "Slot", is_registered=True), Strategy("tests/a.py", "moneys()")]
    money = from_source("Money(3)", ("from shop import Money",))
    assert of_strategies(Answering(row), strategies) == {"Slot": [money], "Money": [money]}


def test_plain_values_of_a_strategy_say_nothing_of_a_type():
    assert of_strategies(Answering(("builtins.int", (), ["3"])), [Strategy("tests/a.py", "small()")]) == {}


def test_drawn_values_stand_beside_those_that_are_made_up():
    module = module_of("web", RETRY)
    drawn = {"Rule": [from_source("Rule(7)")], "HTTPStatus": [from_source("HTTPStatus.OK")]}
    plan = plan_of(assignments_of(module)[1], {"web": module}, Sight(drawn=drawn))
    assert plan.pools[0][0].source == "HTTPStatus.OK"
    assert {"Rule(7)", "Rule(3)"} <= {term.source for term in plan.pools[2][:3]}


def test_a_test_calls_the_function_with_a_value_that_only_hypothesis_knows():
    module = module_of("web", RETRY.replace("from requests import Session\n", "").replace(", session: Session", ""))
    assignments = {each.target.name: each for each in assignments_of(module)}
    generator = OfflineGenerator(InProcessProber([module]), 1, clock=lambda: 0.0)
    (reply,) = generator.generate([assignments["is_safe"]])
    assert any("assert is_safe(HTTPMethod.GET) is True" in each.source for each in reply.candidates)


def test_without_such_types_nothing_is_drawn():
    prober = Answering()
    plain = assignments_of(module_of("plain", "def twice(number: int) -> int:\n    return 2 * number\n"))[0]
    assert Surroundings(prober, tuple).seen_from(plain, {}).drawn == {}
    assert not [probe for probe in prober.asked if "hypothesis" in probe.setup]
