"""The review file and the baseline file as records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pytest_llmgen.records import Decision, InvalidEntry


@dataclass(frozen=True, slots=True)
class OldGap:
    """One entry of the baseline file."""

    id: str  # the whole of it
    path: str
    qualname: str
    context: str
    statement: str = ""


@dataclass(frozen=True, slots=True)
class Book:
    """Everything that people have decided, and what could not be read of it."""

    decisions: tuple[Decision, ...] = ()
    invalid: tuple[InvalidEntry, ...] = ()
    baseline: tuple[OldGap, ...] = ()
    ratchet: Mapping[str, float] = field(default_factory=dict)
    path: str = ""  # relative to the root; empty where there is no review file
    baseline_path: str = ""
