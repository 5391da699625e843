"""Asks a model in batches: at half the price, within a day, and an interrupted run fetches what it paid for."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field

from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.generate.budget import Budget, Estimate
from pytest_llmgen.generate.client import Answer, Client, RequestError
from pytest_llmgen.generate.faults import Fault, Patience
from pytest_llmgen.generate.journal import Entry, Journal, Question, key_of
from pytest_llmgen.generate.prices import Pricer
from pytest_llmgen.generate.questions import Questions
from pytest_llmgen.generate.replies import answered, cost_of, failed, over_budget, reply_of
from pytest_llmgen.generate.requests import Writer, describe, estimate_of, forecast
from pytest_llmgen.prompt import PROMPT_VERSION
from pytest_llmgen.records import Assignment, Cost, Origin, Reply

_GONE = 404
_NO_ANSWER_YET = Fault("batch", "the batch is not done yet; run again to fetch it, nothing is paid twice")


@dataclass(frozen=True, slots=True)
class Polling:
    """How often a batch is looked at, and how long it is waited for; seconds."""

    first: float = 5.0
    longest: float = 60.0
    total: float = 86_400.0


@dataclass(slots=True)
class _Round:
    """What one call asks: the drafts by key, and what became of them."""

    drafts: dict[str, Entry] = field(default_factory=dict)
    faults: dict[str, Fault] = field(default_factory=dict)
    costs: dict[str, Cost] = field(default_factory=dict)
    unaffordable: set[str] = field(default_factory=set)


class BatchGenerator:
    """Hands in all requests of a round as one batch and waits for it.

    Which batches were sent and not read yet stands in the ledger; they are read before another one is sent.
    ``price`` is that of the Batches API.
    """

    origin = Origin.MODEL

    def __init__(
        self,
        write: Writer,
        journal: Journal,
        budget: Budget,
        price: Pricer,
        *,
        server: str = "anthropic",
        polling: Polling | None = None,
        patience: Patience | None = None,
        warnings: tuple[str, ...] = (),
    ) -> None:
        self.warnings = warnings
        self._write, self._journal, self._budget, self._price = write, journal, budget, price
        self._server, self._polling, self._patience = server, polling or Polling(), patience or Patience()
        self._questions = Questions()

    @property
    def label(self) -> str:
        """For the header."""
        return f"model {self._server}/{self._write.model} in batches"

    def announce(self, assignments: Sequence[Assignment]) -> str:
        """How many requests that makes, and what they may cost."""
        requests = [self._write(assignment) for assignment in assignments]
        unasked = [request for request in requests if self._journal.find(key_of(request, PROMPT_VERSION)) is None]
        cost = describe(forecast(unasked, self._price), len(requests) - len(unasked), self._budget.max_cost)
        return f"{cost}; a batch may take up to a day, Ctrl-C loses nothing: run again to fetch it"

    def generate(self, assignments: Sequence[Assignment]) -> Iterator[Reply]:
        """A reply to each assignment, when the batch is done.

        Raises:
            LlmgenError: after the replies there are, for a fault that every other batch would meet as well.
        """
        asked = [(assignment, self._questions.next(assignment)) for assignment in assignments]
        round_, keys = _Round(), []
        for assignment, question in asked:
            request = self._write(assignment)
            keys.append(key_of(request, PROMPT_VERSION))
            round_.drafts[keys[-1]] = Entry(keys[-1], question, request, "", None, request["model"], PROMPT_VERSION)
        final = asyncio.run(self._answer(round_))
        for (assignment, question), key in zip(asked, keys, strict=True):
            yield self._reply(round_, assignment, question, key)
        if final is not None:
            raise final.error(self._write.model)

    async def _answer(self, round_: _Round) -> Fault | None:
        """Fetch what was sent earlier, send the rest, and wait for it; a fault that ends all asking."""
        try:
            async with Client(self._patience, 1) as client:
                for batch in self._unread():
                    await self._fetch(client, batch, round_)
                if wanted := self._affordable(round_):
                    await self._fetch(client, await self._send(client, round_, wanted), round_)
                self.warnings = tuple(dict.fromkeys([*self.warnings, *client.notices]))
        except RequestError as error:
            for key in round_.drafts:
                round_.faults.setdefault(key, error.fault)
            self._journal.note("failed", fault=error.fault.slug, status=error.fault.status)
            return error.fault if error.fault.is_final else None
        return None

    def _unread(self) -> list[str]:
        """Batches that were sent by an earlier run, or an earlier round, and whose answers are not here."""
        rows = self._journal.ledger()
        done = {row.get("batch") for row in rows if row.get("event") == "batch-read"}
        sent = (str(row.get("batch")) for row in rows if row.get("event") == "batch-sent")
        return [batch for batch in dict.fromkeys(sent) if batch not in done]

    def _affordable(self, round_: _Round) -> dict[str, Estimate]:
        """The most that each request can use that is neither answered nor failed nor too dear."""
        wanted: dict[str, Estimate] = {}
        for key, draft in round_.drafts.items():
            if key in round_.faults or self._journal.find(key) is not None:
                continue
            estimate = estimate_of(draft.request, self._price)
            if self._budget.reserve(estimate):
                wanted[key] = estimate
            else:
                round_.unaffordable.add(key)
        for estimate in wanted.values():
            self._budget.settle(estimate, Cost())  # what it really costs is counted when it is read
        return wanted

    async def _send(self, client: Client, round_: _Round, wanted: Mapping[str, Estimate]) -> str:
        for key in wanted:
            self._journal.hold(round_.drafts[key])
        try:
            batch = await client.send_batch({key: round_.drafts[key].request for key in wanted})
        except RequestError as error:
            if error.fault.status == _GONE:
                raise LlmgenError(
                    f"{self._server} takes no batches", fix="leave out --llm-batch", slug="no-batches"
                ) from None
            raise
        self._journal.note("batch-sent", batch=batch, keys=list(wanted))
        for key in wanted:
            draft = round_.drafts[key]
            question = asdict(draft.question)
            self._journal.note("started", key=key, model=draft.model, batch=batch, **question)
        return batch

    async def _fetch(self, client: Client, batch: str, round_: _Round) -> None:
        """Keep every answer of a batch; one that is of no use in this round is kept for a later one."""
        try:
            if not await self._is_done(client, batch):
                self._wait_for(batch, round_)
                return
            answers = await client.batch_answers(batch)
        except RequestError as error:
            if error.fault.status != _GONE:
                raise
            self._journal.note("batch-read", batch=batch, fault="gone")
            return
        for key, answer in answers.items():
            self._keep(key, answer, round_)
        self._journal.note("batch-read", batch=batch)

    async def _is_done(self, client: Client, batch: str) -> bool:
        clock = asyncio.get_running_loop().time
        start, wait = clock(), self._polling.first
        while not await client.is_batch_done(batch):
            if clock() - start + wait > self._polling.total:
                return False
            await asyncio.sleep(wait)
            wait = min(2 * wait, self._polling.longest)
        return True

    def _wait_for(self, batch: str, round_: _Round) -> None:
        """The keys of a batch that is still being worked on are not asked again."""
        rows = [row for row in self._journal.ledger() if row.get("event") == "batch-sent" and row.get("batch") == batch]
        for key in (key for row in rows for key in row.get("keys", ())):
            if key in round_.drafts:
                round_.faults[key] = _NO_ANSWER_YET

    def _keep(self, key: str, answer: Answer | Fault, round_: _Round) -> None:
        draft = round_.drafts.get(key) or self._journal.held(key)
        if isinstance(answer, Fault):
            round_.faults[key] = answer
            self._journal.note("failed", key=key, fault=answer.slug)
        elif draft is not None:
            entry = answered(draft, answer)
            self._journal.keep(entry)
            self._journal.release(key)
            cost = round_.costs[key] = cost_of(entry, self._price)
            self._budget.spent += cost
            self._journal.note("answered", key=key, model=entry.model, usage=asdict(entry.usage), usd=cost.usd)

    def _reply(self, round_: _Round, assignment: Assignment, question: Question, key: str) -> Reply:
        if (entry := self._journal.find(key)) is not None:
            return reply_of(entry, assignment, round_.costs.pop(key, Cost(cached_calls=1)))
        if key in round_.unaffordable:
            return over_budget(assignment, question)
        return failed(assignment, round_.faults.get(key, _NO_ANSWER_YET), self._write.model_for(assignment))
