from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

SCHEMA = Path(__file__).parents[2] / "docs" / "reference" / "report.schema.json"
PARITY = """def parity(number: int) -> str:
    if number % 2:
        return "odd"
    return "even"
"""
WHOLE = """from pkg.parity import parity

def test_odd(): assert parity(1) == "odd"
def test_odd_again(): assert parity(3) == "odd"
def test_even(): assert parity(2) == "even"
"""
WEAK = """from pkg.parity import parity

def test_odd(): assert parity(1) == "odd"
def test_loose(): assert parity(3)
"""
RED = WEAK + "def test_red(): assert parity(2) == 'odd'\n"
Make = Callable[..., Any]


def project_files(tests: str, **more: str) -> dict[str, str]:
    return {"pkg/__init__.py": "", "pkg/parity.py": PARITY, "tests/test_parity.py": tests, **more}


def conditions(run: Any) -> dict[str, str]:
    return {row["id"]: row["state"] for row in run.report["conditions"]}


def lines_of(run: Any, function: str) -> list[int]:
    (found,) = (f for f in run.report["functions"] if f["qualname"] == function)
    return found["metrics"]["lines"]


def test_a_run_that_ends_without_a_verdict_leaves_none_of_an_earlier_one(make_project: Make) -> None:
    project = make_project(project_files("import os\n\ndef test_exit(): os._exit(0)\n"))
    project.write({".llmgen/earlier": ""})
    place = project.root / ".llmgen" / "mine.json"
    place.write_text('{"schema_version": 1, "verdict": {"state": "pass"}}')
    project.run("--llm-check", "--llm-report=json:.llmgen/mine.json")
    assert sorted(path.name for path in place.parent.iterdir()) == ["earlier", "mine.prev.json"]


def test_the_projects_own_include_is_no_conflict_that_its_strict_warnings_see(make_project: Make) -> None:
    ini = '[tool.pytest.ini_options]\npythonpath = ["."]\nllm_workers = "1"\nfilterwarnings = ["error"]\n'
    settings = ini + '[tool.coverage.run]\ninclude = ["pkg/*"]\n'
    run = make_project(project_files(WHOLE, **{"pyproject.toml": settings})).run("--llm-check")
    assert (run.status, run.verdict) == (0, "pass"), run.output


# --- A project with gaps ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def weak(make_project: Make) -> Any:
    return make_project(project_files(WEAK))


@pytest.fixture(scope="module")
def gap(weak: Any) -> Any:
    before = weak.files()
    run = weak.run("--llm-check")
    run.added = {name for name in weak.files() if name not in before}
    run.changed = {name for name, digest in before.items() if weak.files()[name] != digest}
    return run


def test_gaps_fail_the_gate_and_the_exit_status_is_10(gap: Any) -> None:
    assert (gap.status, gap.verdict) == (10, "fail")
    assert gap.report["run"]["exit_code"] == 10
    assert conditions(gap)["new-gaps"] == "fail"
    assert "GATE FAILED" in gap.output
    assert "MANUAL REVIEW" in gap.output


def test_the_line_that_no_test_runs_is_named(gap: Any) -> None:
    assert lines_of(gap, "parity") == [2, 3]
    missed = [g for g in gap.report["gaps"] if g["kind"] == "uncovered-line"]
    assert [(g["path"], g["region"]["start_line"]) for g in missed] == [("pkg/parity.py", 4)]


def test_a_check_writes_nothing_but_its_own_folder(gap: Any) -> None:
    written = {".llmgen/.gitignore", ".llmgen/kept.sqlite", ".llmgen/report.html", ".llmgen/report.json"}
    assert gap.added == written
    assert gap.changed == set()


def test_the_report_is_as_its_schema_says(gap: Any) -> None:
    jsonschema.validate(gap.report, json.loads(SCHEMA.read_text()))


def test_the_report_says_where_the_map_of_tests_came_from(gap: Any) -> None:
    assert gap.report["run"]["map_source"] == "forked"


def test_a_gate_that_only_reports_leaves_the_exit_status(weak: Any) -> None:
    run = weak.run("--llm-check", "--llm-gate=report", "-p", "no:terminal")
    assert (run.status, run.verdict) == (0, "fail")
    assert run.report["run"]["exit_code"] == 0


