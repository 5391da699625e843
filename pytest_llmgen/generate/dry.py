"""A dry run: every prompt written to a folder and priced, none of them sent."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from pytest_llmgen.generate.prices import Pricer
from pytest_llmgen.generate.requests import Request, Writer, describe, forecast
from pytest_llmgen.records import Assignment, Origin, Reply

FOLDER = "dry-run"
NOT_SENT = "dry run: the prompt was written, not sent"


class DryRun:
    """Answers nothing; leaves what it would have asked in ``folder``, which is emptied of earlier prompts."""

    origin = Origin.MODEL

    def __init__(self, write: Writer, folder: Path, price: Pricer, max_cost: float) -> None:
        self._write, self._folder, self._price, self._max_cost = write, folder, price, max_cost
        self._number = 0

    @property
    def label(self) -> str:
        """For the header."""
        return f"dry run of {self._write.model}, nothing is sent"

    def announce(self, assignments: Sequence[Assignment]) -> str:
        """How many requests that would make, and what they might cost."""
        requests = [self._write(assignment) for assignment in assignments]
        return f"{describe(forecast(requests, self._price), 0, self._max_cost)}; first round, prompts in {self._folder}"

    def generate(self, assignments: Sequence[Assignment]) -> Iterator[Reply]:
        """An empty reply to each assignment, its prompt written before."""
        if not self._number:
            self._clear()
        for assignment in assignments:
            self._number += 1
            request = self._write(assignment)
            target = re.sub(r"[^A-Za-z0-9_.-]+", "-", assignment.target.key)[:100]
            file = self._folder / f"{self._number:03}-{target}-{assignment.stage}.md"
            file.write_text(text_of(request), encoding="utf-8")
            yield Reply(assignment, note=NOT_SENT)

    def _clear(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        for old in self._folder.glob("*.md"):
            old.unlink()


def text_of(request: Request) -> str:
    """A request as a person reads it."""
    parts = [f"# Model\n\n{request['model']}", *(f"# System\n\n{block['text']}" for block in request["system"])]
    parts += [
        f"# {turn['role'].title()}\n\n{block['text']}" for turn in request["messages"] for block in turn["content"]
    ]
    return "\n\n".join(parts) + "\n"
