from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

SCHEMA = Path(__file__).parents[2] / "docs" / "reference" / "report.schema.json"
PARITY = """DIVISOR = 2


def parity(number: int) -> str:
    if number % DIVISOR:
        return "odd"
    return "even"
"""
FILES = {"pkg/__init__.py": "", "pkg/parity.py": PARITY}
OFFLINE = ("--llm-generate", "--llm-provider=offline", "--llm-workers=1")
OUTPUT = "tests/llmgen/test_llmgen_pkg_parity.py"
INI = '[tool.pytest.ini_options]\ntestpaths = ["tests"]\npythonpath = ["."]\n'
TIMES = ("seconds", "stage_seconds", "stage_cpu_seconds", "started", "peak_memory_mb")
Make = Callable[..., Any]


def without_times(data: Any) -> Any:
    """A report without what is never the same."""
    if isinstance(data, dict):
        return {key: without_times(value) for key, value in data.items() if key not in TIMES}
    return [without_times(each) for each in data] if isinstance(data, list) else data


def generated(project: Any) -> dict[str, str]:
    folder = project.root / "tests" / "llmgen"
    return {path.name: path.read_text() for path in sorted(folder.glob("*.py"))}


@pytest.fixture(scope="module")
def bare(make_project: Make) -> Any:
    """A project without any test."""
    return make_project({"pyproject.toml": INI, **FILES})


@pytest.fixture(scope="module")
def first(bare: Any) -> Any:
    before = bare.files()
    run = bare.run(*OFFLINE)
    after = bare.files()
    run.added = sorted(name for name in after if name not in before)
    run.changed = [name for name in before if after.get(name) != before[name]]
    run.texts = generated(bare)
    return run


def test_a_project_without_tests_is_a_valid_start(first: Any) -> None:
    assert first.status == 0, first.output
    assert first.report["run"]["exit_code"] == 0
    assert OUTPUT in first.added
    assert first.report["suite"]["passed"] == 0
    assert "No data was collected" not in first.output


def test_everything_ends_up_tested(first: Any) -> None:
    assert first.report["totals"]["all"]["lines"] == [5, 5]
    assert first.report["totals"]["all"]["branches"] == [2, 2]
    killed, judged = first.report["totals"]["all"]["mutants"]
    assert killed == judged > 0
    assert first.report["totals"]["before"]["mutants"] == [0, judged]


def test_only_tests_and_the_folder_of_reports_are_written(bare: Any, first: Any) -> None:
    assert first.changed == []
    assert {Path(name).parts[0] for name in first.added} == {"tests", ".llmgen"}
    assert all(name.startswith(("tests/llmgen/", ".llmgen/")) for name in first.added)
    assert ".llmgen/.gitignore" in first.added
    assert bare.leftovers() == []


def test_generated_tests_are_unreviewed_and_each_is_counted_once(first: Any) -> None:
    kept = [test for test in first.report["tests"] if test["state"] == "pending"]
    (row,) = (row for row in first.report["conditions"] if row["id"] == "unreviewed")
    assert (row["state"], row["actual"]) == ("fail", len(kept))
    assert all(test["nodeid"].startswith(OUTPUT + "::test_") and not test["reviewed"] for test in kept)


def test_the_report_is_as_its_schema_says(first: Any) -> None:
    jsonschema.validate(first.report, json.loads(SCHEMA.read_text()))


@pytest.mark.parametrize("mode", ["prepend", "append", "importlib"])
def test_written_files_pass_without_us_strictly_and_beside_tests_of_the_same_module(
    bare: Any, first: Any, mode: str
) -> None:
    beside = {"tests/test_parity.py": "from pkg.parity import parity\n\ndef test_odd(): assert parity(1) == 'odd'\n"}
    bare.write(beside)
    try:
        run = bare.run("-W", "error", "--strict-markers", f"--import-mode={mode}", "-q", is_ours=False)
    finally:
        (bare.root / "tests" / "test_parity.py").unlink()
    number = len([test for test in first.report["tests"] if test["state"] == "pending"])
    assert run.status == 0, run.output
    assert int(run.output.split(" passed")[0].split()[-1]) >= number + 1


