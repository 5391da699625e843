"""What surrounds a call: environment variables, clocks and files are found in the code; pure."""

from __future__ import annotations

import ast
import textwrap

import pytest

from pytest_llmgen.generate.offline.annotations import Annotations
from pytest_llmgen.generate.offline.code import parameters
from pytest_llmgen.generate.offline.files import file_terms, paths_among, takes_path
from pytest_llmgen.generate.offline.situations import situations
from pytest_llmgen.generate.offline.usage import annotated
from pytest_llmgen.generate.offline.world import World, survey
from pytest_llmgen.records import Module


def found(source):
    tree = ast.parse(textwrap.dedent(source))
    return situations([tree.body[-1]], tree, "pkg.mod")


def test_a_variable_is_unset_first_and_then_set_to_several_values():
    terms = found("""
        import os

        def port():
            return int(os.environ.get("PORT", "80"))
    """)
    assert terms[0].before == ("monkeypatch.delenv('PORT', raising=False)",)
    assert "monkeypatch.setenv('PORT', '1')" in terms[1].before
    assert {term.fixtures for term in terms} == {("monkeypatch",)}


@pytest.mark.parametrize(
    ("imports", "call", "place"),
    [
        ("import datetime as dt", "dt.datetime.now()", "pkg.mod.dt.datetime"),
        ("from datetime import datetime", "datetime.now(None)", "pkg.mod.datetime"),
        ("from datetime import date", "date.today()", "pkg.mod.date"),
        ("import time", "time.time()", "pkg.mod.time.time"),
    ],
)
def test_a_clock_is_replaced_where_the_module_finds_it(imports, call, place):
    terms = found(f"""
        {imports}

        def stamp():
            return {call}
    """)
    assert any(line.startswith(f"monkeypatch.setattr('{place}', ") for line in terms[0].before)
    assert len({term.before for term in terms}) == len(terms) > 1


def test_a_clock_whose_type_is_asked_for_is_left_alone():
    assert not found("""
        from datetime import datetime

        def age(value):
            return datetime.now() - value if isinstance(value, datetime) else None
    """)


def test_code_that_asks_for_nothing_has_no_situation():
    assert found("def double(n):\n    return 2 * n\n") == []


def test_a_path_is_a_file_in_the_format_that_the_module_reads():
    tree = ast.parse("import json\n\ndef load(where):\n    with open(where) as f:\n        return json.load(f)\n")
    assert takes_path("where", [tree.body[-1]])
    terms = file_terms(tree, as_text=True)
    assert terms[0].source == "str(data_file)"
    assert "data.json" in terms[0].before[0]
    assert any("missing" in term.source for term in terms)
    assert all(term.fixtures == ("tmp_path",) for term in terms)


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ("where: Path", "return where.name"),
        ("where: str | os.PathLike[str]", "return where"),
        ("where: Optional[pathlib.Path] = None", "return where"),
        ("where", "return where.read_text()"),
        ("where", "return where.is_file() and where"),
    ],
)
def test_a_path_is_known_by_its_annotation_or_by_what_is_asked_of_it(head, body):
    tree = ast.parse(f"def load({head}):\n    {body}\n")
    node = tree.body[0]
    terms = paths_among(parameters(node), [node], tree)["where"]
    assert terms[0].source == "data_file"
    assert any("''" in statement for term in terms for statement in term.before)


@pytest.mark.parametrize(
    ("body", "first"),
    [
        ("return os.listdir(where)", "data_file"),
        ("full = os.path.join(where, 'x')\n    return os.scandir(full)", "data_file"),
        ("return os.walk(os.path.abspath(where))", "data_file"),
        ("os.makedirs(where)", ""),
    ],
)
def test_a_path_that_is_listed_or_made_is_a_folder_first(body, first):
    tree = ast.parse(f"def load(where):\n    {body}\n")
    terms = paths_among(parameters(tree.body[0]), [tree.body[0]], tree)["where"]
    assert terms[0].source == "str(tmp_path)"
    assert first in "".join(terms[0].before)  # what is listed has a file in it


def test_a_file_of_plain_text_holds_the_words_that_the_code_looks_for():
    tree = ast.parse("def load(where):\n    return [x for x in open(where, 'r') if x.startswith('END')]\n")
    terms = paths_among(parameters(tree.body[0]), [tree.body[0]], tree)["where"]
    assert any("'END\\n'" in statement for term in terms for statement in term.before)


@pytest.mark.parametrize(("head", "body"), [("where: PurePath", "return where.name"), ("where", "return where.open()")])
def test_what_may_be_something_else_is_no_path(head, body):
    tree = ast.parse(f"def load({head}):\n    {body}\n")
    assert paths_among(parameters(tree.body[0]), [tree.body[0]], tree) == {}


def test_something_without_a_type_is_stood_in_for_by_what_is_asked_of_it():
    node = ast.parse("def fetch(session):\n    answer = session.request('/')\n    return answer.status == 404\n").body[
        0
    ]
    (parameter,) = annotated(parameters(node), node)
    first, *others = Annotations(World()).terms(parameter.annotation)
    assert (first.source, first.watched) == ("session", ("session.method_calls",))
    assert first.before == ("session = Mock()", "session.request.return_value.status = 404")
    assert others


def test_a_class_method_that_makes_an_object_is_a_way_to_one():
    source = "class Token:\n    @classmethod\n    def parse(cls, text: str):\n        return cls([text])\n"
    tree = ast.parse(source + "    def __init__(self, parts: Unknown):\n        self.parts = parts\n")
    world = survey(Module("m.py", "m", ".", ast.unparse(tree)), {})
    built = [term.source for term in Annotations(world).build(world.classes["Token"])]
    assert "Token.parse('hello')" in built


def test_a_variable_also_has_the_texts_that_the_code_compares():
    terms = found("""
        import os

        def scale(value):
            return value * 1000 if os.environ.get("SCALE") == "big" else value
    """)
    assert "monkeypatch.setenv('SCALE', 'big')" in {line for term in terms for line in term.before}
