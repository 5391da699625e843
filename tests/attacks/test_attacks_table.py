"""The page on the sandbox shows the table of attacks as it was measured, and the names that are hidden."""

from __future__ import annotations

from pathlib import Path

import pytest
from attack_table import ATTACKS

from pytest_llmgen.run.sandbox import secrets

PAGE = (Path(__file__).parents[2] / "docs" / "explanation" / "sandbox.md").read_text("utf-8")
TABLE = PAGE.partition("<!-- attacks:")[2].partition("```text\n")[2].partition("```")[0].splitlines()
COLUMNS = "P U S L B M A"
TIERS = {"U": "portable", "B": "landlock", "A": "namespaces"}


def rows() -> dict[str, str]:
    width = len(COLUMNS)
    return {line[:-width].strip(): line[-width:] for line in TABLE if line[-width:] != COLUMNS}


def test_the_page_shows_at_least_forty_attacks_behind_each_layer() -> None:
    assert len(rows()) >= 40
    assert {mark for marks in rows().values() for mark in marks.split(" ")} == {".", "x", "-"}


def test_what_the_page_says_of_a_tier_is_what_the_table_of_attacks_says() -> None:
    places = dict(zip(COLUMNS.split(), range(0, len(COLUMNS), 2), strict=True))
    other = [
        (name, tier, marks)
        for name, marks in rows().items()
        for letter, tier in TIERS.items()
        if name in ATTACKS and marks[places[letter]] == "x" and not ATTACKS[name].is_known_hole(tier)
    ]
    assert other == [], "run: python benchmarks/sandbox/table.py --write"


@pytest.mark.parametrize("names", [secrets.IN_PROJECT, secrets.KEYS, secrets.IN_HOME, secrets.IN_SYSTEM])
def test_the_page_lists_what_is_hidden(names: tuple[str, ...]) -> None:
    assert [name for name in names if f"`{name}`" not in PAGE] == []
