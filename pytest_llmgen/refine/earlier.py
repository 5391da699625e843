"""Generated tests of earlier runs: which are looked at again, because the code or the tests beside them changed.  Pure.

A file is looked at as a whole or not at all.  One that a person edited is theirs and never looked at.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from pytest_llmgen.records import Candidate, Category, Fate, Judged
from pytest_llmgen.refine.ledger import Entry, Ledger, code_of, hash_of
from pytest_llmgen.refine.parse_back import WrittenTest, parse_back
from pytest_llmgen.refine.render import is_ours

ROUND = 0
"""``Candidate.round`` of tests that an earlier run wrote."""
GONE = "a function is not there any more"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a run knows of the project."""

    digests: Mapping[str, str]  # path -> hash of its code
    targets: Container[str]  # keys of all functions
    in_scope: Container[str]  # keys of those that this run works on
    sources: Container[str]  # paths whose tests this run may look at, deleted ones too
    beside: str = ""  # hash of the project's own tests; empty where they don't count
    always: bool = False  # the tests are not part of the user's run


@dataclass(frozen=True, slots=True)
class EarlierTest:
    """A generated test that is looked at again."""

    candidate: Candidate
    file: str
    is_reviewed: bool = False
    is_pinned: bool = False  # it stays whatever it earns: a person said yes, or its function is out of scope
    is_gone: bool = False  # its function is not there any more
    is_changed: bool = True  # the code that it ran has changed since: it may be outdated


@dataclass(frozen=True, slots=True)
class Again:
    """What is looked at again, and why, by file."""

    tests: tuple[EarlierTest, ...] = ()
    reasons: Mapping[str, str] = field(default_factory=dict)


def look_again(files: Mapping[str, str], ledger: Ledger, around: Surroundings) -> Again:
    """The tests of all files in which one of them may not be what it was.

    Args:
        files: name in the folder of generated tests -> text.
        ledger: what is remembered of them.
        around: the project as it is now.
    """
    tests: list[EarlierTest] = []
    reasons = {}
    for name, text in sorted(files.items()):
        written = _ours(name, text)
        if written and all(_source(test) in around.sources for test in written):
            reason = next(_reasons(name, written, ledger, around), "")
            if reason:
                reasons[name] = reason
                tests += [_earlier(test, name, around, ledger.entries.get((name, test.name))) for test in written]
    return Again(tuple(tests), reasons)


def categories_in(files: Mapping[str, str]) -> dict[str, frozenset[Category]]:
    """Target -> the categories that generated tests in these files fill, whoever edited them."""
    found: dict[str, frozenset[Category]] = {}
    for name, text in files.items():
        with suppress(SyntaxError, ValueError):
            for candidate in (test.candidate for test in parse_back(text, name)):
                if candidate:
                    found[candidate.target] = found.get(candidate.target, frozenset()) | {candidate.category}
    return found


def _ours(name: str, text: str) -> tuple[WrittenTest, ...]:
    """The tests of a file as we wrote it, none where a person has changed it."""
    if not is_ours(text):
        return ()
    try:
        written = parse_back(text, name)
    except (SyntaxError, ValueError):
        return ()
    return written if all(test.candidate for test in written) else ()


def _source(test: WrittenTest) -> str:
    return test.candidate.target.partition("::")[0] if test.candidate else ""


def _reasons(name: str, written: tuple[WrittenTest, ...], ledger: Ledger, around: Surroundings) -> Iterator[str]:
    entries = [(test.candidate, ledger.entries.get((name, test.name))) for test in written if test.candidate]
    if any(candidate.target not in around.targets for candidate, _ in entries):
        yield GONE
    if any(entry is None or entry.text != hash_of(candidate) for candidate, entry in entries):
        yield "the ledger does not know it"
    if any(entry and entry.code != code_of(entry.runs, around.digests) for _, entry in entries):
        yield "the code that it runs has changed"
    if around.beside and ledger.beside != around.beside:
        yield "other tests have changed"
    if around.always:
        yield "it waits for a review"


def _earlier(test: WrittenTest, file: str, around: Surroundings, entry: Entry | None) -> EarlierTest:
    assert test.candidate is not None
    target = test.candidate.target
    return EarlierTest(
        replace(test.candidate, round=ROUND),
        file,
        is_reviewed=test.reviewed,
        is_pinned=test.reviewed or target not in around.in_scope,
        is_gone=target not in around.targets,
        is_changed=entry is not None and entry.code != code_of(entry.runs, around.digests),
    )


# --- Afterwards ---------------------------------------------------------------------------------


def removed(earlier: Sequence[EarlierTest], judged: Sequence[Judged]) -> dict[str, str]:
    """Candidate id -> why the test goes, once everything is judged."""
    by_id = {each.candidate.id: each for each in judged}
    found = {}
    for test in earlier:
        verdict = by_id.get(test.candidate.id)
        if test.is_gone:
            found[test.candidate.id] = "its function is not there any more"
        elif verdict is not None and verdict.fate is not Fate.KEPT:
            found[test.candidate.id] = _why(verdict)
    return found


def _why(judged: Judged) -> str:
    if judged.fate is Fate.SUSPECTED_BUG:
        return "it shows what looks like a bug: see the suspected bugs"
    return judged.reason.partition("\n")[0]


def told(again: Again, gone: Mapping[str, str], pinned: Sequence[Judged], folder: str) -> Iterator[str]:
    """What became of the tests, a line each for those that go or fail."""
    if not again.tests:
        return
    failing = [judged for judged in pinned if judged.fate is not Fate.KEPT]
    numbers = {
        "stay": len(again.tests) - len(gone) - len(failing), "removed": len(gone), "left though failing": len(failing)
    }  # fmt: skip
    said = ", ".join(f"{number} {word}" for word, number in numbers.items() if number)
    tests = f"{len(again.tests)} generated test{'' if len(again.tests) == 1 else 's'}"
    yield f"looked again at {tests} ({'; '.join(sorted(set(again.reasons.values())))}): {said}"
    yield from (
        f"removed {folder}/{t.candidate.id}: {gone[t.candidate.id]}" for t in again.tests if t.candidate.id in gone
    )
    by_id = {test.candidate.id: test for test in again.tests}
    for judged in failing:
        why = _why_it_stays(by_id[judged.candidate.id])
        yield f"left {judged.nodeid} ({why}), though it fails: {judged.reason.partition(chr(10))[0]}"


def _why_it_stays(test: EarlierTest) -> str:
    if test.is_reviewed:
        return "accepted by a person"
    return "its function is out of scope" if test.is_pinned else "no code that it is known to run has changed"
