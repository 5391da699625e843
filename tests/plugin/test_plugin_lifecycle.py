"""Generated tests on code that changed: one run over every case, then one in which nothing has."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from pytest_llmgen.records import Candidate, Category, Oracle, Origin
from pytest_llmgen.refine.render import Provenance, render_file

FOLDER = "tests/llmgen"
SOURCE = "def {name}(n):\n    if n > {limit}:\n        return 'many'\n    return 'few'\n"
OWN = "import {module}\n\ndef test_{module}():\n    assert [{module}.size(n) for n in (3, 4)] == ['few', 'many']\n"
EARNS, IDLE, WRONG, GONE = "earns", "idle", "wrong", "gone"
DELETED, EDITED, IDLE_REVIEWED = "deleted", "edited", "accepted"


def generated(module: str, name: str, *tests: str, reviewed: bool = False, limit: int = 3) -> str:
    candidates = [
        Candidate(
            f"{module}-{test}", f"{module}.py::{name}", test, Category.TYPICAL, Origin.OFFLINE, Oracle.OBSERVED,
            f'def {test}():\n    """Typical: it is so."""\n'
            f"    assert [{name}(n) for n in ({limit}, {limit + 1})] == ['few', 'many']",
            imports=(f"from {module} import {name}",),
        )
        for test in tests
    ]  # fmt: skip
    ids = frozenset(candidate.id for candidate in candidates if reviewed)
    return render_file(module, candidates, Provenance("0.1", "offline", f"{module}.py", reviewed=ids)).text


def own(module: str) -> str:
    return OWN.format(module=module)


@pytest.fixture(scope="module")
def life(make_project: Callable[..., Any]) -> Any:
    source = SOURCE.format(name="size", limit=3)
    files = {
        "pyproject.toml": '[tool.pytest.ini_options]\ntestpaths = ["tests"]\npythonpath = ["."]\n'
        f'llm_output_dir = "{FOLDER}"\nllm_workers = "1"\n',
        **{f"{name}.py": source for name in (EARNS, IDLE, WRONG, GONE, EDITED, IDLE_REVIEWED, "strange")},
        **{f"tests/test_{name}.py": own(name) for name in (IDLE, WRONG, GONE, EDITED, IDLE_REVIEWED, "strange")},
        f"{FOLDER}/conftest.py": "def pytest_configure(config):\n"
        '    config.addinivalue_line("markers", "llm_generated(target): generated")\n',
        f"{FOLDER}/test_llmgen_earns.py": generated(EARNS, "size", "test_earns"),
        f"{FOLDER}/test_llmgen_idle.py": generated(IDLE, "size", "test_idle"),
        f"{FOLDER}/test_llmgen_wrong.py": generated(WRONG, "size", "test_wrong", reviewed=True, limit=7),
        f"{FOLDER}/test_llmgen_gone.py": generated(GONE, "other", "test_gone", reviewed=True),
        f"{FOLDER}/test_llmgen_deleted.py": generated(DELETED, "size", "test_deleted"),
        f"{FOLDER}/test_llmgen_edited.py": generated(EDITED, "size", "test_edited") + "# mine\n",
        f"{FOLDER}/test_llmgen_strange.py": generated("strange", "size", "test_strange", limit=7),
        f"{FOLDER}/test_llmgen_accepted.py": generated(IDLE_REVIEWED, "size", "test_accepted", reviewed=True),
    }
    project = make_project(files)
    project.first = project.run("--llm-generate", "--llm-provider=offline", "--llm-time=4")
    project.left = sorted(path.name for path in (project.root / FOLDER).glob("test_*.py"))
    return project


def text(life: Any, name: str) -> str:
    return (life.root / FOLDER / f"test_llmgen_{name}.py").read_text("utf-8")


def test_what_earns_its_place_stays_as_it_is(life: Any) -> None:
    assert text(life, EARNS) == generated(EARNS, "size", "test_earns")
    assert life.first.report["removed"] == [
        [f"{FOLDER}/test_llmgen_deleted.py::test_deleted", "its function is not there any more"],
        [f"{FOLDER}/test_llmgen_gone.py::test_gone", "its function is not there any more"],
        [
            f"{FOLDER}/test_llmgen_idle.py::test_idle",
            "the project's own tests already cover and kill all that it does",
        ],
    ]


def test_files_without_a_test_go_and_the_others_are_left(life: Any) -> None:
    assert life.left == [f"test_llmgen_{name}.py" for name in (IDLE_REVIEWED, EARNS, EDITED, "strange", WRONG)]
    assert "# mine" in text(life, EDITED)


def test_it_is_said_in_the_terminal_and_in_the_report(life: Any) -> None:
    said = " ".join(life.first.output.split())
    assert "looked again at 7 generated tests" in said
    assert "2 stay, 3 removed, 2 left though failing" in said
    assert "deleted tests/llmgen/test_llmgen_gone.py: no test is left in it" in said
    assert any("test_idle" in line for line in life.first.report["written"])


def test_an_accepted_test_that_fails_is_a_red_suite_and_not_touched(life: Any) -> None:
    tests = next(each for each in life.first.report["conditions"] if each["id"] == "tests")
    assert tests["state"] == "inconclusive"
    assert f"{FOLDER}/test_llmgen_wrong.py::test_wrong" in life.first.report["suite"]["failed"]
    assert "(accepted by a person), though it fails" in " ".join(life.first.output.split())
    assert text(life, WRONG) == generated(WRONG, "size", "test_wrong", reviewed=True, limit=7)


def test_a_test_that_fails_on_code_not_known_to_have_changed_is_left_for_a_person(life: Any) -> None:
    assert f"{FOLDER}/test_llmgen_strange.py::test_strange" in life.first.report["suite"]["failed"]
    assert "no code that it is known to run has changed" in " ".join(life.first.output.split())


def test_figures_before_the_run_are_those_of_the_whole_suite(life: Any) -> None:
    totals = life.first.report["totals"]
    assert totals["before"]["lines"] == totals["all"]["lines"]
    assert totals["before"]["mutants"] == totals["all"]["mutants"]


def test_a_test_that_a_person_rewrote_waits_for_nobody(life: Any) -> None:
    assert "3 generated tests wait for a person to read" in life.first.output
    file = life.root / FOLDER / "test_llmgen_earns.py"
    before = file.read_text("utf-8")
    file.write_text(before.replace("n in (3, 4)", "n in (3, 5)"), "utf-8")
    changed = life.run("--llm-check", "--llm-target=earns.py")
    file.write_text(before, "utf-8")
    assert "2 generated tests wait for a person to read" in changed.output


def test_the_ledger_holds_what_is_left(life: Any) -> None:
    rows = json.loads((life.root / FOLDER / "llmgen-ledger.json").read_text("utf-8"))["tests"]
    assert [row and row["test"] for row in rows] == ["test_accepted", "test_earns", None]


def test_a_run_on_unchanged_code_looks_at_what_fails_only(life: Any) -> None:
    second = life.run("--llm-generate", "--llm-provider=offline", "--llm-time=4", "-n", "1")
    assert "looked again at 2 generated tests " in " ".join(second.output.split())
    assert second.report is not None
    assert second.report["removed"] == []
    failed = [nodeid.rpartition("::")[2] for nodeid in second.report["suite"]["failed"]]
    assert sorted(failed) == ["test_strange", "test_wrong"]  # once each: xdist's workers leave them out too


def test_a_run_on_one_function_leaves_the_tests_of_the_others(life: Any) -> None:
    source = life.root / "earns.py"
    before = source.read_text("utf-8")
    source.write_text(before + "\n\ndef never():\n    return None\n", "utf-8")
    narrow = life.run("--llm-generate", "--llm-provider=offline", "--llm-time=2", "--llm-target=earns.py::never")
    source.write_text(before, "utf-8")
    assert "looked again at 1 generated test (the code that it runs has changed): 1 stay" in " ".join(
        narrow.output.split()
    )
    assert "def test_earns" in text(life, EARNS)
