"""Generated tests on disk: accepted in place, rejected out of it, and what was rejected is remembered."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.records import Candidate
from pytest_llmgen.refine.parse_back import parse_back
from pytest_llmgen.refine.render import checksum, is_ours
from pytest_llmgen.review.fingerprint import canonical
from pytest_llmgen.review.storage import replace_text

REJECTED_FILE = "rejected.json"
WORDS = ("wrong", "trivial", "duplicate", "unreadable", "slow")
_TAG = re.compile(r"^# llmgen: category=.* reviewed=(?P<word>\w+)$")
_CHECKSUM = re.compile(r"^(# llmgen: .*\bchecksum=)[0-9a-f]*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Rejected:
    """A test that a person did not want."""

    target: str  # as in the marker: module:qualname
    fingerprint: str
    name: str
    why: str


def fingerprint_of(source: str) -> str:
    """16 hex digits for a test without its name, formatting and docstring."""
    tree = ast.parse(source)
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            node.name = "test"
            node.decorator_list = [d for d in node.decorator_list if "llm_generated" not in ast.unparse(d)]
    return blake2b(canonical(tree).encode(), digest_size=8).hexdigest()


def source_of(path: Path, name: str) -> str:
    """The text of a test, its decorators included.

    Raises:
        LlmgenError: it is not there any more (``unknown-id``).
    """
    text = _read(path)
    start, end = _span(text, name, path)
    return "\n".join(text.splitlines()[start:end])


def mark_reviewed(path: Path, name: str) -> bool:
    """Say in the file that a person has looked; False where the test has no line of ours: it is the person's own.

    Raises:
        LlmgenError: the test is not there any more, or the file can't be written.
    """
    text = _read(path)
    start, _ = _span(text, name, path)
    lines = text.splitlines(keepends=True)
    number = _tag_line(lines, start)
    if number is None:
        return False
    lines[number] = re.sub(r"reviewed=\w+$", "reviewed=yes", lines[number].rstrip("\n")) + "\n"
    replace_text(path, "".join(lines))
    return True


def remove(path: Path, name: str) -> None:
    """Take a test out of its file; a file that holds no other test goes with it.

    What is left of a file as we wrote it counts as written by us again; one that a person edited stays theirs.

    Raises:
        LlmgenError: the test is not there any more, or the file can't be written.
    """
    text = _read(path)
    ours = is_ours(text)
    start, end = _span(text, name, path)
    lines = text.splitlines(keepends=True)
    number = _tag_line(lines, start)
    first = start if number is None else number
    while first and not lines[first - 1].strip():
        first -= 1
    rest = "".join(lines[:first] + lines[end:]).rstrip("\n") + "\n"
    if ours and not any(test.name for test in parse_back(rest, path.name)):
        path.unlink()
        return
    if ours:
        plain = _CHECKSUM.sub(r"\1", rest, count=1)
        rest = _CHECKSUM.sub(rf"\g<1>{checksum(plain)}", plain, count=1)
    replace_text(path, rest)


def remember(folder: Path, rejected: Rejected) -> None:
    """Add to what was rejected, so that it is not proposed again."""
    known = {each.fingerprint: each for each in rejections(folder)} | {rejected.fingerprint: rejected}
    rows = [{n: getattr(r, n) for n in Rejected.__dataclass_fields__} for _, r in sorted(known.items())]
    folder.mkdir(parents=True, exist_ok=True)
    replace_text(folder / REJECTED_FILE, json.dumps({"version": 1, "rejected": rows}, indent=1) + "\n")


def rejections(folder: Path) -> tuple[Rejected, ...]:
    """What was rejected so far; a file that can't be read holds nothing."""
    try:
        rows: list[Mapping[str, str]] = json.loads((folder / REJECTED_FILE).read_text("utf-8"))["rejected"]
        return tuple(Rejected(**row) for row in rows)
    except (OSError, ValueError, KeyError, TypeError):
        return ()


def is_rejected(candidate: Candidate, known: frozenset[str]) -> bool:
    """Whether a person has rejected the same test before."""
    try:
        return bool(known) and fingerprint_of(candidate.source) in known
    except SyntaxError:
        return False


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        fix = "it may have been moved or deleted: run again"
        raise LlmgenError(f"{path} can't be read: {error}", fix=fix, slug="unknown-id") from None


def _span(text: str, name: str, path: Path) -> tuple[int, int]:
    """First and last line (exclusive) of a test, from 0, decorators included."""
    try:
        nodes = ast.parse(text).body
    except SyntaxError as error:
        raise LlmgenError(f"{path}:{error.lineno}: {error.msg}", fix="repair the file", slug="unknown-id") from None
    for node in nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name:
            return min([node.lineno, *(d.lineno for d in node.decorator_list)]) - 1, node.end_lineno or node.lineno
    raise LlmgenError(f"{path} has no test {name} any more", fix="run again", slug="unknown-id")


def _tag_line(lines: list[str], start: int) -> int | None:
    while start and lines[start - 1].startswith("#"):
        start -= 1
        if _TAG.match(lines[start].rstrip("\n")):
            return start
    return None
