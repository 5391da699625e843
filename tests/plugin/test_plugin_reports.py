"""Reports of real runs: their hook, their places, and that a run that is stopped leaves them too."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from pytest_llmgen.refine import ledger

FILES = {
    "pkg/__init__.py": "",
    "pkg/code.py": "def half(n):\n    if n > 10:\n        return 0\n    return n / 2\n",
    "tests/test_code.py": "from pkg.code import half\n\ndef test_half(): assert half(4) == 2\n",
    "conftest.py": "def pytest_llmgen_report(config, report):\n"
    "    (config.rootpath / 'hook.txt').write_text(f'{report.verdict.state} {len(report.facts.gaps)}')\n",
}
ALL = ("json", "html", "stryker", "sarif", "gitlab", "markdown", "term")


@pytest.fixture(scope="module")
def twice(make_project: Callable[..., Any]) -> Any:
    """Two runs with every report, the first of them with the suite stopped by Ctrl-C."""
    stopped = FILES["tests/test_code.py"] + "def test_stop(): raise KeyboardInterrupt\n"
    project = make_project({**FILES, "tests/test_code.py": stopped})
    reports = [f"--llm-report={kind}" for kind in ALL]
    first = project.run("--llm-check", *reports)
    project.after_first = sorted(path.name for path in (project.root / ".llmgen").iterdir() if path.is_file())
    project.write({"tests/test_code.py": FILES["tests/test_code.py"]})
    kept = json.loads((project.root / ".llmgen/mutation.json").read_text())
    (project.root / ".llmgen/report.json").write_text(json.dumps({"schema_version": 1, "first": True}))
    project.first, project.kept = first, kept
    project.second = project.run("--llm-check", *reports, "--llm-report=html:out/page.html")
    return project


def test_every_report_is_there_after_an_interrupt_too(twice: Any) -> None:
    assert twice.first.status == pytest.ExitCode.INTERRUPTED
    files = {"report.json", "report.html", "mutation.json", "llmgen.sarif", "gl-code-quality-report.json", "report.md"}
    assert set(twice.after_first) - {"kept.sqlite"} == files | {".gitignore"}


def test_the_reports_before_are_kept_beside_the_new_ones(twice: Any) -> None:
    folder = twice.root / ".llmgen"
    assert "interrupted" in (folder / "report.prev.html").read_text("utf-8")
    assert json.loads((folder / "mutation.prev.json").read_text()) == twice.kept
    assert (twice.root / "out/page.html").read_text("utf-8") == (folder / "report.html").read_text("utf-8")


def test_the_hook_is_called_with_the_report(twice: Any) -> None:
    state, gaps = (twice.root / "hook.txt").read_text().split()
    assert (state, int(gaps)) == (twice.second.report["verdict"]["state"], len(twice.second.report["gaps"]))


def test_every_format_has_the_same_gaps(twice: Any) -> None:
    folder, ids = twice.root / ".llmgen", {gap["id"] for gap in twice.second.report["gaps"]}
    page = (folder / "report.html").read_text("utf-8")
    assert ids
    assert all(f'<article class="card" id="{gap}"' in page for gap in ids)
    assert len(json.loads((folder / "gl-code-quality-report.json").read_text())) == len(ids)
    stryker = json.loads((folder / "mutation.json").read_text())["files"]["pkg/code.py"]["mutants"]
    survivors = {gap for gap in ids if gap.startswith("M-")}
    assert {mutant["id"] for mutant in stryker if mutant["id"].startswith("M-")} == survivors


def test_a_condition_that_was_only_ever_false_is_told_with_the_values_that_it_saw(twice: Any) -> None:
    reasons = {gap["kind"]: gap["reason"] for gap in twice.second.report["gaps"]}
    told = "the condition at line 2 was only ever false (seen: n = 4)"
    assert (reasons["uncovered-branch"], reasons["uncovered-line"]) == (told, told)
    assert "Same cause as B-" in twice.second.output


def test_the_terminal_names_the_files_that_were_written(twice: Any) -> None:
    assert ".llmgen/report.html" in twice.second.output
    assert "out/page.html" in twice.second.output


def test_a_run_that_shows_the_terminal_only_names_no_file(make_project: Callable[..., Any]) -> None:
    project = make_project(FILES)
    run = project.run("--llm-check", "--llm-report=term")
    assert ".llmgen" not in run.output
    assert not list((project.root / ".llmgen").glob("report*"))


def test_a_file_that_is_no_report_stops_the_run_before_it_begins(make_project: Callable[..., Any]) -> None:
    run = make_project(FILES).run("--llm-check", "--llm-report=html:pkg/code.py")
    assert run.status == pytest.ExitCode.USAGE_ERROR
    assert "no report of ours" in run.output


@pytest.mark.parametrize("arguments", [(), ("-n", "1")])
def test_junit_has_the_verdict_and_what_generated_tests_are_for(
    make_project: Callable[..., Any], arguments: tuple
) -> None:
    generated = 'import pytest\nfrom pkg.code import half\n\n@pytest.mark.llm_generated(target="pkg.code:half")\n'
    entry = ledger.Entry("test_made.py", "test_made", "pkg/code.py::half", "0", "0", (), kills=3)
    files = {
        "tests/llmgen/test_made.py": generated + "def test_made(): assert half(20) == 0\n",
        f"tests/llmgen/{ledger.NAME}": ledger.text_of(ledger.Ledger({("test_made.py", "test_made"): entry})),
    }
    project = make_project({**FILES, **files})
    project.run("--llm-check", "--llm-report=term", "--junitxml=junit.xml", *arguments)
    junit = (project.root / "junit.xml").read_text()
    assert '<property name="llmgen.verdict" value="' in junit
    assert '<property name="llmgen.report" value="" />' in junit
    assert junit.count('<property name="llmgen.target" value="pkg.code:half" />') == 1
    assert junit.count('<property name="llmgen.kills" value="3" />') == 1
