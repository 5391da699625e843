"""What surrounds code that leaves the program: stand-ins that answer as it asks, files, command lines; pure."""

import ast

import pytest
from test_generate_offline_generator import (
    InProcessProber,
    assignments_of,
    candidates_of,
    file_of,
    module_of,
    mutant_of,
)

from pytest_llmgen.generate.offline.generator import OfflineGenerator
from pytest_llmgen.generate.offline.planning import Plan, plan_of
from pytest_llmgen.generate.offline.showing import shown_text
from pytest_llmgen.records import Observation, OpenGaps, Survivor, Value


def plan_for(source: str) -> Plan:
    module = module_of("zoo", source)
    return plan_of(assignments_of(module)[-1], {"zoo": module})


def last_of(source: str) -> list[tuple[str, ...]]:
    return [term.before for term in plan_for(source).pools[-1]]


CLIENT = """
class Client:
    def __init__(self, session):
        self.session = session

    def order(self, sku):
        response = self.session.post("/orders", json={"sku": sku})
        if response.status_code == 409:
            return None
        response.raise_for_status()
        return response.json()["id"]

    def pages(self, path):
        while path:
            data = self.session.get(path).json()
            yield from data["items"]
            path = data.get("next")
"""


def test_a_session_answers_as_the_code_reads_it() -> None:
    usual, refused, *_ = (term.before for term in plan_for(CLIENT).pools[0])
    assert usual == (
        "session = Mock()",
        "session.post.return_value.status_code = 200",
        "session.post.return_value.json.return_value = {'id': 'hello'}",
        "session.get.return_value.json.return_value = {'items': ['hello']}",
    )
    assert refused[1] in {"session.post.return_value.status_code = 409", usual[1]}


def test_what_is_called_like_a_method_of_a_dict_is_one_unless_its_answer_is_none() -> None:
    plain = plan_for("def f(found):\n    return found.get('key', 1) + 1\n").pools[0]
    assert plain[0].source.startswith("{")
    asked = plan_for("def f(found):\n    return found.get('/key').json()['name']\n").pools[0]
    assert asked[0].before == ("found = Mock()", "found.get.return_value.json.return_value = {'name': 'hello'}")


def test_a_mapping_of_anything_has_the_entries_that_are_read() -> None:
    source = """
    from typing import Any

    def f(data: dict[str, Any]) -> list[str]:
        errors = [] if data.get("name") else ["name"]
        if not isinstance(data["age"], int):
            errors.append("age")
        for number, tag in enumerate(data.get("tags", [])):
            errors.append(f"{number} {tag}")
        return errors
    """
    whole, *less = [term.source for term in plan_for(source).pools[0]]
    assert whole == "{'name': 'hello', 'age': 3, 'tags': ['hello']}"
    assert {"{'age': 3, 'tags': ['hello']}", "{'name': 'hello', 'age': 3}"} <= set(less)


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        (
            "import requests\n\ndef f(url):\n    return requests.get(url).json()['name']\n",
            [
                "answer = Mock()",
                "answer.json.return_value = {'name': 'hello'}",
                "get = Mock(return_value=answer)",
                "monkeypatch.setattr('zoo.requests.get', get)",
            ],
        ),
        (
            "from urllib.request import urlopen\n\ndef f(url):\n    with urlopen(url) as x:\n        return x.read()\n",
            [
                "answer = nullcontext(Mock(read=Mock(return_value='hello')))",
                "urlopen = Mock(return_value=answer)",
                "monkeypatch.setattr('zoo.urlopen', urlopen)",
            ],
        ),
        (
            "import uuid\n\ndef f():\n    return uuid.uuid4().hex\n",
            ["monkeypatch.setattr('zoo.uuid.uuid4', lambda: UUID(int=1))"],
        ),
        (
            "import time\n\ndef f(n):\n    time.sleep(n)\n",
            ["monkeypatch.setattr('zoo.time.sleep', lambda seconds: None)"],
        ),
    ],
)
def test_a_call_that_leaves_the_program_is_answered(source: str, lines: list[str]) -> None:
    assert list(last_of(source)[0]) == lines


