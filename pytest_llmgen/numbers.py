"""Settings that hold several numbers by name: ``name=number`` words, read into a record that has their defaults."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from dataclasses import fields
from typing import Any, TypeVar

from pytest_llmgen.errors import LlmgenError

T = TypeVar("T")


def read(kind: type[T], words: Iterable[str], key: str, *, but: Collection[str] = ()) -> T:
    """A record of a frozen dataclass of numbers with the given ones in the place of its defaults.

    Args:
        kind: each field has a default, of the type that is wanted.
        words: ``name=number``; the last one of a name counts.
        key: of the setting, for messages.
        but: fields that can't be set here.

    Raises:
        LlmgenError: there is no such name, or its number is none, or below 0.
    """
    known = {field.name: field.default for field in fields(kind) if field.name not in but}  # type: ignore[arg-type]
    given: dict[str, Any] = {}
    for word in words:
        name, _, text = word.partition("=")
        if name not in known:
            raise LlmgenError(
                f"{key}: {word!r} names no number",
                fix=f"use NAME=NUMBER with one of {', '.join(known)}",
                slug="bad-value",
            )
        given[name] = _number(text, type(known[name]), f"{key}: {word}")
    return kind(**given)


def _number(text: str, kind: type, what: str) -> Any:
    try:
        value = kind(text)
    except ValueError:
        article = "a whole number" if kind is int else "a number"
        raise LlmgenError(f"{what}: not {article}", fix="use NAME=NUMBER without a unit", slug="bad-value") from None
    if not 0 <= value < math.inf:
        raise LlmgenError(f"{what}: out of range", fix="use 0 or more", slug="bad-value")
    return value
