"""Names of gaps, short enough to be typed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from itertools import pairwise

from pytest_llmgen.review.texts import canonical_text

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # no i, l, o, u: people read ids aloud and type them
SHORT = 7  # characters after the dash
_LONG = 13  # ceil(64 / 5)


def long_id(letter: str, qualname: str, operator: str | None, before: str, after: str | None, nth: int) -> str:
    """The letter of the gap's kind, a dash and 13 characters of base 32.

    The path is no part of it, so that a file may be renamed, nor is formatting; a missing operator or
    replacement counts as an empty one.
    """
    texts = canonical_text(before), canonical_text(after or "")
    anchor = json.dumps([letter, qualname, operator or "", *texts, nth])
    number = int.from_bytes(hashlib.blake2b(anchor.encode(), digest_size=8).digest(), "big")
    digits = (ALPHABET[number >> 5 * place & 31] for place in reversed(range(_LONG)))
    return f"{letter}-{''.join(digits)}"


def short_ids(long_ids: Iterable[str]) -> dict[str, str]:
    """Long id -> its shortest prefix of at least 7 characters after the dash that no other id shares."""
    ordered = sorted(set(long_ids))
    needed = {one: one.index("-") + 1 + SHORT for one in ordered}
    for left, right in pairwise(ordered):
        unique = _shared(left, right) + 1
        needed[left], needed[right] = max(needed[left], unique), max(needed[right], unique)
    return {one: one[: needed[one]] for one in ordered}


def _shared(left: str, right: str) -> int:
    for count, (a, b) in enumerate(zip(left, right, strict=False)):
        if a != b:
            return count
    return min(len(left), len(right))
