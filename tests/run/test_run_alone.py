"""A flat project: its folder is on the import path only while the tests in its root are collected."""

import dataclasses
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_llmgen.mutate.schedule import NOT_RUNNABLE
from pytest_llmgen.records import Module, Mutant, MutantJob, MutantStatus, Region
from pytest_llmgen.run import protocol
from pytest_llmgen.run.executor import HASH_SEEDS, Executor
from pytest_llmgen.run.paths import heard_path, told_path, without_folder
from pytest_llmgen.settings import defaults

SHOP = "def price(n):\n    return n * 2\n\nTABLE = [price(n) for n in range(3)]\n"
FILES = {
    "shop.py": SHOP,
    "test_shop.py": "import shop\ndef test_price(): assert shop.price(1) == 2\n",
    "tests/own/__init__.py": "",
    "tests/own/test_table.py": "import shop\ndef test_table(): assert shop.TABLE == [0, 2, 4]\n",
    "tests/own/test_beside.py": "import sys\nassert 'test_shop' in sys.modules\nimport shop\ndef test_it(): pass\n",
}
MUTANT = Mutant(
    "m", "shop.py", "price", "price", "any", 25, 30, "n * 2", "n * 3", "n * 3", Region(2, 12, 2, 17), 1, False, 2
)


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Executor]:
    root = tmp_path_factory.mktemp("flat")
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    (root / "pytest.ini").write_text("[pytest]\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
        settings, module = defaults(root, workers=1, sandbox="portable"), Module("shop.py", "shop", ".", SHOP)
        with Executor(root, settings, args=(), sys_path=sys.path, invocation_dir=root, modules=[module]) as made:
            made.collect()
            yield made


def test_a_mutant_that_is_imported_meets_tests_that_find_it_as_in_the_whole_suite(runner: Executor) -> None:
    (verdict,) = runner.judge([MutantJob(MUTANT, ("tests/own/test_table.py::test_table",), 5.0)])
    assert (verdict.status, verdict.killed_by) == (MutantStatus.KILLED, ("tests/own/test_table.py::test_table",))


def test_tests_that_cannot_be_run_without_a_mutant_either_say_nothing_of_it(runner: Executor) -> None:
    jobs = [
        MutantJob(dataclasses.replace(MUTANT, id=name), (f"tests/own/{name}",), 5.0)
        for name in ("test_beside.py::test_it", "test_gone.py::test_it")
    ]
    verdicts = {verdict.mutant_id: verdict for verdict in runner.judge(jobs)}
    assert {verdict.status for verdict in verdicts.values()} == {MutantStatus.PENDING}
    assert verdicts["test_beside.py::test_it"].detail.startswith(f"{NOT_RUNNABLE}: tests/own/test_beside.py: Assertion")


def test_files_are_proved_as_plain_pytest_runs_them(runner: Executor) -> None:
    beside = {
        "tests/own2/__init__.py": "",
        "tests/own2/conftest.py": "import pytest\n@pytest.fixture\ndef n(): return 1",
    }
    lost = {"tests/own2/test_a.py": "import shop\ndef test_a(n): assert shop.price(n)\n"}
    (message,) = runner.prove_alone(lost, beside, 10.0).values()
    assert message.startswith("ModuleNotFoundError: No module named 'shop'")
    text = "import sys\ndef test_b(n): assert n\ndef test_c(): assert 'shop' in sys.modules\n"
    of_order = f"import os\ndef test_d(): assert os.environ['PYTHONHASHSEED'] in {['0', *set(earlier_seeds())]}\n"
    mixed = {"tests/own2/test_b.py": text + of_order}
    failing = ["tests/own2/test_b.py::test_c", "tests/own2/test_b.py::test_d"]  # sets have another order there
    assert sorted(runner.prove_alone(mixed, beside, 10.0)) == failing


def earlier_seeds() -> list[str]:
    return [str(seed) for kind, seed in HASH_SEEDS.items() if kind != protocol.PLAIN]


def test_an_import_path_is_the_same_where_the_project_is_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.path", ["/bin", "/one", "/one/src", "/other"])
    told = told_path(Path("/one"))
    assert heard_path(told, Path("/two")) == ["/bin", "/two", "/two/src", "/other"]


def test_the_folder_that_python_puts_first_is_not_there_under_plain_pytest() -> None:
    assert without_folder(["/here", "/there"], Path("/here")) == ["/there"]
    assert without_folder(["/bin", "/here"], Path("/here")) == ["/bin", "/here"]
