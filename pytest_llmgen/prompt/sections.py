"""The pieces of a prompt, and which of them to leave out when it gets too long."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

FENCE_WORD = "data"
FENCE_DIGITS = 8
NEVER = 0
"""The rank of what is never left out."""


@dataclass(frozen=True, slots=True)
class Section:
    """A titled piece; the highest rank is left out first, and equal ranks from the end."""

    title: str
    text: str
    rank: int = NEVER
    is_data: bool = True  # False for our own words


def sections_of(title: str, texts: Iterable[str], rank: int) -> list[Section]:
    """One section for each text, so that they can be left out one by one, the last one first."""
    return [Section(title, text, rank) for text in texts if text.strip()]


def trim(sections: Sequence[Section], characters: int) -> list[Section]:
    """The sections that fit, in their order; those of rank :data:`NEVER` stay in any case."""
    kept = list(enumerate(sections))
    size = sum(_size(section) for section in sections)
    for place, section in sorted(kept, key=lambda item: (-item[1].rank, -item[0])):
        if size <= characters or section.rank == NEVER:
            break
        kept.remove((place, section))
        size -= _size(section)
    return [section for _, section in kept]


def join(sections: Sequence[Section]) -> str:
    """The sections as one text; data stands between tags that it cannot close."""
    tag = fence(section.text for section in sections)
    return "\n\n".join(_show(section, tag) for section in sections)


def fence(texts: Iterable[str]) -> str:
    """A tag that occurs in none of the texts and that nobody can foresee who writes one of them."""
    whole = "\0".join(texts)
    digest = hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()
    start = next(i for i in range(len(digest)) if f"{FENCE_WORD}-{digest[i : i + FENCE_DIGITS]}" not in whole)
    return f"{FENCE_WORD}-{digest[start : start + FENCE_DIGITS]}"


def _show(section: Section, tag: str) -> str:
    if not section.is_data:
        return section.text
    return f"{section.title}:\n<{tag}>\n{section.text.strip(chr(10))}\n</{tag}>"


def _size(section: Section) -> int:
    overhead = len(section.title) + 2 * FENCE_DIGITS + 20
    return len(section.text) + overhead
