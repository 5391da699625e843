"""Names once it is settled which tests are kept: no number and no value where there is nothing left to tell apart."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from pytest_llmgen.generate.offline import naming
from pytest_llmgen.records import Candidate, Origin
from pytest_llmgen.refine.earlier import ROUND
from pytest_llmgen.refine.rename import rename

_DID = r"(?:_raises_[A-Za-z0-9]+|_is_true|_is_false|_is_none|_as_documented)?"


def settled(kept: Sequence[Candidate], dropped: Collection[str], others: Collection[str] = ()) -> dict[str, Candidate]:
    """Tests of the search that get a plainer name, by their id.

    Args:
        kept: the tests that will be in a file with each other.
        dropped: names that other candidates had: what one of them was counted on from is free again.
        others: names of tests that are on disk already.
    """
    taken = {candidate.name for candidate in kept} | {*others}
    found: dict[str, Candidate] = {}
    for candidate in kept:
        options = _plainer(candidate, dropped) if _is_new(candidate) else ()
        name = next((option for option in options if option not in taken), candidate.name)
        if name != candidate.name:
            taken = taken - {candidate.name} | {name}
            found[candidate.id] = replace(candidate, name=name, source=rename(candidate.source, {candidate.name: name}))
    return found


def _is_new(candidate: Candidate) -> bool:
    return candidate.origin is Origin.OFFLINE and candidate.round != ROUND


def _plainer(candidate: Candidate, dropped: Collection[str]) -> Iterator[str]:
    """Plainer names of a test, the plainest first."""
    start = naming.stem(candidate.target.rpartition("::")[2])
    valued = re.fullmatch(rf"({re.escape(start)}{_DID})_(?:of|for)_(.+)", candidate.name)
    is_single = "parametrize" not in candidate.source
    if valued and is_single and not naming.is_telling(valued[2]) and not valued[2].startswith("default_"):
        yield valued[1]
    counted = re.fullmatch(r"(.+)_\d+", candidate.name)
    if counted and counted[1] in dropped:
        yield counted[1]
