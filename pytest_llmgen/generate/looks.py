"""The text of a second look to what it says of a suspected bug."""

from __future__ import annotations

import re

from pytest_llmgen.records import Opinion, SecondLook

_WORDS = ("case against", "promise", "verdict")
_PART = re.compile(rf"^[\s*_#>-]*({'|'.join(_WORDS)})[\s*_]*:[\s*_]*", re.IGNORECASE | re.MULTILINE)
_LONGEST = 600
"""Characters of a case that are kept: it was asked for in three sentences."""
_NO_PROMISE = frozenset({"", "none", "nothing", "n/a"})


def look_of(text: str, documentation: str) -> SecondLook | None:
    """What a reply says, or None where it holds no verdict; the last of several counts.

    A promise is kept only where the documentation really says it.
    """
    parts = _parts(text)
    opinion = _opinion(parts.get("verdict", ""))
    if opinion is None:
        return None
    return SecondLook(opinion, _flat(parts.get("case against", ""))[:_LONGEST], _promise(parts, documentation))


def _parts(text: str) -> dict[str, str]:
    _, *pieces = _PART.split(text)
    return {word.lower(): words for word, words in zip(pieces[::2], pieces[1::2], strict=True)}


def _opinion(verdict: str) -> Opinion | None:
    words = re.findall(r"[a-z]+", verdict.lower())[:4]
    if not words:
        return None
    if "unclear" in words:
        return Opinion.UNCLEAR
    if "bug" not in words:
        return None
    before = words[: words.index("bug")]
    return Opinion.NOT_A_BUG if "not" in before or "no" in before else Opinion.BUG


def _promise(parts: dict[str, str], documentation: str) -> str:
    promise = _flat(parts.get("promise", "")).strip("\"'`\u201c\u201d")
    if promise.lower().rstrip(".") in _NO_PROMISE:
        return ""
    return promise if promise in _flat(documentation) else ""


def _flat(text: str) -> str:
    return " ".join(text.split())
