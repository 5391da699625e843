"""What a decision must say to count: classes, reasons, authors, dates.  Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.records import DecisionClass

LEAST_REASON = 12  # characters
DEFAULT_DAYS: Mapping[DecisionClass, int | None] = {
    DecisionClass.EQUIVALENT: None,
    DecisionClass.UNREACHABLE: 365,
    DecisionClass.WONT_TEST: 180,
    DecisionClass.TESTED_ELSEWHERE: 180,
    DecisionClass.KNOWN_BUG: 90,
    DecisionClass.FALSE_ALARM: None,
}
_BOT = re.compile(
    r"\[bot\]|\b(bot|dependabot|renovate|github-actions|copilot|claude|codex|chatgpt|gemini|devin)\b"
    r"|noreply@(anthropic|openai)\.com",
    re.IGNORECASE,
)


def class_named(word: str) -> DecisionClass:
    """The class of that name.

    Raises:
        LlmgenError: there is none (``unknown-class``).
    """
    try:
        return DecisionClass(word)
    except ValueError:
        names = ", ".join(each.value for each in DecisionClass)
        raise LlmgenError(f"{word!r} is no class", fix=f"use one of {names}", slug="unknown-class") from None


def days_of(expiry: Iterable[str]) -> dict[DecisionClass, int | None]:
    """Days until a decision expires, by class: the defaults, changed by words like ``unreachable=365`` (0: never).

    Raises:
        LlmgenError: a word is not of that form (``bad-value``), or names no class.
    """
    days = dict(DEFAULT_DAYS)
    for word in expiry:
        name, equals, number = word.partition("=")
        if not equals or not number.isdecimal():
            fix = "write CLASS=DAYS, 0 for never"
            raise LlmgenError(f"llm_review_expiry: {word!r} says no number of days", fix=fix, slug="bad-value")
        days[class_named(name)] = int(number) or None
    return days


def default_expiry(class_: DecisionClass, today: date, days: Mapping[DecisionClass, int | None]) -> date | None:
    """The day on which a decision of today expires."""
    number = days[class_]
    return today + timedelta(days=number) if number else None


def fault_of_reason(reason: str, class_: DecisionClass | None = None) -> str:
    """What is wrong with a reason, nothing if it will do."""
    plain = " ".join(reason.split())
    if len(plain) < LEAST_REASON:
        return f"the reason needs {LEAST_REASON} characters or more"
    if class_ is not None and plain.lower().replace("'", "").replace(" ", "-") == class_.value:
        return "the reason only repeats the class"
    return ""


def is_bot(author: str) -> bool:
    """Whether a name is that of a program: only a person accepts."""
    return _BOT.search(author) is not None
