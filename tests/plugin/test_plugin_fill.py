"""Between two paid rounds a search closes what is cheap: from inputs of the model's own accepted tests.

The replies are test doubles, written for these tests.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pytest_llmgen.testing import FakeAnthropic

CODE = """import zlib


def open_door(code, tries):
    if zlib.crc32(code.encode()) != 2745060558:
        return "closed"
    if tries > 3:
        return "alarm"
    return "open"
"""
INI = """[tool.pytest.ini_options]
testpaths = ["tests"]
pythonpath = ["."]
llm_workers = "1"
llm_fill = {fill}
"""
REPLY = '''```python
from doors import open_door


def test_the_right_code():
    """Typical: the right code opens the door."""
    assert open_door("ring twice", 1) == "open"


def test_a_wrong_code():
    """Failure: another code does not."""
    assert open_door("x", 1) == "closed"
```'''
HOUSE = "def test_the_house_stands():\n    assert True\n"
RUN = ("--llm-generate", "--llm-provider=model", "--llm-max-cost=5")


def generated(make_project: Callable[..., Any], *, fill: bool) -> Any:
    """A run with a model that always gives the same two tests."""
    files = {"pyproject.toml": INI.format(fill=str(fill).lower()), "doors.py": CODE, "tests/test_house.py": HOUSE}
    project = make_project(files)
    with FakeAnthropic(lambda _request: REPLY) as api:
        project.environment.update(api.environment)
        run = project.run(*RUN)
        run.count = len(api.requests)
    run.kept = [test for test in run.report["tests"] if test["fate"] == "kept"]
    return run


@pytest.fixture(scope="module")
def filled(make_project: Callable[..., Any]) -> Any:
    return generated(make_project, fill=True)


def test_a_gap_near_an_accepted_test_is_closed_without_another_request(filled: Any) -> None:
    assert filled.count == 1, filled.output
    assert filled.report["totals"]["all"]["lines"] == [7, 7], filled.output


def test_what_closes_it_has_the_models_own_input_and_says_who_wrote_it(filled: Any) -> None:
    searched = [test["source"] for test in filled.kept if test["origin"] == "offline"]
    assert any('"ring twice"' in source and '"alarm"' in source for source in searched), searched
    assert {test["origin"] for test in filled.kept} == {"model", "offline"}


def test_without_it_the_model_is_asked_again(make_project: Callable[..., Any]) -> None:
    run = generated(make_project, fill=False)
    assert run.count > 1, run.output
    assert {test["origin"] for test in run.kept} == {"model"}
