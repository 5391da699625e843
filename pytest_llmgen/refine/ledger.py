"""The ledger of generated tests: what each earned, its text as written, and the code that it ran then.

It lies beside the tests and is committed with them.  One test a line, the list ends with ``null``: a union
merge of two branches is JSON again.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from pathlib import Path

from pytest_llmgen.records import Candidate, Judged
from pytest_llmgen.review.fingerprint import canonical

NAME = "llmgen-ledger.json"
_VERSION = 1
_FIELDS = ("file", "test", "target", "text", "code", "runs", "lines", "branches", "kills", "category")


@dataclass(frozen=True, slots=True)
class Entry:
    """One generated test, as it was when it was written or last proved."""

    file: str  # name in the folder of generated tests
    test: str
    target: str  # Target.key
    text: str  # hash of its source
    code: str  # hash of the files that it ran
    runs: tuple[str, ...]  # these files, relative to the root
    lines: int = 0  # what no other test had
    branches: int = 0
    kills: int = 0
    category: bool = False


@dataclass(frozen=True, slots=True)
class Ledger:
    """Every entry by file and test; ``beside`` is a hash of the project's own tests."""

    entries: Mapping[tuple[str, str], Entry] = field(default_factory=dict)
    beside: str = ""


def read(folder: Path) -> Ledger:
    """The ledger of a folder; one that can't be read knows nothing, and every test is looked at again."""
    try:
        data = json.loads((folder / NAME).read_text("utf-8"))
        entries = [_entry(row) for row in data["tests"] if row is not None] if data["version"] == _VERSION else []
        return Ledger({(each.file, each.test): each for each in entries}, str(data["beside"]))
    except (OSError, ValueError, KeyError, TypeError):
        return Ledger()


def text_of(ledger: Ledger) -> str:
    """The ledger as text, sorted."""
    rows = [{name: getattr(entry, name) for name in _FIELDS} for _, entry in sorted(ledger.entries.items())]
    lines = "".join(f"{json.dumps(row)},\n" for row in rows)
    return f'{{"version": {_VERSION}, "beside": {json.dumps(ledger.beside)}, "tests": [\n{lines}null]}}\n'


def entry_of(judged: Judged, written: Candidate, file: str, test: str, digests: Mapping[str, str]) -> Entry:
    """What is remembered of a test that was proved in this run.

    Args:
        judged: the candidate as it was proved.
        written: the same as it stands in the file.
        file: name of the file.
        test: name of the test there.
        digests: path -> hash of the code, for the project's files.
    """
    runs = tuple(sorted(path for path, hits in judged.hits.items() if hits.lines and path in digests))
    earned = judged.earned
    return Entry(
        file=file,
        test=test,
        target=judged.candidate.target,
        text=hash_of(written),
        code=code_of(runs, digests),
        runs=runs,
        lines=len(earned.lines),
        branches=len(earned.branches),
        kills=len(earned.sole_kills),
        category=earned.category,
    )


def with_earnings(entry: Entry, before: Entry | None) -> Entry:
    """A test that stays whatever it earns was not put against the others: what it earned once is still said."""
    if before is None or entry.lines or entry.branches or entry.kills or entry.category:
        return entry
    return replace(entry, lines=before.lines, branches=before.branches, kills=before.kills, category=before.category)


def hash_of(candidate: Candidate) -> str:
    """16 hex digits of a test with all that it needs, without formatting, comments and docstrings."""
    parts = (candidate.source, *sorted(candidate.imports), *candidate.helpers)
    return digest(canonical(ast.parse(part)) for part in parts)


def code_of(paths: Iterable[str], digests: Mapping[str, str]) -> str:
    """16 hex digits of the code in these files; one that is not there any more counts too."""
    return digest(f"{path} {digests.get(path, '-')}" for path in paths)


def digest(parts: Iterable[str]) -> str:
    """16 hex digits for texts in their order."""
    return blake2b(json.dumps(list(parts)).encode(), digest_size=8).hexdigest()


def _entry(row: Mapping[str, object]) -> Entry:
    values = {name: row[name] for name in _FIELDS}
    return Entry(**{**values, "runs": tuple(map(str, row["runs"]))})  # type: ignore[arg-type, call-overload]
