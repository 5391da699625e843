"""From the raw value of a flag or an ini key to one that is allowed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.options.option import Option


def checked(option: Option, value: Any) -> Any:
    """The value of an option as its type; what it can't be is said with the fix.

    Raises:
        LlmgenError: the value is not allowed (``bad-value``).
    """
    where = option.flag or option.ini
    if value is None:
        value = option.default
    convert = _CONVERTERS.get(option.kind, str)
    try:
        value = convert(value)
    except ValueError:
        article = (
            "a whole number" if option.kind == "int" else "a number" if option.kind == "float" else "true or false"
        )
        raise LlmgenError(f"{where}={value}: not {article}", fix=option.help, slug="bad-value") from None
    if option.choices and value and value not in option.choices:
        raise LlmgenError(
            f"{where}={value}: not a choice", fix=f"use one of {', '.join(option.choices)}", slug="bad-value"
        )
    if option.metavar == "SECONDS" and value > _MOST_SECONDS:
        raise LlmgenError(f"{where}={value}: too large", fix=f"use at most {_MOST_SECONDS:g}, a day", slug="bad-value")
    if option.minimum is not None and not value >= option.minimum:  # also refuses nan
        raise LlmgenError(f"{where}={value}: too small", fix=f"use {option.minimum:g} or more", slug="bad-value")
    return value


_MOST_SECONDS = 86_400.0
"""The system's own timers take no number of any size."""


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    words = {
        "1": True,
        "true": True,
        "yes": True,
        "on": True,
        "0": False,
        "false": False,
        "no": False,
        "off": False,
        "": False,
    }
    try:
        return words[str(value).strip().lower()]
    except KeyError:
        raise ValueError(value) from None


def _words(value: Any) -> tuple[str, ...]:
    return tuple(value.split()) if isinstance(value, str) else tuple(str(v) for v in value)


def _lines(value: Any) -> tuple[str, ...]:
    lines = value.splitlines() if isinstance(value, str) else (str(v) for v in value)
    return tuple(line.strip() for line in lines if line.strip())


_CONVERTERS: Mapping[str, Callable[[Any], Any]] = {
    "int": int,
    "float": float,
    "bool": _boolean,
    "args": _words,
    "linelist": _lines,
}
