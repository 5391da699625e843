"""Where values come from: annotations, use, literals, documentation, regular expressions."""

from __future__ import annotations

import ast
import random
import re

import pytest

from pytest_llmgen.generate.offline import docs, inputs, literals, mutations, regexes, usage
from pytest_llmgen.generate.offline.annotations import Annotations
from pytest_llmgen.generate.offline.code import Parameter, find_function, helpers_of, parameters
from pytest_llmgen.generate.offline.collaborators import Collaborators
from pytest_llmgen.generate.offline.terms import from_source, literal
from pytest_llmgen.generate.offline.world import World, survey
from pytest_llmgen.records import Module


def function(source):
    return ast.parse(source).body[0]


def sources(annotation, world=None):
    return [term.source for term in Annotations(world or World()).terms_of_text(annotation)]


@pytest.mark.parametrize(
    ("annotation", "first", "wanted"),
    [
        ("int", "3", {"0", "-1"}),
        ("float", "1.5", {"0.0", "-1.5"}),
        ("str", "'hello'", {"''"}),
        ("bytes", "b'abc'", {"b''"}),
        ("bool", "True", {"False"}),
        ("Decimal", "Decimal('12.50')", {"Decimal('0')"}),
        ("datetime.date", "date(2024, 1, 31)", {"date(2024, 2, 29)"}),
        ("str | None", "'hello'", {"None", "''"}),
        ("Optional[int]", "3", {"None"}),
        ("Literal['a', 'b']", "'a'", {"'b'"}),
        ("list[int]", "[3, 1, 2]", {"[]", "[3]"}),
        ("Sequence[str]", "['hello', 'a', 'hello world']", {"[]"}),
        ("dict[str, int]", "{'hello': 3, 'a': 1}", {"{}"}),
        ("tuple[int, str]", "(3, 'hello')", set()),
        ("tuple[int, ...]", "(3, 1, 2)", {"()"}),
        ("set[int]", "{3, 1, 2}", {"set()"}),
        ("frozenset[int]", "frozenset([3, 1, 2])", {"frozenset([])"}),
        ("Callable[[int, int], int]", "lambda value, other: value", set()),
        ("Callable[..., bool]", "lambda value: True", {"lambda value: False"}),
        ("Iterator[int]", "iter([3, 1, 2])", {"iter([])"}),
        ("Path", "text_file", {"tmp_path"}),
        ("'int'", "3", {"0"}),
        ("Annotated[int, 'note']", "3", {"0"}),
    ],
)
def test_an_annotation_gives_typical_values_first_and_boundaries(annotation, first, wanted):
    found = sources(annotation)
    assert found[0] == first
    assert wanted <= set(found)


@pytest.mark.parametrize("annotation", ["socket.socket", "list[", "Unheard"])
def test_an_annotation_that_means_nothing_here_gives_no_value(annotation):
    assert sources(annotation) == []


CLASSES = """
from __future__ import annotations
import enum
from dataclasses import dataclass, field
from typing import NewType, TypedDict

UserId = NewType("UserId", int)

class Size(enum.Enum):
    SMALL = 1
    LARGE = 2

class Options(TypedDict):
    name: str

@dataclass
class Point:
    x: int
    y: int = 0
    tags: list[str] = field(default_factory=list)

class Segment:
    def __init__(self, start: Point, end: Point):
        self.start = start

class Knot:
    def __init__(self, other: Knot):
        self.other = other
"""


@pytest.mark.parametrize(
    ("annotation", "first"),
    [
        ("Size", "Size.SMALL"),
        ("Point", "Point(3)"),
        ("Segment", "Segment(Point(3), Point(3))"),
        ("list[Size]", "[Size.SMALL, Size.LARGE, Size.LARGE]"),
        ("Options", "{'name': 'hello'}"),
        ("UserId", "3"),
    ],
)
def test_classes_of_the_project_are_built_through_their_constructors(annotation, first):
    assert sources(annotation, survey(Module("m.py", "m", ".", CLASSES), {}))[0] == first


def test_a_class_that_needs_itself_is_given_a_stand_in():
    assert sources("Knot", survey(Module("m.py", "m", ".", CLASSES), {})) == ["Knot(knot)"]


def test_imports_of_a_term_reach_the_class_where_it_is_defined():
    other = Module("shop/size.py", "shop.size", ".", "import enum\nclass Size(enum.Enum):\n    BIG = 1\n")
    module = Module("shop/cart.py", "shop.cart", ".", "from .size import Size\n")
    (term,) = Annotations(survey(module, {"shop.size": other})).terms_of_text("Size")
    assert (term.source, term.imports) == ("Size.BIG", ("from shop.size import Size",))