def test_a_name_that_is_not_imported_is_no_call_to_the_outside() -> None:
    assert plan_for("def f(requests):\n    return requests.get('a', 1)\n").callee.has_situation is False


def test_what_a_process_says_is_taken_as_the_code_takes_it() -> None:
    source = """
    import subprocess

    def revision(folder):
        done = subprocess.run(["git", "log"], cwd=folder, capture_output=True, text=True)
        return done.stdout.strip() if done.returncode == 0 else None
    """
    tests = file_of(candidates_of(module_of("zoo", source)))
    assert "answer.returncode = 1" in tests
    assert "assert run.mock_calls == " in tests
    assert "cwd=" in tests


def test_a_command_line_has_what_must_be_there_and_then_each_option() -> None:
    source = """
    import argparse

    def main(argv=None):
        parser = argparse.ArgumentParser()
        parser.add_argument("sku")
        parser.add_argument("--count", type=int, default=1)
        parser.add_argument("--kind", choices=["a", "b"], required=True)
        parser.add_argument("-v", "--verbose", action="store_true")
        args = parser.parse_args(argv)
        return args.count
    """
    found = [ast.literal_eval(term.source) for term in plan_for(source).pools[0]]
    assert found[0] == ["A-1", "--kind", "a"]
    assert ["A-1", "--kind", "a", "--count", "0"] in found
    assert ["A-1", "--kind", "a", "--verbose"] in found
    assert ["A-1", "--kind", "b"] in found
    assert [] in found


@pytest.mark.parametrize(
    ("library", "content"), [("csv", "sku,count\nA-1,3\nA-10,30\n"), ("json", '{"sku": "A-1", "count": "3"}')]
)
def test_a_file_has_the_entries_that_are_read(library: str, content: str) -> None:
    source = f"""
    import {library}
    from pathlib import Path

    def f(path: Path):
        row = {library}.reader(path.open())
        return row["sku"], row.get("count")
    """
    assert repr(content) in plan_for(source).pools[0][0].before[-1]


AREA = """
from dataclasses import dataclass

@dataclass(frozen=True)
class Size:
    width: int
    height: int = 1

    def area(self):
        return self.width * self.height
"""


def test_a_document_can_be_taken_apart_as_the_code_does() -> None:
    source = """
    import json
    from datetime import date
    from enum import Enum
    from pathlib import Path

    class Kind(Enum):
        DEBIT = "debit"

    def load(path: Path):
        rows = json.loads(path.read_text())
        return [(date.fromisoformat(row["day"]), Kind(row["kind"]), int(row["size"])) for row in rows]
    """
    content = '[{"day": "2024-01-31", "kind": "debit", "size": 3}]'
    assert content in str(plan_for(source).pools[0][0].before)


def test_a_wrapped_function_fails_where_the_wrapper_catches_errors() -> None:
    source = """
    def retry(function):
        def wrapper(*args):
            try:
                return function(*args)
            except OSError:
                return None
        return wrapper
    """
    assert any("Mock(side_effect=OSError" in str(term.before) for term in plan_for(source).pools[0])


def test_an_input_that_gives_2_and_in_a_mutant_2_point_0_does_not_tell_them_apart() -> None:
    module = module_of("zoo", AREA)
    mutant = mutant_of(module, "self.width * self.height", "self.width / self.height", "Size.area")
    (assignment,) = assignments_of(module, gaps=OpenGaps(survivors=(Survivor(mutant, ""),)))
    (reply,) = OfflineGenerator(InProcessProber([module]), 1, clock=lambda: 0.0).generate([assignment])
    assert any("height=" in each.source for each in reply.candidates)


@pytest.mark.parametrize(
    ("one", "other", "are_same"),
    [
        ("2", "2.0", True),
        ("[1, {'a': -3}]", "[1.0, {'a': -3.0}]", True),
        ("'2'", "'2.0'", False),
        ("2.5", "2", False),
        ("(1, 0)", "(1, 0.05)", False),
    ],
)
def test_what_a_test_compares_as_equal_shows_no_difference(one: str, other: str, are_same: bool) -> None:
    seen = [Observation("", "returned", Value("", text, text=text)) for text in (one, other)]
    left, right = (shown_text(each, frozenset()) for each in seen)
    assert (left == right) is are_same
