"""House rules from a project's own files."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.extract.rules import LONGEST, read_rules, rules_on_tests

MARKDOWN = """# Contributing

Be kind.

## Running the tests

Use `pytest`.

```sh
# Testing is fun
tox
```

### Style

No mocks.

## Releases

Tag it.

## Test data

Small.
"""
REST = """Contributing
============

Be kind.

Testing
-------

Use pytest.

Style
~~~~~

No mocks.

Releases
--------

Tag it.
"""


def test_sections_about_tests_are_taken_with_those_below_them_and_no_others():
    rules = rules_on_tests(MARKDOWN)
    assert rules.startswith("## Running the tests\n\nUse `pytest`.")
    assert "### Style\n\nNo mocks." in rules
    assert rules.endswith("## Test data\n\nSmall.")
    assert "Be kind" not in rules
    assert "Tag it" not in rules


def test_restructured_text_has_its_own_headings():
    assert rules_on_tests(REST) == "Testing\n-------\n\nUse pytest.\n\nStyle\n~~~~~\n\nNo mocks."


@pytest.mark.parametrize("text", ["", "Test everything.\n", "# Latest news\n\nWe contest it.\n", "```\n# Tests\n```\n"])
def test_a_text_without_such_a_heading_has_no_rules(text):
    assert rules_on_tests(text) == ""


def test_long_rules_are_cut():
    assert len(rules_on_tests("# Tests\n" + "be short\n" * 2000)) <= LONGEST


def test_several_files_are_read_in_their_order(tmp_path: Path):
    (tmp_path / "AGENTS.md").write_text("# Tests\nOne act.\n")
    (tmp_path / "CONTRIBUTING.rst").write_text(REST)
    rules = read_rules(tmp_path, ["AGENTS.md", "CONTRIBUTING.rst"])
    assert rules.index("One act") < rules.index("Use pytest")


@pytest.mark.parametrize("name", ["AGENTS.md", "missing.md", "."])
def test_a_file_without_rules_is_an_error_that_says_what_to_do(tmp_path: Path, name: str):
    (tmp_path / "AGENTS.md").write_text("# Style\nBlack.\n")
    with pytest.raises(LlmgenError) as caught:
        read_rules(tmp_path, [name])
    assert caught.value.slug == "no-house-rules"
    assert caught.value.fix
