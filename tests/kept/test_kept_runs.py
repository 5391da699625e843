"""Whole runs one after the other on a project whose tests depend on something that changes in between."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pytest_llmgen.extract.sources import find_modules
from pytest_llmgen.findings import Findings
from pytest_llmgen.kept.memory import Memory
from pytest_llmgen.kept.opening import open_memory
from pytest_llmgen.kept.runner import KeepingRunner
from pytest_llmgen.mutate.operators import mutants_of
from pytest_llmgen.mutate.select import jobs
from pytest_llmgen.records import Baseline, MutantStatus, Outcome, TestRun
from pytest_llmgen.run.executor import Executor
from pytest_llmgen.run.measure import file_lines
from pytest_llmgen.run.survey import take_survey
from pytest_llmgen.settings import defaults

INI = '[tool.pytest.ini_options]\npythonpath = ["."]\n'
FILES = {
    "pyproject.toml": INI,
    "pkg/__init__.py": "",
    "pkg/code.py": """\
import json
import os
import time
from importlib import resources


def double(number):
    return number + number


def triple(number):
    return number * 3


def limit():
    return json.loads(open("limit.json").read())["limit"] + 1


def template():
    return (resources.files("pkg") / "hello.txt").read_text() + "!"


def mode():
    return os.environ.get("SHOP_MODE", "none") + "?"


def stamp():
    return time.time() + 1
""",
    "pkg/hello.txt": "hello",
    "limit.json": '{"limit": 3}',
    "tests/test_code.py": """\
from pkg import code


def test_double():
    assert code.double(3) == 6


def test_triple():
    assert code.triple(2) == 6


def test_limit():
    assert code.limit() >= 4


def test_template():
    assert code.template().endswith("!")


def test_mode():
    assert code.mode().endswith("?")


def test_stamp():
    assert code.stamp() > 5
