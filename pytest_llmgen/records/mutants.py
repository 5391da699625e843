"""Mutants and what became of them."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_llmgen.records.code import Region
from pytest_llmgen.records.words import MutantStatus


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change to the code: ``source[start:end]`` becomes ``replacement`` (offsets in code points)."""

    id: str
    path: str
    unit: str  # qualname of the target (the outermost function) whose code is exchanged; else as ``qualname``
    qualname: str  # the innermost function that holds the change; outside of functions its class, or ``<module>``
    operator: str
    start: int
    end: int
    before: str  # canonical text of the changed expression or statement
    after: str
    replacement: str
    region: Region
    nth: int = 1  # the n-th equal change in the function
    in_signature: bool = False  # a default value: has no line of its own in coverage
    line: int = 0  # first line of the statement that holds it, as coverage counts
    needs_import: bool = False  # runs when the module is imported: no function's code can be exchanged for it
    ignored: str = ""  # why nobody wants it judged (a pragma), if so


@dataclass(frozen=True, slots=True)
class MutantJob:
    """A mutant and the tests that must meet it, in the order to run them."""

    mutant: Mutant
    tests: tuple[str, ...]
    timeout: float  # wall seconds for the whole job
    every_test: bool = False  # run all of them (kill matrix) instead of stopping at the first kill
    cpu: float = 0.0  # CPU seconds for the whole job, 0 for no other limit than the timeout
    unproved: bool = False  # of a matrix: a test that fails once counts as a killer, nothing is run again to prove it


@dataclass(frozen=True, slots=True)
class MutantVerdict:
    """What became of a mutant."""

    mutant_id: str
    status: MutantStatus
    killed_by: tuple[str, ...] = ()
    tests_run: int = 0
    seconds: float = 0.0
    detail: str = ""
    confirmed: bool = True  # False for a timeout that was not seen a second time
