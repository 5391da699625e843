"""Small changes of argument values."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from pytest_llmgen.generate.offline.terms import OMITTED, Term, literal, value_of

_FROM_POOL = 0.4
_MAX_SIZE = 60
_LETTERS = "abcXYZ019 -_.,!"


def mutate(term: Term, pool: Sequence[Term], rng: random.Random) -> Term:
    """Another value of the pool, or the value a little changed where it is made of literals."""
    if term.is_omitted or term.steps or rng.random() < _FROM_POOL:
        return rng.choice(list(pool)) if pool else OMITTED
    try:
        value = value_of(term)
    except ValueError:
        return rng.choice(list(pool)) if pool else term
    changed = change(value, rng)
    return literal(changed) if len(repr(changed)) <= _MAX_SIZE else term


def change(value: object, rng: random.Random) -> object:  # noqa: PLR0911 (one case a line)
    """A neighbour of a plain value; what cannot be changed comes back as it is."""
    match value:
        case bool():
            return not value
        case int():
            return rng.choice([value + 1, value - 1, -value, value * 2, value // 2, value + 10])
        case float():
            return round(rng.choice([value + 1, value - 1, -value, value * 2, value / 2, value + 0.5]), 6)
        case str():
            return _change_text(value, rng)
        case list():
            return _change_list(value, rng)
        case tuple():
            return tuple(_change_item(list(value), rng))
        case dict():
            return _change_dict(value, rng)
        case _:
            return value


def _change_text(text: str, rng: random.Random) -> str:
    at = rng.randint(0, len(text))
    options: list[Callable[[], str]] = [
        lambda: text[:at] + rng.choice(_LETTERS) + text[at:],
        lambda: text[:at] + text[at + 1 :],
        lambda: text[:at] + text[at:].swapcase(),
        lambda: text[::-1],
        lambda: text + text[:at],
        lambda: text[:at] + " " * rng.randint(1, 3) + text[at:],
        lambda: _other_digit(text, rng),
        lambda: _other_digit(text, rng),
    ]
    return rng.choice(options)()


def _other_digit(text: str, rng: random.Random) -> str:
    places = [at for at, letter in enumerate(text) if letter.isdigit()]
    if not places:
        return text + str(rng.randint(0, 9))
    at = rng.choice(places)
    return text[:at] + str(rng.randint(0, 9)) + text[at + 1 :]


def _change_list(items: list[object], rng: random.Random) -> list[object]:
    at = rng.randint(0, len(items))
    options: list[Callable[[], list[object]]] = [
        lambda: items[:at] + items[at + 1 :],
        lambda: [*items[:at], *items[at : at + 1], *items[at:]],
        lambda: items[::-1],
        lambda: _change_item(items, rng),
        lambda: _change_item(items, rng),
        lambda: [*items, *(change(item, rng) for item in items[-1:])],
    ]
    return rng.choice(options)()


def _change_item(items: list[object], rng: random.Random) -> list[object]:
    if not items:
        return items
    at = rng.randrange(len(items))
    return [*items[:at], change(items[at], rng), *items[at + 1 :]]


def _change_dict(items: dict[object, object], rng: random.Random) -> dict[object, object]:
    if not items:
        return items
    key = rng.choice(list(items))
    if rng.random() < _FROM_POOL:
        return {name: value for name, value in items.items() if name != key}
    return {**items, key: change(items[key], rng)}