def test_named_reports_go_where_they_are_named(weak: Any) -> None:
    run = weak.run("--llm-check", "--llm-gate=off", "--llm-report=json:out/ours.json", "--llm-target=pkg/parity.py")
    assert run.status == 0
    assert run.report is None
    assert "MANUAL REVIEW" not in run.output
    assert json.loads((weak.root / "out" / "ours.json").read_text())["run"]["scope"] == "paths"


# --- Coverage of the user's own -----------------------------------------------------------------


def without_times(output: str) -> str:
    """What pytest-cov reports: its table and its verdict on the limit."""
    start = output.index("tests coverage")
    return output[start:].partition("\n\n")[0] + "".join(x for x in output.splitlines() if x.startswith("FAIL"))


def test_the_users_own_coverage_is_as_without_us_and_ours_is_measured_in_workers(make_project: Make) -> None:
    alone, ours = make_project(project_files(WEAK)), make_project(project_files(WEAK))
    arguments = ("--cov=pkg", "--cov-report=term", "--cov-fail-under=99")
    plain, checked = alone.run(*arguments, is_ours=False), ours.run(*arguments, "--llm-check")
    assert plain.status == checked.status == 1
    assert without_times(checked.output) == without_times(plain.output)
    assert (ours.root / ".coverage").exists()
    assert lines_of(checked, "parity") == [2, 3]
    (warning,) = checked.report["warnings"]
    assert "--cov-branch --cov-context=test" in warning


def test_the_users_own_coverage_serves_where_it_has_branches_and_contexts(weak: Any) -> None:
    run = weak.run("--cov=pkg", "--cov-branch", "--cov-context=test", "--llm-check", "--cov-report=")
    assert run.status == 10
    assert lines_of(run, "parity") == [2, 3]
    assert run.report["warnings"] == []
    data = weak.root / ".coverage"
    assert data.exists()
    data.unlink()


def test_without_pytest_cov_workers_measure(weak: Any, gap: Any) -> None:
    run = weak.run("--llm-check", "-p", "no:pytest_cov")
    assert run.status == 10
    assert run.report["totals"] == gap.report["totals"]
    assert "pytest-cov is switched off or not there" in run.report["warnings"][0]


def test_with_xdist_the_figures_are_the_same(weak: Any, gap: Any) -> None:
    run = weak.run("--llm-check", "-n", "2")
    assert run.status == 10
    assert run.report["totals"] == gap.report["totals"]
    assert run.report["warnings"] == []
    assert not (weak.root / ".coverage").exists()


# --- Other suites -------------------------------------------------------------------------------


MEASURED = """import gc, json, os
from coverage import CoverageData
import pkg.other

def pytest_sessionfinish():
    assert gc.isenabled() and not gc.get_freeze_count()
    data = CoverageData(os.environ["COVERAGE_FILE"])
    data.read()
    files = [os.path.basename(name) for name in data.measured_files() if data.lines(name)]
    with open("measured.txt", "w") as stream:
        json.dump([files, sorted(data.measured_contexts() - {""})], stream)
"""


def test_a_perfectly_tested_module_passes_and_its_file_alone_is_measured_by_each_test(make_project: Make) -> None:
    collecting = "import gc\n\ndef test_garbage_is_collected(): assert gc.isenabled()\n"
    more = {"pkg/other.py": PARITY, "conftest.py": MEASURED, "tests/test_gc.py": collecting}
    project = make_project(project_files(WHOLE, **more))
    run = project.run("--llm-check", "--llm-target=pkg/parity.py")
    assert (run.status, run.verdict) == (0, "pass"), run.output
    assert run.report["gaps"] == []
    names = [f"tests/test_parity.py::test_{name}|test" for name in ("even", "odd_again", "odd")]
    assert json.loads((project.root / "measured.txt").read_text()) == [["parity.py"], names]


def test_a_test_marked_no_llm_judges_no_mutant(make_project: Make) -> None:
    text = "import pytest\n" + WHOLE.replace("def test_even", "@pytest.mark.no_llm\ndef test_even")
    run = make_project(project_files(text)).run("--llm-check")
    assert run.status == 10
    assert lines_of(run, "parity") == [3, 3]
    assert run.report["suite"]["sandbox_differences"] == []
    assert {g["kind"] for g in run.report["gaps"]} == {"surviving-mutant"}


