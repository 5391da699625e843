"""Probes of modules that no test imports: they fork from a process that has imported the module once."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_llmgen.records import Challenge, Meeting, Module, Mutant, Probe, Region
from pytest_llmgen.run.executor import Executor
from pytest_llmgen.settings import defaults

STAMPED = "import time\nSTAMP = time.perf_counter_ns()\n\ndef stamp():\n    return STAMP\n"
THREAD = "import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
COUNTING = """\
seen = []

def count(item):
    seen.append(item)
    return len(seen)

def plain():
    return 1
"""
FILES = {
    "stamped": STAMPED,
    "other": STAMPED,
    "thready": THREAD + STAMPED,
    "failing": "raise RuntimeError('no')\n",
    "quitting": "import os\nos._exit(0)\n",
    "counting": COUNTING,
}


def _mutant(text: str, replacement: str, name: str) -> Mutant:
    source = FILES["counting"]
    start = source.index(text)
    line = source[:start].count("\n") + 1
    names = (f"{name}-{replacement}", "counting.py", name, name)
    region = Region(line, 4, line, 4 + len(text))
    return Mutant(*names, "other", start, start + len(text), text, replacement, replacement, region, line=line)


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Executor]:
    root = tmp_path_factory.mktemp("nest")
    for name, text in FILES.items():
        Path(root, f"{name}.py").write_text(text)
    modules = [Module(f"{name}.py", name, ".", text) for name, text in FILES.items()]
    settings = defaults(root, workers=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
        with Executor(
            root, settings, args=(), sys_path=[str(root), *sys.path], invocation_dir=root, modules=modules
        ) as found:
            yield found


def _stamps(runner: Executor, name: str) -> list[str | None]:
    probes = [
        Probe(f"{name}{rank}", f"from {name} import stamp", "stamp()", path=f"{name}.py", alone=True)
        for rank in range(2)
    ]
    return [each.value.source if each.value else each.outcome for each in runner.probe(probes)]


def test_a_module_is_imported_once_for_all_of_its_probes(runner: Executor) -> None:
    first, second = _stamps(runner, "stamped")
    assert first == second
    assert first is not None
    assert first.isdigit()


def test_another_module_begins_anew_and_the_first_is_not_kept_by_the_server(runner: Executor) -> None:
    before = _stamps(runner, "stamped")[0]
    other = _stamps(runner, "other")
    assert other[0] == other[1]
    assert _stamps(runner, "stamped")[0] != before
    assert runner.imported() == {}


@pytest.mark.parametrize(("name", "outcome"), [("failing", "setup-failed"), ("quitting", "crashed")])
def test_a_module_that_cannot_be_imported_shows_that_in_its_probes(runner: Executor, name: str, outcome: str) -> None:
    probe = Probe(name, f"import {name}", "1", path=f"{name}.py")
    assert [each.outcome for each in runner.probe([probe])] == [outcome]


def test_a_module_that_starts_threads_is_imported_by_each_probe(runner: Executor) -> None:
    first, second = _stamps(runner, "thready")
    assert first != second


def test_a_mutant_does_not_see_what_the_one_before_it_left(runner: Executor) -> None:
    counts = Probe("counts", "from counting import count", "count('x')", path="counting.py")
    plain = Probe("plain", "from counting import plain", "plain()", path="counting.py")
    same, other = _mutant("return len(seen)", "return len(seen) + 0", "count"), _mutant("return 1", "return 2", "plain")
    challenges = [
        *(Challenge(mutant, (1,)) for mutant in (other, same, other)),
        *(Challenge(mutant, (0,)) for mutant in (same, same)),
        Challenge(_mutant("return len(seen)", "return 7", "count"), (0,)),
    ]
    expected = ["('1', '', [])", "('1', '', [])"]
    met = runner.challenge([counts, plain], expected, challenges, frozenset(), 4)
    assert [each.differing for each in met] == [(1,), (), (1,), (), (), (0,)]
    assert [each.all_same for each in met] == [False, True, False, True, True, False]


def test_what_a_probe_does_not_assert_makes_no_difference(runner: Executor) -> None:
    probe = Probe("quiet", "mine = []", "mine.append(1)", ("mine",), asserted=())
    loud = Probe("loud", "mine = []", "mine.append(1)", ("mine",), afterwards=("mine.append(2)",))
    expected = ["('None', '', [])", "('None', '', [('mine', '[1]'), ('mine.append(2)', 'None')])"]
    (met,) = runner.challenge([probe, loud], expected, [Challenge(None, (0, 1))], frozenset(), 2)
    assert met == Meeting((), all_same=True)
