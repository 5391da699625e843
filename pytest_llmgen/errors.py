"""The errors that a person sees: what, where, what to do, and a slug."""

from __future__ import annotations


class LlmgenError(Exception):
    """A problem that the user can solve; ``docs/reference/messages.md`` explains each slug."""

    def __init__(self, message: str, *, slug: str, fix: str = "") -> None:
        super().__init__(message)
        self.message, self.slug, self.fix = message, slug, fix

    def __str__(self) -> str:
        fix = f"; {self.fix}" if self.fix else ""
        return f"llmgen: {self.message}{fix} [{self.slug}]"
