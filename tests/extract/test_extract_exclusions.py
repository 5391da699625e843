"""Settings that come with the code which they take out of the gate's sight."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from repositories import Repository

from pytest_llmgen.exclusions import Place, settled
from pytest_llmgen.extract.sources import find_modules
from pytest_llmgen.policy import Policy
from pytest_llmgen.records import Module
from pytest_llmgen.run.measure import CoverageSettings, coverage_settings
from pytest_llmgen.scope import Scope, find_scope
from pytest_llmgen.settings import defaults

OLD = "def total(n):\n    return n + 1\n"
NEW = "\n\ndef extra(n):\n    return n - 1\n"
TYPES = "\nfrom typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    import decimal\n"


@pytest.fixture
def shop(tmp_path: Path) -> Repository:
    made = Repository(tmp_path / "work")
    made.run("init", "-q", "-b", "main")
    made.write("shop.py", OLD)
    made.write("other.py", OLD)
    made.commit()
    return made


def modules(shop: Repository, exclude: Sequence[str], source: Sequence[str]) -> tuple[Module, ...]:
    return find_modules(
        shop.folder,
        targets=(),
        exclude=exclude,
        cov_source=(),
        configured_source=source,
        test_paths=(),
        output_dir="tests/llmgen",
    )


def scope_of(shop: Repository, *exclude: str) -> Scope:
    """As a run has it: the settings of today decide, those of the base are looked at."""
    measured = coverage_settings(shop.folder, ".coveragerc")
    now = modules(shop, (*exclude, *measured.omit), measured.source)

    def then(policy: Policy, before: CoverageSettings) -> tuple[Module, ...]:
        return modules(shop, (*policy.words("llm_exclude"), *before.omit), before.source)

    def read(path: str) -> str | None:
        file = shop.folder / path
        return file.read_bytes().decode() if file.exists() else None

    scope = find_scope(shop, defaults(shop.folder, check=True, diff="main"), now, {}, read)
    return settled(scope, Place(shop.folder.resolve(), ".coveragerc"), then)


def test_new_code_that_a_new_pattern_excludes_is_named(shop):
    shop.write("shop.py", OLD + NEW)
    shop.write(".coveragerc", "[report]\nexclude_also =\n    def extra\n")
    scope = scope_of(shop)
    assert [(each.path, each.line, each.end_line, each.by) for each in scope.pragmas] == [
        ("shop.py", 5, 6, ".coveragerc")
    ]
    assert [each.text for each in scope.settings] == ["exclude_also = def extra (was not set)"]


def test_a_pattern_that_was_there_is_the_projects_own_policy(shop):
    shop.write(".coveragerc", "[report]\nexclude_also =\n    def extra\n")
    shop.commit()
    shop.run("branch", "-f", "old", "main")
    shop.run("checkout", "-q", "-b", "feature")
    shop.write("shop.py", OLD + NEW + "\n\ndef more(n):\n    return n\n")
    scope = scope_of(shop)
    assert scope.pragmas == scope.settings == ()
    assert scope.nothing_to_test is None


@pytest.mark.parametrize(("name", "text"), [("shop.py", OLD + TYPES), ("new.py", TYPES)])
def test_a_change_of_nothing_but_excluded_code_has_nothing_to_test(shop, name, text):
    shop.write("shop.py", OLD + TYPES.replace("import decimal", "import os"))
    shop.commit()
    shop.run("checkout", "-q", "-b", "feature")
    shop.write("shop.py", OLD + TYPES)
    scope = scope_of(shop)
    assert scope.nothing_to_test is not None
    assert scope.nothing_to_test.startswith("only code that coverage is told to leave out changed since main@")
    shop.write(name, text.replace("TYPE_CHECKING:", "not TYPE_CHECKING:"))
    assert scope_of(shop).nothing_to_test is None


@pytest.mark.parametrize(
    ("file", "text", "exclude"),
    [
        (".coveragerc", "[run]\nomit = shop.py\n", ()),
        (".coveragerc", "[run]\nsource = other\n", ()),
        ("pyproject.toml", "[tool.coverage.run]\nomit = ['shop.py']\n", ()),
        ("pytest.ini", "[pytest]\nllm_exclude = shop.py\n", ("shop.py",)),
    ],
)
def test_a_changed_file_that_the_same_change_leaves_out_is_missing_data(shop, file, text, exclude):
    shop.write("shop.py", OLD + NEW)
    shop.write(file, text)
    scope = scope_of(shop, *exclude)
    errors = {module.path: module.error for module in scope.modules if module.error}
    assert errors == {"shop.py": f"changed, and left out by {file}, which this change edits as well"}
    assert scope.nothing_to_test is None
    shop.write("shop.py", OLD)
    assert scope_of(shop, *exclude).nothing_to_test is not None


def test_changed_limits_are_told_and_other_settings_are_not(shop):
    shop.write("pyproject.toml", "[tool.pytest.ini_options]\nllm_gate_new_gaps = 1\nlog_level = 'INFO'\n")
    shop.commit()
    shop.run("checkout", "-q", "-b", "feature")
    shop.write("shop.py", OLD + NEW)
    shop.write("pyproject.toml", "[tool.pytest.ini_options]\nllm_gate_new_gaps = 50\nlog_level = 'DEBUG'\n")
    assert [(each.path, each.line, each.text) for each in scope_of(shop).settings] == [
        ("pyproject.toml", 2, "llm_gate_new_gaps = 50 (was 1)")
    ]


def test_settings_that_cannot_be_read_hide_nothing(shop):
    shop.write("pyproject.toml", "[tool.coverage.run\n")
    shop.commit()
    shop.run("checkout", "-q", "-b", "feature")
    shop.write("shop.py", OLD + NEW)
    shop.write("pyproject.toml", "[tool.coverage.run]\nomit = ['shop.py']\n")
    assert [module.path for module in scope_of(shop).modules if module.error] == ["shop.py"]
