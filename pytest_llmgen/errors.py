"""The errors that a person sees: what, where, what to do, and a slug."""

from __future__ import annotations


class LlmgenError(Exception):
    """A problem that the user can solve; ``docs/reference/messages.md`` explains each slug.

    ``detail`` is what else is known, a traceback say: too long for the place where the message is shown.
    """

    def __init__(self, message: str, *, slug: str, fix: str = "", detail: str = "") -> None:
        super().__init__(message)
        self.message, self.slug, self.fix, self.detail = message, slug, fix, detail

    def __str__(self) -> str:
        fix = f"; {self.fix}" if self.fix else ""
        return f"llmgen: {self.message}{fix} [{self.slug}]"
