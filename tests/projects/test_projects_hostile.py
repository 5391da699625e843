"""What awkward projects must not bring down: one run for each of the two commands, looked at from all sides."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

INI = """[tool.pytest.ini_options]
addopts = "-q --strict-markers --strict-config"
filterwarnings = ["error"]
llm_workers = "1"
"""
GRADE = """\
def grade(points):
    if points > 90:
        return "A"
    return "B"
"""
ODD_TESTS = """\
import pytest
from grades import grade

@pytest.mark.parametrize(("points", "want"), [
    pytest.param(95, "A", id="a b"), pytest.param(91, "A", id="x::y"), pytest.param(90, "B", id="[z"),
    pytest.param(1, "B", id="é☃"), pytest.param(2, "B", id="a/b.py::c"), pytest.param(3, "B", id="-k")])
def test_grade(points, want):
    assert grade(points) == want
"""
LATIN = """\
# -*- coding: latin-1 -*-
def shout(name):
    return "Grüße " + name.upper()
"""
REGISTRY = """\
NAMES = {}


def register(name):
    NAMES[name] = name + "!"


register("a")
register("b")


def look_up(name):
    return NAMES[name]
"""
OTHER_TESTS = """\
from pathlib import Path

import größe, latin, marked, registry

def test_encodings():
    assert latin.shout("x") == "Grüße X"
    assert marked.double(4) == 8
    assert größe.half(4) == 2.0

def test_look_up():
    assert registry.look_up("a") == "a!"
    assert registry.look_up("b") == "b!"

def test_that_writes_beside_its_code():
    file = Path(__file__).with_name("left.txt")
    file.write_text(latin.shout("y"), encoding="utf-8")
    assert file.exists()
"""
HOSTILE = {
    "pyproject.toml": INI,
    "grades.py": GRADE,
    "test_odd.py": ODD_TESTS,
    "broken.py": "def f(:\n    pass\n",
    "ends.py": "import sys\n\nsys.exit(3)\n",
    "latin.py": LATIN.encode("latin-1"),
    "marked.py": "def double(x):\r\n    return x * 2\r\n".encode("utf-8-sig"),
    "größe.py": "def half(x):\n    return x / 2\n",
    "registry.py": REGISTRY,
    "test_other.py": OTHER_TESTS,
}


@pytest.fixture(scope="session")
def checked(run_on):
    return run_on(HOSTILE, "--llm-check")


def test_the_run_ends_in_a_verdict_without_a_traceback_of_ours(checked):
    assert checked.status == 10, checked.output
    assert not re.search("INTERNALERROR|Traceback|pytest_llmgen/", checked.output)


def test_every_test_runs_in_a_worker_too_whatever_its_id_and_with_warnings_as_errors(checked):
    suite = checked.report["suite"]
    assert (suite["passed"], suite["sandbox_differences"], suite["problem"]) == (9, [], None)


def test_a_file_that_is_not_python_is_named_and_costs_no_other(checked):
    assert [path for path, _ in checked.report["module_errors"]] == ["broken.py"]
    killed, judged = checked.function("grades.py::grade")["metrics"]["mutants"]
    assert killed == judged > 0


@pytest.mark.parametrize("name", ["latin.py::shout", "marked.py::double", "größe.py::half"])
def test_encodings_line_ends_and_names_do_not_matter(checked, name):
    killed, judged = checked.function(name)["metrics"]["mutants"]
    assert killed == judged > 0


def test_code_that_only_the_import_runs_is_judged_by_the_tests_of_its_file(checked):
    killed, judged = checked.function("registry.py::register")["metrics"]["mutants"]
    assert killed == judged > 0


def test_a_module_that_ends_the_interpreter_is_a_gap_and_no_more(checked):
    assert {gap["kind"] for gap in checked.report["gaps"] if gap["path"] == "ends.py"} == {"uncovered-line"}


def test_nothing_is_left_in_the_project_but_what_its_own_tests_leave(checked):
    assert checked.new_files() - {".coverage"} == {"left.txt"}


@pytest.fixture(scope="session")
def generated(run_on):
    tests = 'from grades import grade\n\n\ndef test_grade():\n    assert (grade(95), grade(10)) == ("A", "B")\n'
    files = {"pyproject.toml": INI, "grades.py": GRADE, "hidden/ends.py": "raise SystemExit(3)\n", "test_own.py": tests}
    return run_on(files, "--llm-generate", "--llm-provider=offline", "--llm-time=10", "--llm-rounds=1")


def test_each_mutant_that_a_generated_test_alone_kills_keeps_that_test(generated):
    function = generated.function("grades.py::grade")
    (before, of), (after, judged) = (function[when]["mutants"] for when in ("before", "metrics"))
    assert before < after == judged == of, generated.output


def test_the_tests_reported_as_kept_are_those_on_disk(generated):
    kept = {test["nodeid"].partition("[")[0] for test in generated.report["tests"] if test["fate"] == "kept"}
    path = "tests/llmgen/test_llmgen_grades.py"
    names = re.findall(r"^def (test_\w+)", Path(generated.root, path).read_text(), re.MULTILINE)
    assert kept == {f"{path}::{name}" for name in names}