def test_the_same_seed_gives_the_same_files_and_the_same_report(make_project: Make, first: Any) -> None:
    copy = make_project({"pyproject.toml": INI, **FILES})
    run = copy.run(*OFFLINE)
    assert generated(copy) == first.texts
    assert without_times(run.report) == without_times(first.report)


def test_a_second_run_changes_nothing_and_a_persons_file_is_never_written(bare: Any, first: Any) -> None:
    second = bare.run(*OFFLINE)
    assert second.status == 0
    assert generated(bare) == first.texts
    assert second.report["tests"] == []
    (row,) = (row for row in second.report["conditions"] if row["id"] == "unreviewed")
    assert row["actual"] == len([test for test in first.report["tests"] if test["state"] == "pending"])

    edited = first.texts[Path(OUTPUT).name] + "\n\ndef test_of_a_person():\n    assert True\n"
    grown = PARITY + "\n\ndef sign(number: int) -> int:\n    return 1 if number > 0 else -1\n"
    bare.write({OUTPUT: edited, "pkg/parity.py": grown})
    third = bare.run(*OFFLINE, "--llm-target=pkg/parity.py::sign")
    assert third.status == 0
    assert (bare.root / OUTPUT).read_text() == edited
    assert {test["target"] for test in third.report["tests"]} == {"pkg/parity.py::sign"}
    beside = [name for name in generated(bare) if name.startswith("test_") and name != Path(OUTPUT).name]
    assert len(beside) == 1
    assert any("was edited" in note for note in third.report["written"])
    assert bare.run("-q", is_ours=False).status == 0


def test_a_red_suite_still_gets_tests_from_its_green_ones(make_project: Make) -> None:
    red = (
        "from pkg.parity import parity\n\ndef test_red(): assert parity(2) == 'odd'\ndef test_odd(): assert parity(1)\n"
    )
    project = make_project({"pyproject.toml": INI, **FILES, "tests/test_parity.py": red})
    run = project.run(*OFFLINE, "-o", "llm_gate_unreviewed=-1")
    assert (run.status, run.verdict) == (1, "inconclusive")
    assert run.report["suite"]["failed"] == ["tests/test_parity.py::test_red"]
    assert OUTPUT in run.output
    killed, judged = run.report["totals"]["all"]["mutants"]
    assert killed == judged > run.report["totals"]["before"]["mutants"][0]


def test_tests_in_an_earlier_output_folder_still_wait_for_a_person(make_project: Make, first: Any) -> None:
    kept = {f"tests/llmgen/{name}": text for name, text in first.texts.items()}
    run = make_project({"pyproject.toml": INI, **FILES, **kept}).run("--llm-check", "-o", "llm_output_dir=tests/other")
    (row,) = (row for row in run.report["conditions"] if row["id"] == "unreviewed")
    assert (row["state"], int(row["actual"])) == ("fail", len(first.report["tests"]) - _dropped(first))
    assert run.report["totals"]["without_unreviewed"] is None
    assert "not computed" in run.output


def _dropped(run: Any) -> int:
    return sum(test["state"] == "dropped" for test in run.report["tests"])


def test_where_the_suite_could_not_be_collected_nothing_is_generated(make_project: Make) -> None:
    project = make_project({"pyproject.toml": INI, **FILES, "tests/test_broken.py": "import nowhere_to_be_found\n"})
    run = project.run(*OFFLINE)
    assert run.status == 2
    assert "tests/test_broken.py: ModuleNotFoundError" in " ".join(run.output.split())
    assert "[suite-not-collected]" in run.output
    assert not generated(project)


def test_a_package_of_tests_with_no_test_in_it_is_a_valid_start(make_project: Make) -> None:
    project = make_project({"pyproject.toml": INI, **FILES, "tests/__init__.py": ""})
    run = project.run(*OFFLINE)
    assert run.status == 0, run.output
    assert "test_llmgen_pkg_parity.py" in generated(project)
