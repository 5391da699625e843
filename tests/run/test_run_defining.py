"""Which test files run none of their code when they are collected."""

import json
import os.path
import sys
import types

import pytest

from pytest_llmgen.run.defining import only_defines

assert json
assert os.path

DEFINES = {
    "a test": "def test_it(): assert 1",
    "nothing": "",
    "a docstring": '"""Tests."""\nimport pytest\n',
    "imports": "from __future__ import annotations\nimport json, os.path\nfrom json import dumps as d\n",
    "a mark": "import pytest\n@pytest.mark.llm_generated(target='shop:price')\ndef test_it(): pass",
    "a table": "import pytest\n@pytest.mark.parametrize('n', [1, -1, pytest.param((2, 'x'), id='b')], ids=['a', 'b'])\n"
    "def test_it(n): pass",
    "a fixture": "import pytest\n@pytest.fixture(scope='module')\ndef shop(): yield 1",
    "annotations": "import json\ndef test_it(a: int = 3, *b: json.JSONDecoder) -> None: pass",
    "a constant": "PLACES = [{'a': 1}, (2,)]\ndef test_it(): pass",
    "an async test": "async def test_it(): pass",
}
DOES_MORE = {
    "a call": "print(1)",
    "a value that is called": "PRICE = max(1, 2)",
    "another decorator": "import json\n@json.loads\ndef test_it(): pass",
    "an object in a table": "import pytest\n@pytest.mark.parametrize('n', [complex(1)])\ndef test_it(n): pass",
    "names of rows that are worked out": "import pytest\n@pytest.fixture(ids=lambda n: n)\ndef shop(): pass",
    "a scope that is worked out": "import pytest\n@pytest.fixture(scope=json)\ndef shop(): pass",
    "a name for later": "import pytest\n@pytest.mark.parametrize('n', [1], ids=str)\ndef test_it(n): pass",
    "a default": "def test_it(n=len('a')): pass",
    "an annotation": "def test_it(n: print(1)): pass",
    "a hook": "def pytest_generate_tests(metafunc): pass",
    "a way in": "def __getattr__(name): pass",
    "a class": "class TestIt:\n    def test_it(self): pass",
    "a module that is not loaded": "import not_loaded_yet",
    "a part that is not loaded": "import json.not_loaded_yet",
    "a name that is not there": "from json import not_there",
    "all names": "from json import *",
    "a relative import": "from . import shop",
    "a keyword of many": "import pytest\n@pytest.mark.llm_generated(**{'a': 1})\ndef test_it(): pass",
    "no Python": "def test_it(:",
}


@pytest.mark.parametrize("source", DEFINES.values(), ids=DEFINES)
def test_a_file_of_imports_and_functions_only_defines(source: str) -> None:
    assert only_defines(source, sys.modules)


@pytest.mark.parametrize("source", DOES_MORE.values(), ids=DOES_MORE)
def test_a_file_that_calls_something_or_loads_a_module_does_more(source: str) -> None:
    assert not only_defines(source, sys.modules)


def test_a_module_that_answers_for_itself_is_not_asked() -> None:
    class Lazy(types.ModuleType): ...

    assert not only_defines("import lazy", {"lazy": Lazy("lazy")})
