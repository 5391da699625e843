"""From what a person says to an entry of the review file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.records import Decision, DecisionClass
from pytest_llmgen.review import editing, file
from pytest_llmgen.review.anchors import fits, long_id_of
from pytest_llmgen.review.cases import Case, is_current
from pytest_llmgen.review.classes import class_named, days_of, default_expiry, fault_of_reason, is_bot
from pytest_llmgen.settings import Settings

NEVER = "never"


@dataclass(frozen=True, slots=True)
class Words:
    """What a person gives as a decision; empty words mean the usual."""

    class_: str
    reason: str
    expires: str = ""
    ref: str = ""


def author_of(ask_git: Callable[[Sequence[str]], tuple[int, str]], *, bots: bool) -> str:
    """The person by ``git config``.

    Raises:
        LlmgenError: git knows no name (``no-author``), or the name is that of a program (``bot-author``).
    """
    name, email = (ask_git(["config", f"user.{key}"])[1].strip() for key in ("name", "email"))
    if not name or not email:
        fix = "git config user.name 'Your Name'; git config user.email you@example.org"
        raise LlmgenError("git does not know who you are", fix=fix, slug="no-author")
    author = f"{name} <{email}>"
    if is_bot(author) and not bots:
        fix = "only a person accepts; llm_review_bots = true allows programs"
        raise LlmgenError(f"{author} is no person", fix=fix, slug="bot-author")
    return author


def decision_of(settings: Settings, case: Case, words: Words, author: str, today: date, operators: str) -> Decision:
    """The entry for a case.

    Raises:
        LlmgenError: the class does not fit, the reason says too little, a date is none, a ref is missing, or the code
            has changed since the report.
    """
    class_ = class_named(words.class_)
    if case.anchor is None:
        raise LlmgenError(f"{case.id} is a test: it has no class", fix="leave --llm-class out", slug="bad-class")
    if not fits(class_, case.anchor.kind):
        fix = f"use one of {', '.join(each.value for each in DecisionClass if fits(each, case.anchor.kind))}"
        raise LlmgenError(f"{case.id}: a {case.kind} can't be {class_.value}", fix=fix, slug="bad-class")
    if fault := fault_of_reason(words.reason, class_):
        raise LlmgenError(f"{case.id}: {fault}", fix="say why, in words of your own (--llm-reason)", slug="bad-reason")
    if class_ is DecisionClass.KNOWN_BUG and not words.ref:
        raise LlmgenError(f"{case.id}: where is the bug tracked?", fix="--llm-ref=URL", slug="ref-missing")
    if not is_current(settings.root, case):
        fix = "run pytest --llm-check again, then decide"
        raise LlmgenError(f"{case.id}: {case.qualname} has changed since the report", fix=fix, slug="report-too-old")
    usual = default_expiry(class_, today, days_of(settings.review_expiry))
    expires = expiry_of(words.expires, usual, today, class_)
    return Decision(case.id, class_, words.reason, author, today, case.anchor, expires, words.ref, operators=operators)


def expiry_of(word: str, usual: date | None, today: date, class_: DecisionClass) -> date | None:
    """The day that a person named, else the usual one.

    Raises:
        LlmgenError: it is no day, not after today, or "never" where a decision must end (``bad-value``).
    """
    if not word:
        return usual
    if word == NEVER:
        if usual is None:
            return None
        fix = "name a day, or set llm_review_expiry"
        raise LlmgenError(f"--llm-expires=never: {class_.value} does not hold for ever", fix=fix, slug="bad-value")
    try:
        day = date.fromisoformat(word)
    except ValueError:
        raise LlmgenError(f"--llm-expires={word}: no day", fix="write YYYY-MM-DD", slug="bad-value") from None
    if day <= today:
        raise LlmgenError(f"--llm-expires={word}: not after today", fix="name a day to come", slug="bad-value")
    return day


def save(settings: Settings, decision: Decision) -> Decision:
    """Write the entry; its id grows where another place has it already.

    Raises:
        LlmgenError: the file is invalid (``review-file-invalid``) or can't be written.
    """
    path = settings.root / settings.review_file
    contents = file.read(path, settings.review_file, bots=settings.review_bots)
    others = {each.id for each in contents.decisions if each.gap.where != decision.gap.where}
    if decision.id in others:
        whole = long_id_of(replace(decision.gap, qualname=decision.gap.where))
        decision = replace(decision, id=whole)
    editing.add(path, decision)
    return decision
