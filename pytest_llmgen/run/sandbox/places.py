"""Absolute paths in places that are open or closed: the innermost decides."""

from __future__ import annotations

from collections.abc import Iterable


def depth(path: str, places: Iterable[str]) -> int:
    """Of the innermost place that a path is in, 0 where it is in none."""
    return max((len(place) for place in places if is_in(path, (place,))), default=0)


def is_in(path: str, places: Iterable[str]) -> bool:
    """Whether it is one of the places or below one."""
    return any(path == place or path.startswith(f"{place.rstrip('/')}/") for place in places)