@pytest.mark.parametrize(
    ("body", "likeliest"),
    [
        ("return p.strip()", "str"),
        ("return p['a'] + p.get('b')", "dict[Literal['a', 'b'], int | str]"),
        ("return p > 3", "int"),
        ("return p == 'x'", "str"),
        ("return [q.upper() for q in p]", "list[str]"),
        ("return {a: b for a, b in p}", "list[tuple[int, int]]"),
        ("return p.items()", "dict[str, int]"),
        ("return isinstance(p, bytes)", "bytes"),
        ("return p(1)", "Callable"),
        ("return range(p)", "int"),
        ("return p % 2", "int"),
        ("return '%s' % p", None),
        ("return re.sub('a', 'b', p)", "str"),
        ("p.append(1)", "list[int]"),
        ("return PATTERN.sub('-', p)", "str"),
        ("return p.groups()", "re.Match"),
        ("return {key: set(own) for key, own in p.items() if len(own)}", "dict[str, list[str]]"),
        ("return [each['name'] for each in p]", "list[dict[Literal['name'], int | str]]"),
        ("return [cell.strip() for row in p for cell in row]", "list[list[str]]"),
        ("return [line.upper() for rank, line in enumerate(p)]", "list[str]"),
        ("return p[key] if key in p else None", "dict[str, int]"),
    ],
)
def test_the_use_of_a_parameter_tells_its_type(body, likeliest):
    found = usage.guess("p", function(f"def f(p):\n    {body}"))
    assert (found[0] if found else None) == likeliest or (likeliest is None and found == ["str"])


@pytest.mark.parametrize(("name", "kind"), [("numbers", "list[int]"), ("title", "str"), ("count", "int")])
def test_the_name_of_a_parameter_counts_where_its_use_says_nothing(name, kind):
    assert usage.guess(name, function(f"def f({name}):\n    return None"))[0] == kind


def test_what_may_be_anything_is_first_a_number_or_a_text_wherever_it_stands():
    names = ("one", "two", "three", "four", "five", "six")
    anything = Annotations(World())
    firsts = [
        inputs.pool(Parameter(name, annotation=ast.Name("Any")), anything, inputs.Sources(), rank)[0].source
        for rank, name in enumerate(names)
    ]
    assert {type(ast.literal_eval(first)) for first in firsts} <= {int, float, str}
    assert len(set(firsts)) > 2


def test_literals_come_with_their_neighbours_and_through_constants():
    node = function('def f(n):\n    """Not 7."""\n    return n > LIMIT or n == 90')
    found = literals.literals_of(node, {"LIMIT": ast.parse("10", mode="eval").body})
    assert found == [10, 90]
    assert [term.source for term in literals.neighbours(found)] == ["10", "9", "11", "90", "89", "91"]


def test_a_text_literal_is_also_tried_inside_another_and_in_another_case():
    assert [term.source for term in literals.neighbours(["ab"])] == ["'ab'", "'aabb'", "'AB'", "'abab'"]


def test_doctests_carry_what_stands_before_them():
    found = docs.examples_of(
        ">>> a = 1\n>>> f(a)\n2\n>>> f('x')\nTraceback (most recent call last):\nValueError: no x\n"
    )
    assert [(item.before, item.expression, item.want, item.error, item.message) for item in found] == [
        (("a = 1",), "f(a)", "2", "", ""),
        (("a = 1",), "f('x')", "", "ValueError", "no x"),
    ]


def test_calls_in_existing_tests_give_rows():
    node = function("def f(a, b=1, *, c=2): ...")
    texts = ["assert f(1, c=3)\nf(x)\nobject.f('s')\nf(Money(3))", "not python ("]
    rows = docs.seen_rows(texts, "f", parameters(node), {"Money": "from shop import Money"})
    assert [[term.source for term in row] for row in rows] == [["1", "", "3"], ["'s'", "", ""], ["Money(3)", "", ""]]
    assert rows[-1][0].imports == ("from shop import Money",)


def test_objects_of_existing_tests_are_taken_where_all_their_parts_are_known():
    known = {"Stock": "from shop import Stock", "Shelf": "from shop import Shelf"}
    found = docs.seen_objects(["Stock(Shelf({'tea': 2}))\nStock(shelf)\nOther(1)"], ["Stock"], known)
    assert {name: [term.source for term in terms] for name, terms in found.items()} == {
        "Stock": ["Stock(Shelf({'tea': 2}))"]
    }


