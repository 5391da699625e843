"""Ways in which a change could reach a test unseen: each of them must change what the test is known by."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from pytest_llmgen.kept.anatomy import dissect
from pytest_llmgen.kept.blindness import Blindness
from pytest_llmgen.kept.doubts import DATA, DYNAMIC, ENVIRONMENT, IMPORTS, PLACE, UNSEEN
from pytest_llmgen.kept.project import Project
from pytest_llmgen.kept.reach import Reaches
from pytest_llmgen.records import Hits

TEST = "import code_\n\ndef test_it():\n    assert code_.f() == 1\n"
CODE = "def f():\n    return LIMIT\n\nLIMIT = 1\n"


@dataclass(frozen=True)
class Attack:
    """A file of a project that changes; ``files`` are the others, beside a module and its test."""

    what: str
    path: str
    before: str
    after: str
    files: dict[str, str] = field(default_factory=dict)
    fixtures: tuple[str, ...] = ()


OTHER = "import code_\nimport helper\n\ndef test_other():\n    pass\n"
PATCHES = "import code_\n\ncode_.LIMIT = {}\n"
REGISTRY = "class Meta(type):\n    made = {}\n\nclass Base(metaclass=Meta):\n    pass\n"
SWAPPED = (
    "def rule(f):\n    RULES.append(f)\n    return f\n\nRULES = []\n\n{}\n\n{}\n\ndef f():\n    return RULES[0]()\n"
)
ONE, TWO = "@rule\ndef one():\n    return 1", "@rule\ndef two():\n    return 2"
FIXTURE = "import pytest\n\n@pytest.fixture\ndef backend():\n    return {}\n"
ATTACKS = [
    Attack("a module changed by another test file's helper", "helper.py", PATCHES.format(1), PATCHES.format(2),
           {"test_other.py": OTHER}),
    Attack("a module changed by a conftest of another folder", "sub/conftest.py", PATCHES.format(1), PATCHES.format(2)),
    Attack("a hook for all tests in the conftest of another folder", "sub/conftest.py",
           "def pytest_collection_modifyitems(items):\n    items[:] = items\n",
           "def pytest_collection_modifyitems(items):\n    items.reverse()\n"),
    Attack("a patch that is started by another test file and looks like a plain assignment", "test_other.py",
           "from unittest import mock\n\nfake = mock.patch('code_.LIMIT', 1).start()\n\ndef test_other():\n    pass\n",
           "from unittest import mock\n\nfake = mock.patch('code_.LIMIT', 2).start()\n\ndef test_other():\n    pass\n"),
    Attack("a class that a registry holds without a word", "code_.py",
           REGISTRY + "class A(Base):\n    x = 1\n\ndef f():\n    return Meta.made['A'].x\n",
           REGISTRY + "class A(Base):\n    x = 2\n\ndef f():\n    return Meta.made['A'].x\n"),
    Attack("a subclass of a class from elsewhere that may keep a list", "code_.py",
           "from lib import Model, table\n\nclass A(Model):\n    x = 1\n\ndef f():\n    return table()\n",
           "from lib import Model, table\n\nclass A(Model):\n    x = 2\n\ndef f():\n    return table()\n"),
    Attack("the order of what is registered", "code_.py", SWAPPED.format(ONE, TWO), SWAPPED.format(TWO, ONE)),
    Attack("which of two equal names comes last", "code_.py",
           "def f():\n    return 1\n\ndef f():\n    return 2\n", "def f():\n    return 2\n\ndef f():\n    return 1\n"),
    Attack("a fixture that only a plugin or the ini file asks for", "conftest.py", FIXTURE.format(1), FIXTURE.format(2),
           fixtures=("backend",)),
    Attack("the line that a log format asks for", "code_.py",
           "def f():\n    return log('%(lineno)d')\n\ndef g():\n    return 1\n",
           "\ndef f():\n    return log('%(lineno)d')\n\ndef g():\n    return 1\n"),
    Attack("a doctest that is run by a test", "code_.py",
           "def f():\n    return 1\n\ndef g():\n    '''\n    >>> g()\n    1\n    '''\n    return 1\n",
           "def f():\n    return 1\n\ndef g():\n    '''\n    >>> g()\n    1\n    '''\n    return 2\n",
           {"test_it.py": "import code_, doctest\n\ndef test_it():\n    assert not doctest.testmod(code_).failed\n"}),
    Attack("a name that hides a builtin", "code_.py", "def f():\n    return len([0])\n",
           "def f():\n    return len([0])\n\ndef len(x):\n    return 2\n"),
    Attack("a plugin that the conftest names", "plug.py", "def pytest_runtest_setup(item):\n    pass\n",
           "def pytest_runtest_setup(item):\n    item.x = 1\n", {"conftest.py": "pytest_plugins = ['plug']\n"}),
    Attack("a class that only a longer annotation names", "code_.py",
           "import typing\n\nclass Item:\n    x = 1\n\nclass Box:\n    item: 'Item | None'\n\n"
           "def f():\n    return typing.get_type_hints(Box)\n",
           "import typing\n\nclass Item:\n    x = 2\n\nclass Box:\n    item: 'Item | None'\n\n"
           "def f():\n    return typing.get_type_hints(Box)\n"),
    Attack("a module that is reloaded", "code_.py", CODE, CODE.replace("= 1", "= 2"),
           {"test_it.py": "import code_, importlib\n\ndef test_it():\n    assert importlib.reload(code_).f() == 1\n"}),
]  # fmt: skip


def digest(files: dict[str, str], fixtures: tuple[str, ...]) -> str:
    tests = frozenset(path for path in files if path.rpartition("/")[2].startswith("test_"))
    reach = Reaches(Project(tuple(sorted(files)), files.__getitem__, tests)).of("test_it.py::test_it", fixtures)
    return reach.digest if reach else "none"


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.what)
def test_a_change_that_hides_is_seen(attack: Attack) -> None:
    files = {"code_.py": CODE, "test_it.py": TEST, **attack.files}
    first, second = ({**files, attack.path: text} for text in (attack.before, attack.after))
    assert digest(first, attack.fixtures) != digest(second, attack.fixtures)
    assert digest(first, attack.fixtures) == digest(dict(first), attack.fixtures)


ALIASES = {
    "from os.path import exists as there\n\ndef f():\n    return there('x')\n": DATA,
    "from pathlib import Path as P\n\ndef f():\n    return P('x').exists()\n": DATA,
    "from os import environ as e\n\ndef f():\n    return e['X']\n": ENVIRONMENT,
    "from importlib import import_module as load\n\ndef f():\n    return load('x')\n": IMPORTS,
    "from inspect import getsource as text\n\ndef f():\n    return text(f)\n": DYNAMIC,
    "from os.path import realpath as real\n\ndef f():\n    return real('.')\n": PLACE,
    "from time import time as now\n\ndef f():\n    return now()\n": UNSEEN,
    "from urllib.request import urlopen as get\n\ndef f():\n    return get('x')\n": UNSEEN,
}


@pytest.mark.parametrize("code", ALIASES)
def test_another_name_hides_nothing(code: str) -> None:
    anatomy = dissect(code)
    assert anatomy
    assert ALIASES[code] in anatomy.parts[0].doubts


CLOCKS = {
    "a constant of the module": "import time\n\nSTART = time.time()\n\ndef f():\n    return START\n",
    "a constant made of one": "import time\n\nSTART = time.time()\nEND = START + 1\n\ndef f():\n    return END\n",
    "another name of the clock": "import time\n\n_now = time.time\n\ndef f():\n    return _now()\n",
    "an attribute of a class": "import os\n\nclass A:\n    x = os.getpid()\n\ndef f():\n    return A.x\n",
    "chance with a seed of its own": "import random\n\nRNG = random.Random(1)\n\ndef f():\n    return RNG.random()\n",
    "a condition at import": "import time\n\nif time.time() > 5:\n    X = 1\n\ndef f():\n    return X\n",
}


@pytest.mark.parametrize("code", CLOCKS.values(), ids=CLOCKS.keys())
def test_what_import_took_from_the_clock_is_not_kept(code: str) -> None:
    files = {"code_.py": code, "test_it.py": TEST, "calm.py": "def g():\n    return 1\n"}
    files["test_calm.py"] = "import calm\n\ndef test_calm():\n    assert calm.g()\n"
    project = Project(tuple(files), files.__getitem__, frozenset({"test_it.py", "test_calm.py"}))
    imported = {"code_.py": Hits(frozenset(range(1, 7)))}
    blindness, reaches = Blindness(project, frozenset({"code_.py", "calm.py"}), imported), Reaches(project)
    it, calm = reaches.of("test_it.py::test_it"), reaches.of("test_calm.py::test_calm")
    assert it
    assert calm
    assert blindness.concerns(it, {"code_.py": Hits(frozenset({20}))})
    assert not blindness.concerns(calm, {})


def test_a_sleep_or_a_status_brings_in_nothing() -> None:
    code = "import time\nfrom http import HTTPStatus\n\ndef f():\n    time.sleep(0)\n    return HTTPStatus.OK\n"
    files = {"code_.py": code, "test_it.py": TEST}
    project = Project(tuple(files), files.__getitem__, frozenset({"test_it.py"}))
    reach = Reaches(project).of("test_it.py::test_it")
    assert reach
    assert not Blindness(project, frozenset({"code_.py"}), {}).concerns(reach, {"code_.py": Hits(frozenset({5, 6}))})
