"""Mutants that must be imported: each in a pytest of its own that starts from where all of them are the same."""

import dataclasses
import shutil
import sys
from pathlib import Path

import iniconfig
import pytest

from pytest_llmgen.extract.targets import parse_module
from pytest_llmgen.records import Module, Mutant, MutantJob, MutantStatus, Outcome, Region
from pytest_llmgen.run.executor import Executor
from pytest_llmgen.settings import defaults

SHOP = "def price(n):\n    return n * 2\n\nTABLE = [price(n) for n in range(3)]\nNAMES = list('ab')\n"
SUITE = """\
import shop
def test_table(): assert shop.TABLE == [0, 2, 4]
def test_unseen(): assert len(shop.TABLE) == 3
def test_last(): assert shop.price(1) in (2, 3) and shop.TABLE.pop() in (4, 6)
"""
PLUGIN = "import shop\nSEEN = list(shop.TABLE)\n"
CONFTEST = "import pytest, shop\n@pytest.fixture\ndef table(): return shop.TABLE\n"
MUTANT = Mutant(
    "m", "shop.py", "price", "price", "any", 25, 30, "n * 2", "n * 3", "n * 3", Region(2, 12, 2, 17), 1, False, 2
)
NAMES = ("test_table", "test_unseen", "test_last")
GENERATED = {
    "tests/llmgen/test_llmgen_shop.py": """\
import shop
def test_table(): assert shop.TABLE == [0, 2, 4]
def test_items(request): assert [item.name for item in request.session.items] == ["test_items"]
""",
    "tests/llmgen/test_llmgen_other.py": "def test_other(): pass\n",
}


@pytest.mark.parametrize(
    ("more", "args", "given"),
    [
        ({}, (), ()),
        ({"conftest.py": CONFTEST}, (), ("tests/test_shop.py::test_table", "tests")),
        ({"shopplugin.py": PLUGIN}, ("-p", "shopplugin"), ("tests/test_shop.py",)),
    ],
    ids=["a test", "a conftest file", "a plugin"],
)
def test_a_mutant_of_what_runs_at_import_is_seen_whoever_imports_it_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: dict[str, str], args: tuple[str, ...], given: tuple[str, ...]
) -> None:
    files = {"shop.py": SHOP, "tests/test_shop.py": SUITE, "pytest.ini": "[pytest]\npythonpath = .\n", **more}
    (tmp_path / "tests").mkdir()
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    module = Module("shop.py", "shop", ".", SHOP)
    ids = [f"tests/test_shop.py::{name}" for name in NAMES]
    with Executor(
        tmp_path,
        defaults(tmp_path, workers=1),
        args=(*args, *given),
        sys_path=[str(tmp_path), *sys.path],
        invocation_dir=tmp_path,
        modules=[module],
    ) as runner:
        runner.collect()
        jobs = [MutantJob(Mutant(**{**fields(MUTANT), "id": each}), (each,), 5.0) for each in ids]
        loaded = runner.load_candidates(GENERATED)
        more_jobs = [MutantJob(Mutant(**{**fields(MUTANT), "id": each}), (each,), 5.0) for each in loaded[:2]]
        verdicts = list(runner.judge([*jobs, *more_jobs]))
    statuses = {verdict.mutant_id: verdict.status for verdict in verdicts}
    killed, survived = MutantStatus.KILLED, MutantStatus.SURVIVED
    expected = (killed, survived, survived, killed, survived)  # the last one sees no item but itself
    assert statuses == dict(zip([*ids, *loaded[:2]], expected, strict=True)), [verdict.detail for verdict in verdicts]


def fields(record: Mutant) -> dict[str, object]:
    return {name: getattr(record, name) for name in record.__slots__}


THREADED = """\
import queue, threading
ASKED, ANSWERS = queue.Queue(), queue.Queue()
def serve():
    while True:
        number = ASKED.get()
        ANSWERS.put(number * 2)
def ask(number):
    ASKED.put(number + 1)
    return ANSWERS.get(timeout=20)
threading.Thread(target=serve, daemon=True).start()
"""
ASKS = """\
import service
def test_answer(): assert service.ask(1) == 4
def test_kind(): assert isinstance(service.ask(1), int)
"""


def test_a_project_with_threads_alive_is_never_forked_and_what_runs_in_them_is_seen(tmp_path: Path) -> None:
    (tmp_path / "service.py").write_text(THREADED)
    (tmp_path / "test_service.py").write_text(ASKS)
    module = Module("service.py", "service", ".", THREADED)
    tests = ("test_service.py::test_answer", "test_service.py::test_kind")
    changes = [("number * 2", "number * 3"), ("number + 1", "number + 3"), ("timeout=20", "timeout=21")]
    jobs = [MutantJob(mutant_of(THREADED, "service.py", *change), tests, 5.0) for change in changes]
    with Executor(
        tmp_path,
        defaults(tmp_path, workers=1),
        args=("-p", "no:cacheprovider"),
        sys_path=[str(tmp_path), *sys.path],
        invocation_dir=tmp_path,
        modules=[module],
    ) as runner:
        assert runner.collect() == (tests, ())
        runs = list(runner.map_tests(tests, 20.0))
        verdicts = {verdict.mutant_id: verdict.status for verdict in runner.judge(jobs)}
    assert [run.outcome for run in runs] == [Outcome.PASSED, Outcome.PASSED], runs
    assert {line for run in runs for line in run.hits["service.py"].lines} >= {6, 8, 9}, "the lines of both threads"
    assert verdicts == {
        "number * 3": MutantStatus.KILLED,
        "number + 3": MutantStatus.KILLED,
        "timeout=21": MutantStatus.SURVIVED,
    }


def mutant_of(source: str, path: str, before: str, after: str) -> Mutant:
    """A change of the only place where ``before`` stands; its id is ``after``."""
    start = source.index(before)
    line = source.count("\n", 0, start) + 1
    place = Region(line, 1, line, 2)
    return Mutant(
        after, path, "any", "any", "any", start, start + len(before), before, after, after, place, 1, False, line
    )


def test_what_pytest_itself_imports_is_measured_and_its_imports_are_out_of_reach(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(Path(iniconfig.__file__).parent, tmp_path / "iniconfig")
    suite = "import iniconfig\ndef test_error(): assert issubclass(iniconfig.ParseError, Exception)\n"
    (tmp_path / "test_it.py").write_text(suite)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    path = "iniconfig/exceptions.py"
    module = parse_module(path, "iniconfig.exceptions", ".", (tmp_path / path).read_text())
    line = next(n for n, text in enumerate(module.source.splitlines(), 1) if text.startswith("class ParseError"))
    mutant = dataclasses.replace(MUTANT, path=path, unit="<module>", line=line, needs_import=True)
    with Executor(
        tmp_path,
        defaults(tmp_path, workers=1),
        args=(),
        sys_path=[str(tmp_path), *sys.path],
        invocation_dir=tmp_path,
        modules=[module],
    ) as executor:
        executor.collect()
        assert line in executor.imported()[path].lines
        (verdict,) = executor.judge([MutantJob(mutant, ("test_it.py::test_error",), 5.0)])
    assert verdict.status is MutantStatus.RUNTIME_ERROR
    assert verdict.detail.startswith("iniconfig.exceptions is a part of what runs the tests")