@pytest.mark.parametrize("pattern", [r"^\d{3}-[a-z]+$", r"&#(\d+);", r"(?i)a|b", r"[^a-z]+x", r"\s*\w", "a?b.c"])
def test_a_text_is_found_for_a_regular_expression(pattern):
    text = regexes.sample(pattern)
    assert text
    assert re.search(pattern, text)


@pytest.mark.parametrize("pattern", ["(", r"(?=never)a", "a{100}"])
def test_a_pattern_that_is_too_hard_gives_no_text(pattern):
    assert regexes.sample(pattern) == ""


def test_samples_leave_out_what_may_be_left_out_and_repeat_what_may_be_repeated():
    assert {"7px", "7"} <= set(regexes.samples(r"^(\d+)(?:px|em)?$"))
    assert all(re.search(r"^v?[0-9]+(-[a-z]+)*$", text) for text in regexes.samples(r"^v?[0-9]+(-[a-z]+)*$"))


def test_patterns_are_found_directly_and_by_name():
    node = function("def f(s):\n    return re.match('[0-9]+', s) or WORD.match(s)")
    constants = {"WORD": ast.parse("re.compile('x.')", mode="eval").body}
    assert {"0", "00", "xa"} <= set(regexes.matching_texts(node, constants))


@pytest.mark.parametrize("value", [3, 1.5, "abc", [1, 2], (1, "a"), {"a": 1}, True])
def test_a_change_keeps_the_type_and_repeats_for_a_seed(value):
    changed = [mutations.change(value, random.Random(seed)) for seed in range(20)]
    assert {type(item) for item in changed} == {type(value)}
    assert any(item != value for item in changed)
    assert changed == [mutations.change(value, random.Random(seed)) for seed in range(20)]


@pytest.mark.parametrize("value", [None, b"abc", 1 + 2j])
def test_a_value_that_cannot_be_changed_stays(value):
    assert mutations.change(value, random.Random(1)) == value


def test_a_term_that_is_no_literal_is_exchanged_for_one_of_the_pool():
    assert mutations.mutate(from_source("Size.BIG"), [literal(1)], random.Random(1)).source == "1"


@pytest.mark.parametrize(
    ("source", "edge"),
    [
        *[(text, True) for text in ("0", "-1", "''", "' '", "[]", "{}", "()", "set()", "None")],
        *[(text, False) for text in ("1", "'a'", "[0]", "True", "False", "Decimal('1')")],
        *[(text, True) for text in ("Decimal('0')", "Decimal('-1.25')", "timedelta(0)", "1000000")],
    ],
)
def test_boundaries_are_told_from_typical_values(source, edge):
    assert from_source(source).is_edge is edge


def test_a_definition_is_found_by_name_and_line():
    tree = ast.parse("class A:\n    @property\n    def x(self): ...\n    @x.setter\n    def x(self, v): ...\n")
    assert find_function(tree, "A.x", 5).lineno == 5
    assert find_function(tree, "A.x", 3).lineno == 3
    assert find_function(tree, "A.y", 3) is None


def test_a_constant_inside_an_expression_is_changed():
    term = from_source("timedelta(days=400)")
    found = {mutations.mutate(term, [], random.Random(seed)).source for seed in range(30)} - {""}
    assert len(found) > 3
    assert all(source.startswith("timedelta(days=") for source in found)


def test_words_of_the_code_come_into_changed_texts():
    rng = random.Random(1)
    found = {mutations.change("a.b", rng, ["zip", "tar"]) for _ in range(100)}
    assert any("zip" in text for text in found)
    assert "a" in found or ".b" in found


def test_numbers_in_texts_keep_their_width():
    rng = random.Random(1)
    found = {mutations.change("03-11-2000", rng, [31]) for _ in range(300)}
    assert "31-11-2000" in found


def test_an_annotation_may_be_named_in_another_module_of_the_project():
    kinds = Module("kinds.py", "kinds", ".", "from typing import Union\nTexts = Union[str, bytes]\n")
    user = Module("user.py", "user", ".", "from kinds import Texts\n")
    assert sources("Texts", survey(user, {"kinds": kinds}))[:2] == ["'hello'", "b'abc'"]


def test_helpers_are_found_through_calls_and_methods():
    tree = ast.parse(
        "def a(): b()\ndef b(): c()\ndef c(): a()\nclass K:\n    def m(self): self.n(); b()\n    def n(self): ..."
    )
    assert [node.name for node in helpers_of(find_function(tree, "a", 1), tree)] == ["b", "c"]
    assert [node.name for node in helpers_of(find_function(tree, "K.m", 5), tree, "K")] == ["n", "b", "c", "a"]


GATEWAY = """
class Refused(Exception):
    def __init__(self, code):
        self.code = code

class Gateway(Protocol):
    def charge(self, cents: int) -> str: ...
    def close(self): ...
"""


