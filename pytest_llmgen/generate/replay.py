"""Answers from recorded replies alone: no key, no network, and a word about each request without one."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.generate.journal import Question, entries, key_of
from pytest_llmgen.generate.questions import Questions
from pytest_llmgen.generate.replies import reply_of
from pytest_llmgen.prompt import PROMPT_VERSION
from pytest_llmgen.records import Assignment, Cost, Origin, Refusal, Reply

NO_REPLY = "no-recorded-reply"
DRIFTED = "prompt-drifted"
_UNSTABLE = (
    (re.compile(r"\b0x[0-9a-f]{6,}\b"), "0x"),  # addresses in output
    (re.compile(r"\bdata-[0-9a-f]{8}\b"), "data"),  # the tags around material
    (re.compile(r"(?<![\w.])(?:/[\w.+-]+){2,}/?"), "/path"),
    (re.compile(r"\b\d+(?:\.\d+){1,}(?:[.\w+-]*\d)?"), "version"),
    (re.compile(r"\s+"), " "),
)

Ask = Callable[[Assignment], Mapping[str, Any]]
"""The request that an assignment would be sent as."""


class ReplayGenerator:
    """Repeats the replies of a folder; ``ask`` makes the request that a live run would send."""

    origin = Origin.MODEL

    def __init__(self, folder: Path, ask: Ask) -> None:
        """Read the recording.

        Raises:
            LlmgenError: there is nothing in the folder.
        """
        found = list(entries(folder))  # the newest last: the last recording counts
        self._entries = {entry.question: entry for entry in found}
        self._exact = {entry.key: entry for entry in found}
        if not self._entries:
            raise LlmgenError(
                f"no recorded replies in {folder}",
                fix="record some with --llm-provider=model, or name their folder with --llm-replies=DIR",
                slug="no-recording",
            )
        self._ask, self._questions = ask, Questions()
        self.warnings: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """For the header."""
        models = sorted({entry.model for entry in self._entries.values()})
        return f"replay {', '.join(models)}"

    def announce(self, _assignments: Sequence[Assignment]) -> str:
        """Nothing: it costs nothing."""
        return ""

    def generate(self, assignments: Sequence[Assignment]) -> Iterator[Reply]:
        """The recorded reply to each assignment, in their order."""
        for assignment in assignments:
            yield self._reply(assignment, self._questions.next(assignment))

    def _reply(self, assignment: Assignment, question: Question) -> Reply:
        request = self._ask(assignment)
        entry = self._exact.get(key_of(request, PROMPT_VERSION)) or self._entries.get(question)
        if entry is None:
            message = f"no recorded reply for {named(question)}"
            return Reply(assignment, refusals=(Refusal(NO_REPLY, message),), note=f"{message} [{NO_REPLY}]")
        if normalised(entry.request) != normalised(request):
            self.warnings += (f"the prompt of {named(question)} is not the one that was recorded [{DRIFTED}]",)
        return reply_of(entry, assignment, Cost(cached_calls=1))


def named(question: Question) -> str:
    """A question in words."""
    again = f", attempt {question.attempt}" if question.attempt > 1 else ""
    return f"{question.target}: {question.stage}, round {question.round}{again}"


def normalised(request: Mapping[str, Any]) -> str:
    """The words of a request without what differs between machines: versions, paths, addresses."""
    words = json.dumps([request.get("system"), request.get("messages")], sort_keys=True)
    for pattern, replacement in _UNSTABLE:
        words = pattern.sub(replacement, words)
    return words