@pytest.mark.parametrize("stop", [(), ("-x",)], ids=["plain", "-x"])
def test_a_red_suite_keeps_its_status_and_is_inconclusive(make_project: Make, stop: tuple[str, ...]) -> None:
    run = make_project(project_files(RED)).run("--llm-check", *stop)
    assert (run.status, run.verdict) == (1, "inconclusive")
    assert run.report["suite"]["failed"] == ["tests/test_parity.py::test_red"]
    assert run.report["run"]["exit_code"] == 1
    assert "make the suite pass first: tests/test_parity.py::test_red" in run.output
    assert (run.report["suite"]["partial"] is not None) == bool(stop)


def test_what_cannot_be_collected_keeps_status_2_and_costs_no_other_file_its_results(make_project: Make) -> None:
    files = project_files(WEAK, **{"tests/test_broken.py": "import nowhere_to_be_found\n"})
    run = make_project(files).run("--llm-check")
    assert (run.status, run.verdict) == (2, "inconclusive")
    assert run.report["run"]["exit_code"] == 2
    assert "tests/test_broken.py" in run.report["suite"]["collection_errors"][0]
    assert lines_of(run, "parity") == [2, 3]


def test_no_tests_at_all_is_inconclusive_and_names_the_way_on(make_project: Make) -> None:
    run = make_project({"pkg/__init__.py": "", "pkg/parity.py": PARITY}).run("--llm-check")
    assert (run.status, run.verdict) == (11, "inconclusive")
    assert "pytest --llm-generate writes tests where there are none" in run.output
    assert "No data was collected" not in run.output


def test_a_partial_run_is_inconclusive_whatever_it_finds(make_project: Make) -> None:
    run = make_project(project_files(WHOLE)).run("--llm-check", "-k", "odd")
    assert (run.status, run.verdict) == (11, "inconclusive")
    assert "deselected" in run.report["suite"]["partial"]


def test_from_a_subfolder_and_by_the_pytest_command_it_is_the_same(weak: Any, gap: Any) -> None:
    weak.folder = "tests"
    try:
        run = weak.run("--llm-check", as_module=False)
    finally:
        weak.folder = "."
    assert run.status == 10
    assert run.report["totals"] == gap.report["totals"]
    assert [g["id"] for g in run.report["gaps"]] == [g["id"] for g in gap.report["gaps"]]


def test_a_folder_of_reports_that_cannot_be_made_is_said_so(make_project: Make) -> None:
    project = make_project(project_files(WHOLE, **{".llmgen": "a file"}))
    run = project.run("--llm-check", "--llm-report=term")
    assert run.status == 11
    assert "[report-folder]" in run.output
    assert "INTERNALERROR" not in run.output


def test_where_no_report_can_be_written_the_terminal_shows_the_verdict(make_project: Make) -> None:
    project = make_project(project_files(WHOLE, **{".llmgen": "a file"}))
    run = project.run("--llm-check")
    assert run.status == 4
    assert "[report-not-written]" in run.output
    assert "GATE INCONCLUSIVE" in run.output
    assert "[report-folder]" in run.output


def test_tests_beside_a_folder_with_a_conftest_of_its_own_judge_as_well(make_project):
    """pluggy puts plugins into sets where a conftest of another folder is left out of a hook call."""
    project = make_project({
        "pyproject.toml": '[tool.pytest.ini_options]\ntestpaths = ["tests"]\npythonpath = ["."]\n',
        "pkg.py": "def double(n):\n    return 2 * n\n",
        "tests/test_pkg.py": "from pkg import double\n\n\ndef test_double():\n    assert double(3) == 6\n",
        "tests/llmgen/conftest.py": "",
        "tests/llmgen/__init__.py": "",
        "tests/llmgen/test_more.py": "from pkg import double\n\n\ndef test_zero():\n    assert double(0) == 0\n",
    })  # fmt: skip
    run = project.run("--llm-check", "--llm-workers=1")
    assert run.report["suite"]["sandbox_differences"] == []
    assert run.verdict == "pass", run.output
