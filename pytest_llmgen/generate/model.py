"""The generator that asks a language model: prompt, journal, budget, client, journal, parse."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from pytest_llmgen.generate.budget import Budget, Estimate
from pytest_llmgen.generate.client import Client, RequestError
from pytest_llmgen.generate.faults import Fault, Patience
from pytest_llmgen.generate.journal import Entry, Journal, Question, key_of
from pytest_llmgen.generate.prices import Pricer
from pytest_llmgen.generate.questions import Questions
from pytest_llmgen.generate.replies import answered, cost_of, failed, over_budget, reply_of
from pytest_llmgen.generate.requests import Writer, describe, estimate_of, forecast, input_tokens_of
from pytest_llmgen.prompt import PROMPT_TOKENS, PROMPT_VERSION
from pytest_llmgen.records import Assignment, Cost, Origin, Reply

LEAST_PROMPT_TOKENS = 1000
"""A shorter prompt says too little to be worth its reply."""


class _Batch:
    """What the tasks of one call share."""

    def __init__(self) -> None:
        self.settled = asyncio.Condition()
        self.locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)  # equal requests wait for one


class ModelGenerator:
    """Asks a model, each assignment with one request, several at once.

    Replies come in the order of the assignments when the last one is there: a run is then the same
    whatever order the answers came in, and Ctrl-C cancels every request at once.
    """

    origin = Origin.MODEL

    def __init__(
        self,
        write: Writer,
        journal: Journal,
        budget: Budget,
        price: Pricer,
        concurrency: int = 4,
        *,
        server: str = "anthropic",
        patience: Patience | None = None,
        warnings: tuple[str, ...] = (),
    ) -> None:
        self.warnings = warnings
        self._write, self._journal, self._budget, self._price = write, journal, budget, price
        self._concurrency, self._server, self._patience = concurrency, server, patience or Patience()
        self._questions = Questions()
        self._has_answered = False
        self._final: tuple[Fault, str] | None = None  # what every request would meet, with the model asked

    @property
    def label(self) -> str:
        """For the header."""
        return f"model {self._server}/{self._write.model}"

    def announce(self, assignments: Sequence[Assignment]) -> str:
        """How many requests that makes, and what they may cost; recorded replies cost nothing."""
        requests = [self._write(assignment) for assignment in assignments]
        unasked = [request for request in requests if self._journal.find(key_of(request, PROMPT_VERSION)) is None]
        return describe(forecast(unasked, self._price), len(requests) - len(unasked), self._budget.max_cost)

    def generate(self, assignments: Sequence[Assignment]) -> Iterator[Reply]:
        """A reply to each assignment.

        Raises:
            LlmgenError: after the replies there are, for a fault that every other request would meet as well.
        """
        asked = [(assignment, self._questions.next(assignment)) for assignment in assignments]
        replies = asyncio.run(self._ask_all(asked))
        yield from (reply for reply in replies if reply is not None)
        if self._final is not None:
            fault, model = self._final
            raise fault.error(model)

    async def _ask_all(self, asked: Sequence[tuple[Assignment, Question]]) -> list[Reply | None]:
        batch = _Batch()
        async with Client(self._patience, self._concurrency) as client:
            tasks = [self._ask(client, batch, *item) for item in asked]
            replies = await asyncio.gather(*tasks)
            self.warnings = tuple(dict.fromkeys([*self.warnings, *client.notices]))
            return list(replies)

    async def _ask(self, client: Client, batch: _Batch, assignment: Assignment, question: Question) -> Reply | None:
        """A reply, to a shorter prompt where the model finds the first one too long."""
        request = self._write(assignment)
        tokens = min(PROMPT_TOKENS, input_tokens_of(request))
        while isinstance(outcome := await self._ask_once(client, batch, assignment, question, request), Fault):
            tokens //= 2
            shorter = self._write(assignment, tokens)
            if outcome.slug != "prompt-too-long" or shorter == request or tokens < LEAST_PROMPT_TOKENS:
                return self._failed(assignment, outcome)
            self._journal.note("shortened", target=question.target, stage=question.stage, tokens=tokens)
            request = shorter
        return outcome

    async def _ask_once(
        self, client: Client, batch: _Batch, assignment: Assignment, question: Question, request: Mapping[str, Any]
    ) -> Reply | Fault:
        key = key_of(request, PROMPT_VERSION)
        async with batch.locks[key]:
            if (entry := self._journal.find(key)) is not None:
                return reply_of(entry, assignment, Cost(cached_calls=1))
            draft = Entry(key, question, request, "", None, request["model"], PROMPT_VERSION)
            try:
                paid = await self._pay(client, batch, draft)
            except RequestError as error:
                if not self._final or error.fault is not self._final[0]:
                    slug, status = error.fault.slug, error.fault.status
                    self._journal.note("failed", key=key, target=question.target, fault=slug, status=status)
                return error.fault
        if paid is None:
            return self._over_budget(assignment, question)
        entry, cost = paid
        return self._used(reply_of(entry, assignment, cost), key)

    async def _pay(self, client: Client, batch: _Batch, draft: Entry) -> tuple[Entry, Cost] | None:
        """The answer and what it cost, or None where the budget does not allow to ask."""
        estimate, cost = estimate_of(draft.request, self._price), Cost()
        if not await self._reserve(batch.settled, estimate):
            return None
        try:
            entry = await self._send(client, draft)
            cost = cost_of(entry, self._price)
        finally:
            async with batch.settled:
                self._budget.settle(estimate, cost)
                batch.settled.notify_all()
        return entry, cost

    async def _send(self, client: Client, draft: Entry) -> Entry:
        """Ask, and have the answer on the disk before anything else happens."""
        tokens = input_tokens_of(draft.request)
        answer = await client.send(draft.request, lambda: self._started(draft), tokens)
        self._has_answered = True
        entry = answered(draft, answer)
        self._journal.keep(entry)
        self._journal.note(
            "answered",
            key=entry.key,
            model=entry.model,
            stop_reason=entry.stop_reason,
            request_id=entry.request_id,
            usage=asdict(entry.usage),
            usd=self._price(entry.model, entry.usage),
        )
        return entry

    def _started(self, draft: Entry) -> None:
        """Note a request that is about to be sent, or refuse it where it would be pointless."""
        if self._final is not None:
            raise RequestError(self._final[0])
        question = draft.question
        self._journal.note(
            "started",
            key=draft.key,
            model=draft.model,
            target=question.target,
            stage=question.stage,
            round=question.round,
            attempt=question.attempt,
        )

    async def _reserve(self, settled: asyncio.Condition, estimate: Estimate) -> bool:
        """Hold back money, waiting for running requests to settle where they hold what is missing."""
        async with settled:
            await settled.wait_for(lambda: self._budget.reserve(estimate) or not self._budget.allows(estimate))
            return self._budget.allows(estimate)

    def _used(self, reply: Reply, key: str) -> Reply:
        codes = [refusal.code for refusal in reply.refusals]
        self._journal.note("read", key=key, candidates=[c.id for c in reply.candidates], refusals=codes)
        return reply

    def _over_budget(self, assignment: Assignment, question: Question) -> Reply:
        self._journal.note("not-asked", target=question.target, stage=question.stage, round=question.round)
        return over_budget(assignment, question)

    def _failed(self, assignment: Assignment, fault: Fault) -> Reply | None:
        model = self._write.model_for(assignment)
        if fault.is_final and not (fault.slug == "no-network" and self._has_answered):
            self._final = (fault, model)
            return None
        return failed(assignment, fault, model)
