from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import pytest_llmgen

HEAVY = {"anthropic", "httpx2", "httpx", "pydantic", "libcst", "mutmut", "hypothesis", "jinja2", "asyncio", "coverage"}
ASK = """
import json, sys
import pytest
status = pytest.main(sys.argv[1:])
print("\\n" + json.dumps([int(status), sorted(sys.modules)]))
"""


def modules_of(folder: Path, *arguments: str) -> tuple[int, set[str]]:
    """Exit status and loaded modules of a pytest without any other plugin."""
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    environment |= {"PYTHONPATH": str(Path(pytest_llmgen.__file__).parents[1]), "PYTEST_ADDOPTS": ""}
    done = subprocess.run(
        [sys.executable, "-c", ASK, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    status, modules = json.loads(done.stdout.splitlines()[-1])
    return status, set(modules)


@pytest.fixture(scope="module")
def without(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, set[str]]:
    return modules_of(tmp_path_factory.mktemp("empty"), "--collect-only")


def test_an_idle_start_loads_nothing_heavy_through_us(tmp_path: Path, without: tuple[int, set[str]]) -> None:
    status, modules = modules_of(tmp_path, "--collect-only", "-p", "pytest_llmgen.plugin")
    added = modules - without[1]
    assert status == without[0] == pytest.ExitCode.NO_TESTS_COLLECTED
    assert "pytest_llmgen.plugin" in added
    assert not {name.partition(".")[0] for name in added} & HEAVY


def test_an_idle_start_loads_only_its_table_and_its_errors_of_ours(tmp_path: Path) -> None:
    _, modules = modules_of(tmp_path, "--collect-only", "-p", "pytest_llmgen.plugin")
    ours = {name for name in modules if name.startswith("pytest_llmgen")}
    table = {name for name in ours if name.startswith("pytest_llmgen.options")}
    assert ours - table == {f"pytest_llmgen{rest}" for rest in ("", ".plugin", ".settings", ".errors", ".hooks")}


def test_asking_for_nothing_but_a_listing_loads_nothing_heavy_either(
    tmp_path: Path, without: tuple[int, set[str]]
) -> None:
    _, modules = modules_of(tmp_path, "--collect-only", "--llm-check", "-p", "pytest_llmgen.plugin")
    assert not {name.partition(".")[0] for name in modules - without[1]} & HEAVY


def test_a_worker_loads_nothing_that_only_generating_needs() -> None:
    ask = "import sys, pytest_llmgen.run.worker; print(*sys.modules)"
    environment = {**os.environ, "PYTHONPATH": str(Path(pytest_llmgen.__file__).parents[1])}
    done = subprocess.run([sys.executable, "-c", ask], env=environment, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "pytest_llmgen.run.worker" in loaded
    assert not {
        name
        for name in loaded
        if name.endswith((".offline.search", ".offline.calls", ".offline.generator", ".vet.vetting"))
    }
    assert not {name.partition(".")[0] for name in loaded} & (HEAVY - {"coverage"})
