"""How far an input is from what a person would have written: of inputs that do the same the plainest is chosen."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pytest_llmgen.generate.offline.search import Find
from pytest_llmgen.generate.offline.showing import error_name, is_explicit
from pytest_llmgen.generate.offline.terms import Term

_BY_ACCIDENT = 3
"""An error that the module does not raise itself."""
_ODD, _MADE_UP, _EMPTY = 2, 1, 1
_NOTHING = {"None", "''", "b''", "[]", "{}", "()", "set()", "0"}


_OF_SEQUENCES = re.compile(r"index out of range|pop from |pop index ")
"""What Python says of an index."""


def is_slip(find: Find, raised: frozenset[str] = frozenset(), *, has_receiver: bool) -> bool:
    """Whether an error is a slip of the input that nobody means to show: a key that was never asked for, an index.

    What the module raises (``raised``) with a sentence of its own is none.
    """
    seen = find.observation
    if is_explicit(seen, raised) and " " in seen.error_message and not _OF_SEQUENCES.search(seen.error_message):
        return False
    if seen.outcome != "raised" or not (seen.error_type or "").startswith("builtins."):
        return False
    given = [term for term in find.row[1 if has_receiver else 0 :] if not term.is_omitted]
    match error_name(seen):
        case "KeyError":
            return not any(seen.error_message in term.source for term in given)
        case "IndexError":
            return not given
        case _:
            return False


def awkwardness(find: Find, pools: Sequence[Sequence[Term]], raised: frozenset[str]) -> int:
    """0 for typical values with a result that says something; more for what a reader would stop at.

    ``pools`` are the values of each place as they were before the search changed any.
    """
    seen = find.observation
    total = 0
    if seen.outcome == "raised" and not is_explicit(seen, raised):
        total += _BY_ACCIDENT
    elif seen.outcome == "raised" and error_name(seen) not in raised:
        total += _ODD  # raised on purpose, but by something else
    elif seen.value is not None and seen.value.source in _NOTHING and not seen.changed and not seen.output:
        total += _EMPTY
    for term, pool in zip(find.row, pools, strict=True):
        total += _ODD if term.is_odd else _MADE_UP if not term.is_omitted and term not in pool else 0
    return total
