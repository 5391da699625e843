"""Plain values of ordinary length, made from the values that are known of a place."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from typing import Any

_ITEMS = (4, 6)
_INNER = (2, 3)
_LETTERS = (4, 8)
_WORDS = (2, 4)
_NUMBERS = ((5, 12), (10, 40), (40, 150))
_NEAR = 3
_AGAIN = 0.4
"""How often a list holds one of its items twice."""
_TOGETHER = 0.4
"""How often two texts without parts are put together; else a letter is changed, so that words stay words."""
_SEPARATED = re.compile(r"[\W_]+")
_PLAIN = ("apple", "garden", "Monday", "window", "yellow", "balloon", "Coffee", "summer", "telephone", "banana")
"""Usual words, for where the documentation shows single ones."""


def enriched(value: Any, known: Sequence[Any], rng: random.Random, *, is_inner: bool = False) -> Any:  # noqa: PLR0911
    """A value of the same type with more in it, of the parts that ``known`` ones of that type have."""
    alike = [each for each in known if type(each) is type(value)] or [value]
    match value:
        case bool() | None:
            return rng.choice(alike)
        case int():
            return _number(alike, rng)
        case float():
            return round(rng.choice([rng.choice(alike), rng.choice(alike) + 1, _number([1], rng) / 4]), 2)
        case str():
            return _text(alike, rng)
        case list() | set():
            return type(value)(_items(alike, rng, _INNER if is_inner else _ITEMS))
        case tuple():
            return tuple(
                enriched(item, [part for each in alike for part in each], rng, is_inner=True) for item in value
            )
        case dict():
            is_record = len({type(part) for part in value.values()}) > 1
            return _record(value, alike, rng) if is_record else _mapping(alike, rng)
    return value


def _number(alike: Sequence[int], rng: random.Random) -> int:
    known = rng.choice(alike)
    low, high = rng.choice(_NUMBERS)
    return rng.choice([known, known + rng.randint(1, _NEAR), rng.randint(low, high), rng.randint(low, high)])


def _items(alike: Sequence[Any], rng: random.Random, lengths: tuple[int, int]) -> list[Any]:
    """Unlike items, now and then one of them twice."""
    parts = [part for each in alike for part in each]
    if not parts:
        return list(rng.choice(alike))
    count, found = rng.randint(*lengths), list[Any]()
    for _ in range(3 * count):
        part = rng.choice(parts)
        item = part if rng.random() < 1 / 2 else enriched(part, parts, rng, is_inner=True)
        if item not in found and len(found) < count:
            found.append(item)
    if len(found) > 1 and rng.random() < _AGAIN:
        found[rng.randrange(1, len(found))] = found[0]
        rng.shuffle(found)
    return found


def _text(alike: Sequence[str], rng: random.Random) -> str:
    """Several of the words that are known, else some of the letters, else known texts one after the other."""
    told = rng.choice([each for each in alike if each] or ["hello"])
    separators = _SEPARATED.findall(told)
    words = [word for each in alike for word in _SEPARATED.split(each) if word]
    if separators and words and rng.random() < 1 / 2:
        parts = [rng.choice(words) if rng.random() < 1 / 2 else word for word in _SEPARATED.split(told)]
        return "".join(part for pair in zip(parts, [*separators, ""], strict=True) for part in pair)
    if separators and words:
        chosen = [rng.choice(words) for _ in range(rng.randint(*_WORDS))]
        return "".join(f"{word}{rng.choice(separators)}" for word in chosen[:-1]) + chosen[-1]
    if rng.random() < _TOGETHER:
        return told + rng.choice(alike)
    if told.isascii() and told.isalpha() and len(told) > 1:
        return rng.choice([*_PLAIN, told.title(), told.upper()])
    letters = "".join(alike)
    if not any(letter.isalpha() for letter in letters):
        return "".join(rng.choice(letters) for _ in range(rng.randint(*_LETTERS)))
    at = rng.randrange(len(told))
    return told[:at] + rng.choice([told[at].swapcase(), told[at] * 2, rng.choice(letters)]) + told[at + 1 :]


def _mapping(alike: Sequence[dict[Any, Any]], rng: random.Random) -> dict[Any, Any]:
    keys = [key for each in alike for key in each]
    values = [value for each in alike for value in each.values()]
    if not keys:
        return dict(rng.choice(alike))
    made = [key if rng.random() < 1 / 2 else enriched(key, keys, rng, is_inner=True) for key in keys * 2]
    return {
        key: rng.choice(values) if rng.random() < 1 / 2 else enriched(rng.choice(values), values, rng, is_inner=True)
        for key in list(dict.fromkeys(made))[: rng.randint(3, 4)]
    }


def _record(whole: dict[Any, Any], alike: Sequence[dict[Any, Any]], rng: random.Random) -> dict[Any, Any]:
    """Values of unlike types belong to their keys: ``{"name": "Coffee", "age": 27}``."""
    known = {key: [each[key] for each in alike if key in each] for key in whole}
    return {key: enriched(value, known[key], rng, is_inner=True) for key, value in whole.items()}