""",
}
CODE = FILES["pkg/code.py"]
NAMES = ("double", "triple", "limit", "template", "mode", "stamp")
ENVIRONMENT = {"PATH": os.environ.get("PATH", ""), "HOME": "/nowhere"}


class Ran:
    """What a run kept, and what it found."""

    def __init__(self, memory: Memory, findings: Findings, anew: set[str]) -> None:
        self.memory, self.findings, self.anew = memory, findings, anew

    def verdicts(self) -> dict[str, tuple[MutantStatus, tuple[str, ...]]]:
        return {name: (verdict.status, verdict.killed_by) for name, verdict in self.findings.verdicts_before.items()}


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def run(root: Path, environ: dict[str, str] | None = None, **changes: Any) -> Ran:
    settings = defaults(root, check=True, workers=1, operators="classic", **changes)
    modules = find_modules(
        root,
        targets=settings.targets,
        exclude=(),
        cov_source=(),
        configured_source=(),
        test_paths=["tests"],
        output_dir=settings.output_dir,
    )
    suite = tuple(TestRun(f"tests/test_code.py::test_{name}", Outcome.PASSED, 0.01) for name in NAMES)
    files = {module.path: file_lines(root, module.path) for module in modules}
    findings = Findings(modules, Baseline(suite, files, {}, {}, measured=False))
    executor = Executor(
        root, settings, args=["tests"], sys_path=[str(root), *sys.path], invocation_dir=root, modules=modules
    )
    (root / ".llmgen").mkdir(exist_ok=True)
    memory = open_memory(
        settings,
        environ=ENVIRONMENT | (environ or {}),
        args=["tests"],
        ini_file=root / "pyproject.toml",
        tier=executor.tier,
        folder=root,
        paths=[module.path for module in modules],
        coverage_config=".coveragerc",
        suite=suite,
    )
    runner = KeepingRunner(executor, memory, suite)
    anew: set[str] = set()
    judge = executor.judge

    def noted(asked: Any) -> Any:
        anew.update(job.mutant.unit for job in asked)
        return judge(asked)

    executor.judge = noted  # type: ignore[method-assign]
    survey = take_survey(findings.baseline, runner, lambda _done, _total: None)
    mutants = [mutant for module in modules for mutant in mutants_of(module, settings.operators)]
    work, _ = jobs(
        mutants,
        line_tests=survey.line_tests,
        files=files,
        targets=findings.targets.values(),
        seconds=survey.seconds,
        ran=runner.imported(),
    )
    findings.verdicts_before.update({verdict.mutant_id: verdict for verdict in runner.judge(work)})
    findings.survey = survey
    runner.close()
    return Ran(memory, findings, anew)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ran]:
    root = tmp_path_factory.mktemp("kept")
    write(root, FILES)
    return root, run(root)


@pytest.fixture
def root(first: tuple[Path, Ran], tmp_path: Path) -> Path:
    """A project that has been judged once, for one more run: moved, as a cache of CI would move it."""
    copy = tmp_path / "project"
    subprocess.run(["cp", "-r", str(first[0]), str(copy)], check=True)
    return copy


def test_an_unchanged_project_keeps_every_verdict_that_does_not_hang_on_the_clock(
    first: tuple[Path, Ran], root: Path
) -> None:
    again = run(root)
    assert again.anew == {"stamp"}
    assert again.verdicts() == first[1].verdicts()
    assert again.findings.survey.line_tests == first[1].findings.survey.line_tests


@pytest.mark.parametrize(
    ("what", "files", "anew"),
    [
        ("a function", {"pkg/code.py": CODE.replace("number * 3", "3 * number + 0")}, {"triple"}),
        ("lines above", {"pkg/code.py": CODE.replace("\n\ndef double", "\n\n\n\ndef double")}, set()),
        (
            "a constant",
            {"pkg/code.py": CODE.replace("\n\ndef double", "\nX = 1\n\ndef double")},
            set(NAMES),
        ),
        ("a data file", {"limit.json": '{"limit": 4}'}, {"limit", "template"}),
        ("a template", {"pkg/hello.txt": "hallo"}, {"limit", "template"}),
        ("a configuration", {"pyproject.toml": INI + "xfail_strict = true\n"}, set(NAMES)),
        (
            "a setting of our own",
            {"pyproject.toml": INI + "llm_workers = 1\n"},
            {"limit", "template"},
        ),
        ("a module that nobody imports", {"pkg/notes.py": "X = 1\n"}, {"limit", "template"}),
    ],
)
def test_a_change_costs_its_own_mutants_and_no_others(
    root: Path, what: str, files: dict[str, str], anew: set[str]
) -> None:
    write(root, files)
    assert run(root).anew == anew | {"stamp"}, what


def test_a_variable_that_a_test_reads_concerns_that_test(root: Path) -> None:
    assert run(root, {"SHOP_MODE": "open", "OTHER": "1"}).anew == {"mode", "stamp"}


def test_another_version_of_a_distribution_concerns_all(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pytest_llmgen.kept.world.installed_digest", lambda: "something-2.0.dist-info")
    assert run(root).anew == set(NAMES)


def test_a_fresh_run_uses_nothing_and_is_kept_itself(root: Path) -> None:
    assert run(root, fresh=True).anew == set(NAMES)
    assert run(root).anew == {"stamp"}


@pytest.mark.parametrize("content", [b"", b"not a database", b"SQLite format 3\0" + b"x" * 5000])
def test_a_broken_file_is_set_aside_and_costs_nothing_else(root: Path, content: bytes) -> None:
    file = root / ".llmgen" / "kept.sqlite"
    file.write_bytes(content)
    ran = run(root)
    assert ran.anew == set(NAMES)
    assert "earlier verdicts are not used" in (ran.memory.problem or "")
    assert (root / ".llmgen" / "kept.sqlite.broken").read_bytes() == content
    assert run(root).anew == {"stamp"}


def test_values_of_a_strange_form_count_as_not_there(root: Path) -> None:
    with sqlite3.connect(root / ".llmgen" / "kept.sqlite") as connection:
        connection.execute("UPDATE kept SET value = '[1, {}]' WHERE kind IN ('test', 'verdict', 'imports')")
    connection.close()
    assert run(root).anew == set(NAMES)
