"""A project's own rules on tests: the sections of its AGENTS.md or CONTRIBUTING file that are about them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from pytest_llmgen.errors import LlmgenError

LONGEST = 4000
"""Characters of one file's rules: every prompt carries them."""
_ABOUT_TESTS = re.compile(r"\b(tests?|testing|pytest)\b", re.IGNORECASE)
_HASHES = re.compile(r"(#{1,6})\s+(.+?)\s*#*$")
_UNDERLINE = re.compile(r"([=\-~^\"'`#*+.:_])\1{2,}\s*$")
_FENCE = re.compile(r"\s*(```|~~~)")

Heading = tuple[int, int, str]
"""Line from 0, level from 1, title."""


def read_rules(root: Path, files: Sequence[str]) -> str:
    """What the named files say about tests.

    Raises:
        LlmgenError: a file is not there, or has no section on tests (``no-house-rules``).
    """
    return "\n\n".join(_rules_in(root, name) for name in files)


def _rules_in(root: Path, name: str) -> str:
    try:
        rules = rules_on_tests((root / name).read_text("utf-8", errors="replace"))
    except OSError as error:
        raise LlmgenError(
            f"llm_instructions_from: {name} can't be read: {error.strerror}",
            fix="name a file of the project, from its root",
            slug="no-house-rules",
        ) from None
    if not rules:
        raise LlmgenError(
            f"llm_instructions_from: {name} has no section on tests",
            fix='give one of its headings the word "tests" or "testing", or write the rules into llm_instructions',
            slug="no-house-rules",
        )
    return rules


def rules_on_tests(text: str) -> str:
    """The sections with "test" in their heading, those below them included, cut to :data:`LONGEST` characters."""
    lines = text.splitlines()
    headings = list(_headings(lines))
    parts, end = [], 0
    for place, (start, level, title) in enumerate(headings):
        if start < end or not _ABOUT_TESTS.search(title):
            continue
        end = next((at for at, other, _ in headings[place + 1 :] if other <= level), len(lines))
        parts.append("\n".join(lines[start:end]).strip())
    return "\n\n".join(parts)[:LONGEST].rstrip()


def _headings(lines: Sequence[str]) -> Iterator[Heading]:
    """Headings of Markdown and reStructuredText, code blocks left out."""
    in_code, marks = "", [""]  # of underlines, by their level
    for number, line in enumerate(lines):
        if not in_code and number and (rule := _UNDERLINE.match(line)) and _is_title(lines[number - 1], line):
            if rule[1] not in marks:
                marks.append(rule[1])
            yield number - 1, marks.index(rule[1]), lines[number - 1].strip()
        elif fence := _FENCE.match(line):
            in_code = "" if in_code == fence[1] else in_code or fence[1]
        elif not in_code and (hashes := _HASHES.match(line)):
            yield number, len(hashes[1]), hashes[2]


def _is_title(line: str, underline: str) -> bool:
    is_text = bool(line.strip()) and not _UNDERLINE.match(line) and not line.startswith((" ", "\t", "-", "*", "|", ">"))
    return is_text and len(underline.rstrip()) >= len(line.rstrip())
