"""The text of a reply to candidates: each test function alone, and a reason for each part not used."""

from __future__ import annotations

import ast
import hashlib
import re
import warnings
from collections.abc import Iterator
from dataclasses import replace

from pytest_llmgen.generate.blocks import Block, Broken, find, read
from pytest_llmgen.generate.suite import Suite, TestSource, sort, unique
from pytest_llmgen.records import Assignment, Candidate, Category, Oracle, Origin, Refusal

CUT_OFF = frozenset({None, "max_tokens", "model_context_window_exceeded"})
"""Stop reasons of a reply that ends too early; None is a connection that was lost."""

_LABEL = re.compile(r"\s*(typical|edge|failure)\b[^:\n]{0,20}:", re.IGNORECASE)
_FAILURE_NAME = re.compile(r"rais|reject|invalid|error|fail|refus|forbid|illegal|missing|malformed")
_EDGE_NAME = re.compile(
    r"empty|zero|none|null|boundary|limit|edge|negative|unicode|huge|large|single|one_|max|min|blank|whitespace|duplicate"
)
_EXCERPT = 200

Parsed = tuple[tuple[Candidate, ...], tuple[Refusal, ...]]


def parse(text: str, assignment: Assignment, oracle: Oracle, stop_reason: str | None = "end_turn") -> Parsed:
    """The candidates in a reply and the refusals of what is not one.  Never raises.

    Refusal codes: ``refused``, ``empty-reply``, ``no-code``, ``not-python``, ``cut-off``, ``no-tests``,
    ``class-test``, ``loose-statement``, ``duplicate-test``.
    """
    if stop_reason == "refusal":
        return (), (Refusal("refused", _excerpt(text) or "the model refused without a word"),)
    if not text.strip():
        return (), (Refusal("empty-reply", f"the reply is empty (stop reason: {stop_reason})"),)
    blocks = find(text)
    if not blocks:
        return (), (Refusal("no-code", f"no Python in the reply: {_excerpt(text)}"),)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an invalid escape in a reply is not the user's warning
        return _parse_blocks(blocks, assignment, oracle, is_cut=stop_reason in CUT_OFF)


def _parse_blocks(blocks: list[Block], assignment: Assignment, oracle: Oracle, *, is_cut: bool) -> Parsed:
    runs_async = assignment.context.async_plugin is not None
    refusals: list[Refusal] = []
    suites: list[Suite] = []
    for block in blocks:
        parsed = read(block, is_cut=is_cut)
        refusals += [_refusal(block, broken, is_cut=is_cut) for broken in parsed.broken]
        suites.append(sort(parsed.statements, runs_async=runs_async))
        refusals += [replace(refusal, line=(refusal.line or 0) + block.line - 1) for refusal in suites[-1].refusals]
    candidates = tuple(_candidates(suites, assignment, oracle, refusals))
    if not candidates and not refusals:
        refusals.append(Refusal("no-tests", "the reply has Python, but no test function"))
    return candidates, tuple(refusals)


def _refusal(block: Block, broken: Broken, *, is_cut: bool) -> Refusal:
    is_torn = broken.is_last and (is_cut or not block.is_closed)
    return Refusal("cut-off" if is_torn else "not-python", broken.message, broken.line + block.line - 1)


def _candidates(
    suites: list[Suite], assignment: Assignment, oracle: Oracle, refusals: list[Refusal]
) -> Iterator[Candidate]:
    seen: set[str] = set()
    tests = list(unique(_latest(suites)))
    common = Suite()
    for suite in suites:
        common.join(suite)
    common.offer(["import pytest", assignment.context.import_line])
    for test in tests:
        candidate = _candidate(common, test, assignment, oracle)
        body = candidate.source.replace(candidate.name, "", 1)
        if body in seen:
            refusals.append(Refusal("duplicate-test", f"{candidate.name} is there twice", test.line))
            continue
        seen.add(body)
        yield candidate


def _latest(suites: list[Suite]) -> Iterator[TestSource]:
    """Tests of all blocks; a block that writes a test again replaces the earlier one."""
    for number, suite in enumerate(suites):
        later = {test.node.name for other in suites[number + 1 :] for test in other.tests}
        yield from (test for test in suite.tests if test.node.name not in later)


def _candidate(suite: Suite, test: TestSource, assignment: Assignment, oracle: Oracle) -> Candidate:
    imports, helpers = suite.needs(test)
    doc = (ast.get_docstring(test.node) or "").strip()
    content = "\0".join([assignment.target.key, *imports, *helpers, test.source])
    return Candidate(
        id="m" + hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:12],
        target=assignment.target.key,
        name=test.node.name,
        category=category_of(test.node.name, doc, test.source),
        origin=Origin.MODEL,
        oracle=oracle,
        source=test.source,
        summary=doc.partition("\n")[0],
        imports=imports,
        helpers=helpers,
        round=assignment.round,
    )


def category_of(name: str, doc: str, source: str) -> Category:
    """The word that the docstring starts with; without one, what name and ``pytest.raises`` suggest."""
    if label := _LABEL.match(doc):
        return Category(label[1].lower())
    if "raises(" in source or _FAILURE_NAME.search(name):
        return Category.FAILURE
    return Category.EDGE if _EDGE_NAME.search(name) else Category.TYPICAL


def _excerpt(text: str) -> str:
    return " ".join(text.split())[:_EXCERPT]
