"""What is sent to a model, as a record."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, Protocol

from pytest_llmgen.records import Stage

PROMPT_VERSION = "3"
"""Raised with every change to what a prompt says: replies are recorded under it."""

CHARACTERS_PER_TOKEN = 4
"""The quarter rule: good enough for budgets, and known without a request."""

Role = Literal["user", "assistant"]


class Redact(Protocol):
    """Takes out of a text what must not leave the machine."""

    def __call__(self, text: str, /) -> str:
        """The text with placeholders of the same length."""


@dataclass(frozen=True, slots=True)
class Messages:
    """A prompt.  Turns of one role that follow each other are blocks of one message.

    The stable part comes first: ``system`` is the same for a whole project, the first turn the same
    for every prompt about one target.
    """

    system: str
    turns: tuple[tuple[Role, str], ...]
    stage: Stage
    target: str  # Target.key

    @property
    def characters(self) -> int:
        """The length of everything that is sent."""
        return len(self.system) + sum(len(text) for _, text in self.turns)

    @property
    def tokens(self) -> int:
        """An estimate, by the quarter rule."""
        return -(-self.characters // CHARACTERS_PER_TOKEN)

    @property
    def text(self) -> str:
        """The whole prompt for people, goldens and comparisons."""
        parts = [f"# System\n\n{self.system}", *(f"# {role.title()}\n\n{text}" for role, text in self.turns)]
        return "\n\n".join(parts) + "\n"

    def redacted(self, redact: Redact) -> Messages:
        """The same with every text passed through ``redact``."""
        turns = tuple((role, redact(text)) for role, text in self.turns)
        return replace(self, system=redact(self.system), turns=turns)