def test_only_errors_of_stand_ins_count_as_raised_on_purpose():
    body = "    try:\n        return int(gateway.charge(3))\n    except {}:\n        return 0\n"
    _, plain = collaborating(body.format("ValueError"), "gateway: str", ())
    _, failing = collaborating(body.format("TimeoutError"), "gateway: Gateway", ())
    assert plain.world.raised == frozenset()
    assert failing.world.raised == {"TimeoutError"}


def collaborators_of(body, head="gateway: Gateway", mentioned=()):
    return collaborating(body, head, mentioned)[0]


def collaborating(body, head, mentioned):
    """The values of the first parameter, with the stand-ins that the body asks for."""
    source = f"import time\n{GATEWAY}\nasync def pay({head}):\n{body}"
    tree = ast.parse(source)
    node = tree.body[-1]
    world = survey(Module("shop.py", "shop", "shop", source), {})
    annotations = Annotations(world)
    parameter = usage.annotated(parameters(node), node)[0]
    values = inputs.pool(parameter, annotations, inputs.Sources(), 0)
    known = Collaborators([node], tree, {}, world, annotations, mentioned)
    return known.among(parameter, values), known


def made(terms):
    return [line for term in terms for line in term.before]


def test_a_stand_in_raises_what_the_code_is_ready_to_catch():
    body = "    try:\n        return gateway.charge(3)\n    except (Refused, TimeoutError):\n        return None\n"
    lines = made(collaborators_of(body))
    assert lines[0] == "gateway = Mock(spec=Gateway, charge=Mock(return_value='hello'))"
    assert "gateway = Mock(spec=Gateway, charge=Mock(side_effect=Refused('hello')))" in lines
    assert "gateway = Mock(spec=Gateway, charge=Mock(side_effect=TimeoutError('boom')))" in lines
    assert not any("side_effect=[" in line for line in lines)


def test_a_stand_in_that_is_asked_again_fails_once_and_then_answers():
    body = "    while True:\n        try:\n            return gateway.charge(3)\n        except Exception: ...\n"
    lines = made(collaborators_of(body))
    assert "gateway = Mock(spec=Gateway, charge=Mock(side_effect=[RuntimeError('boom'), 'hello']))" in lines


def test_a_method_of_which_no_answer_is_known_may_fail_as_well():
    body = "    try:\n        gateway.close()\n    except OSError:\n        pass\n"
    assert any("close=Mock(side_effect=OSError('boom'))" in line for line in made(collaborators_of(body)))


def test_a_stand_in_without_a_type_fails_where_it_is_asked():
    body = "    with suppress(OSError):\n        session.send(1)\n"
    lines = made(collaborators_of(body, "session"))
    assert "session.send.side_effect = OSError('boom')" in lines


@pytest.mark.parametrize(("call", "maker"), [("read(3)", "Mock"), ("await read(3)", "AsyncMock")])
def test_a_callable_that_is_guarded_fails_and_notes_its_calls(call, maker):
    body = f"    try:\n        return {call}\n    except OSError:\n        return 0\n"
    failing = next(term for term in collaborators_of(body, "read") if "side_effect" in "".join(term.before))
    assert failing.before == (f"read = {maker}(side_effect=OSError('boom'))",)
    assert failing.watched == ("read.mock_calls",)


def test_calls_of_handlers_are_not_guarded():
    body = "    try:\n        pass\n    except OSError:\n        gateway.charge(3)\n"
    assert not any("side_effect" in line for line in made(collaborators_of(body)))


@pytest.mark.parametrize("call", ["await read(3)", "await asyncio.gather(*(read(each) for each in [1]))"])
def test_a_callable_that_is_awaited_is_first_an_async_function(call):
    first, *others = collaborators_of(f"    return {call}\n", "read: Callable[[int], object]")
    assert first.before[-1] == "async def answer(value):\n    calls.append(value)\n    return value"
    assert any(term.source.startswith("lambda") for term in others)


def test_an_awaited_callable_answers_also_what_the_code_mentions():
    lines = made(collaborators_of("    return await ask() == 'done'\n", "ask: Callable[[], object]", ["done"]))
    assert "async def answer():\n    calls.append(())\n    return 'done'" in lines
    assert "answers = ['text', 'text', 'done']" in lines


def test_a_test_never_sleeps_where_the_sleep_can_be_given():
    values = collaborators_of("    wait(3)\n", "wait: Callable[[float], None] = time.sleep")
    assert values[0].before == ("wait = Mock(return_value=None)",)
    assert not any(term.is_omitted for term in values)
