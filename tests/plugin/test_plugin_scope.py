from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

OLD = "LIMIT = 3\nif LIMIT > 4:\n    LIMIT = 4\n\n\ndef weak(number):\n    return number + 1\n"
NEW = OLD + "\n\ndef fresh(number):\n    return number * 2\n"
TESTS = "from pkg import code\n\ndef test_weak(): code.weak(1)\n"
FRESH = TESTS + "def test_fresh(): assert code.fresh(3) == 6\n"


@pytest.fixture(scope="module")
def repository(make_project: Callable[..., Any]) -> Any:
    project = make_project({"pkg/__init__.py": "", "pkg/code.py": OLD, "tests/test_code.py": TESTS})
    project.write({".gitignore": "__pycache__\n.coverage\n"})
    project.git("init", "-q", "-b", "main")
    project.git("add", ".")
    project.git("commit", "-q", "-m", "start")
    return project


def test_new_code_alone_is_judged_then_nothing_and_never_an_unknown_base(repository: Any) -> None:
    run = repository.run("--llm-check", "--llm-diff=main")
    assert (run.status, run.verdict) == (0, "pass")
    assert run.report["nothing_to_test"] is not None
    assert "nothing to test" in run.output
    assert run.report["run"]["map_source"] == ""

    repository.write({"pkg/code.py": NEW, "tests/test_code.py": FRESH})
    run = repository.run("--llm-check", "--llm-diff=main")
    assert (run.status, run.verdict) == (0, "pass"), run.output
    assert run.report["run"]["scope"] == "new"
    assert run.report["totals"]["new"]["lines"][0] == run.report["totals"]["new"]["lines"][1] > 0

    repository.write({"tests/test_code.py": TESTS})
    run = repository.run("--llm-check", "--llm-diff=main")
    assert (run.status, run.verdict) == (10, "fail")
    assert {gap["qualname"] for gap in run.report["gaps"] if gap["new"]} == {"fresh"}


def test_a_changed_test_brings_the_functions_that_it_covers(repository: Any) -> None:
    repository.git("checkout", "-q", "-B", "tested")
    repository.write({"pkg/code.py": NEW, "tests/test_code.py": FRESH})
    repository.git("add", ".")
    repository.git("commit", "-q", "-m", "fresh")
    repository.write({"tests/test_code.py": FRESH.replace("assert code.fresh(3) == 6", "code.fresh(3)")})
    run = repository.run("--llm-check", "--llm-diff=tested")
    assert (run.status, run.verdict) == (10, "fail"), run.output
    assert {gap["qualname"] for gap in run.report["gaps"] if gap["new"]} == {"fresh"}
    assert "1 changed or removed test covered" in run.output
    repository.git("checkout", "-q", "-f", "main")


def test_a_base_that_is_not_there_is_inconclusive_and_names_the_fix(repository: Any) -> None:
    run = repository.run("--llm-check", "--llm-diff=nowhere")
    assert (run.status, run.verdict) == (11, "inconclusive")
    assert "nowhere" in run.report["scope_problem"]
    assert "--llm-all judges everything" in run.output


def test_a_target_narrows_to_one_function(repository: Any) -> None:
    repository.write({"pkg/code.py": NEW, "tests/test_code.py": FRESH})
    run = repository.run("--llm-check", "--llm-target=pkg/code.py::fresh")
    assert (run.status, run.verdict) == (0, "pass"), run.output
    assert run.report["run"]["scope"] == "paths"
    assert {function["qualname"] for function in run.report["functions"]} - {"<module>"} == {"fresh"}
    assert run.report["gaps"] == []
