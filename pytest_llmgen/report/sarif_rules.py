"""The rules of our SARIF: a table, and what code scanning wants to know of each row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of finding."""

    id: str
    name: str
    level: str
    precision: str
    short: str
    full: str
    advice: str
    tags: tuple[str, ...]


_DECIDE = "or record a decision with `pytest --llm-review`"
RULES = (
    Rule(
        "LLMGEN001",
        "SurvivingMutant",
        "warning",
        "medium",
        "No test notices this change",
        "A small change was made to this code, and every test that runs it still passed.",
        f"Add a test that fails on the change, {_DECIDE}.",
        ("testing", "mutation"),
    ),
    Rule(
        "LLMGEN002",
        "UncoveredLines",
        "note",
        "very-high",
        "No test runs these lines",
        "These lines did not run in the whole test suite.",
        f"Add a test that gets there, {_DECIDE}.",
        ("testing", "coverage"),
    ),
    Rule(
        "LLMGEN003",
        "UncoveredBranch",
        "note",
        "high",
        "No test takes this branch",
        "The line ran, but never went on this way.",
        f"Add a test for the other case, {_DECIDE}.",
        ("testing", "coverage"),
    ),
    Rule(
        "LLMGEN004",
        "SuspectedBug",
        "warning",
        "low",
        "The code and its documentation disagree",
        "A generated test that follows the documentation fails on the code as it is.",
        "Find out which of the two is right: `pytest --llm-review` records the answer.",
        ("testing", "correctness"),
    ),
    Rule(
        "LLMGEN005",
        "FlakyGeneratedTest",
        "warning",
        "high",
        "A generated test is flaky",
        "The test passed and failed on the same code.",
        "Remove the test, or what makes it depend on time, order or chance.",
        ("testing", "flaky"),
    ),
    Rule(
        "LLMGEN006",
        "ReviewEntryInvalid",
        "warning",
        "very-high",
        "A recorded decision is not valid",
        "An entry of the review file can't be used: it lacks a reason, an author or a known class.",
        "Correct the entry; `pytest --llm-review-check` says what is wrong with it.",
        ("testing", "review"),
    ),
    Rule(
        "LLMGEN007",
        "NoVerdict",
        "note",
        "high",
        "A mutant without a verdict",
        "The run of this mutant did not end in a way that proves anything.",
        "Give mutants more time with `--llm-mutant-timeout`, or fewer tests to meet.",
        ("testing", "mutation"),
    ),
    Rule(
        "LLMGEN008",
        "SuppressionAdded",
        "warning",
        "very-high",
        "New code is taken out of what is judged",
        "The change that adds this code also takes it out of coverage or of mutation testing.",
        f"Take the suppression out and test the code, {_DECIDE}.",
        ("testing", "review"),
    ),
)


def rule_objects() -> list[dict[str, Any]]:
    """The rules as SARIF has them."""
    return [_object(rule) for rule in RULES]


def _object(rule: Rule) -> dict[str, Any]:
    severity = {"warning": "warning", "note": "recommendation"}[rule.level]
    return {
        "id": rule.id,
        "name": rule.name,
        "shortDescription": {"text": rule.short},
        "fullDescription": {"text": rule.full},
        "defaultConfiguration": {"level": rule.level},
        "help": {"text": rule.advice.replace("`", ""), "markdown": rule.advice},
        "properties": {"tags": list(rule.tags), "precision": rule.precision, "problem.severity": severity},
    }
