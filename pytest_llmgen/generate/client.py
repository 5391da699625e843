"""The only module that knows the SDK: a request to an answer or a fault, with our own patience."""

from __future__ import annotations

import asyncio
import inspect
import warnings
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self, TypeVar

from pytest_llmgen.generate.faults import Fault, Patience, codes_of, wait_before
from pytest_llmgen.generate.pace import hold
from pytest_llmgen.generate.prices import Usage

T = TypeVar("T")
Request = Mapping[str, Any]
"""The body of ``POST /v1/messages``."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, as far as it is used."""

    text: str
    stop_reason: str | None
    usage: Usage = field(default_factory=Usage)
    model: str = ""
    request_id: str = ""


class RequestError(Exception):
    """A request that failed for good."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


class Client:
    """Sends requests, a few at once; an async context manager, for one event loop.

    The SDK is imported at the first request: that takes a second, and replays need none.
    """

    def __init__(self, patience: Patience, concurrency: int) -> None:
        self._patience = patience
        self._places = asyncio.Semaphore(concurrency)
        self._stack = AsyncExitStack()
        self._limits: Mapping[str, str] = {}  # headers of the last answer
        self._said: list[warnings.WarningMessage] | None = None
        self._sdk: Any = None
        self._client: Any = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    @property
    def notices(self) -> tuple[str, ...]:
        """What the SDK says of the models that were asked: that one is deprecated, and until when it is there."""
        said = [each.message for each in self._said or () if issubclass(each.category, DeprecationWarning)]
        about_models = [str(message).partition("\n")[0] for message in said if "model" in str(message)]
        return tuple(dict.fromkeys(f"{text} [deprecated-model]" for text in about_models))

    async def send(self, request: Request, starting: Callable[[], None], tokens: int = 0) -> Answer:
        """The answer to a request, after as many attempts as patience allows.

        ``starting`` is called when its turn has come, right before the first attempt; ``tokens`` is what the
        request may count against the server's limits.

        Raises:
            RequestError: there is none.
        """
        async with self._places:
            await asyncio.sleep(hold(self._limits, tokens, datetime.now(UTC)))
            starting()
            self._open()
            return await self._insist(lambda: self._message(request))

    async def send_batch(self, requests: Mapping[str, Request]) -> str:
        """Hand in requests by their own names to be answered within a day; the name of the batch.

        Raises:
            RequestError: it was not taken.
        """
        self._open()
        entries = [{"custom_id": name, "params": request} for name, request in requests.items()]

        async def create() -> str | Fault:
            batch = await self._client.messages.batches.create(requests=entries)
            return getattr(batch, "id", None) or Fault("junk", "the server's answer names no batch")

        return await self._insist(create)

    async def is_batch_done(self, batch: str) -> bool:
        """Whether all answers of a batch are there.

        Raises:
            RequestError: the server can't tell.
        """
        self._open()

        async def retrieve() -> str:
            state = await self._client.messages.batches.retrieve(batch)
            return str(getattr(state, "processing_status", ""))

        return await self._insist(retrieve) == "ended"

    async def batch_answers(self, batch: str) -> Mapping[str, Answer | Fault]:
        """What became of each request of a batch that is done, by its name.

        Raises:
            RequestError: the answers can't be fetched.
        """
        self._open()

        async def results() -> dict[str, Answer | Fault]:
            found = await self._client.messages.batches.results(batch)
            return {str(item.custom_id): _batch_answer(item.result) async for item in found}

        return await self._insist(results)

    async def _insist(self, call: Callable[[], Awaitable[T | Fault]]) -> T:
        clock = asyncio.get_running_loop().time
        attempt, start = 1, clock()
        while isinstance(outcome := await self._attempt(call), Fault):
            wait = wait_before(self._patience, outcome, attempt, clock() - start)
            if wait is None:
                raise RequestError(outcome)
            await asyncio.sleep(wait)
            attempt += 1
        return outcome

    async def _message(self, request: Request) -> Answer | Fault:
        raw = await self._client.messages.with_raw_response.create(**request)
        self._limits = {name.lower(): value for name, value in raw.headers.items()}
        return _answer(await _parsed(raw))

    async def _attempt(self, call: Callable[[], Awaitable[T | Fault]]) -> T | Fault:
        sdk = self._sdk
        try:
            return await call()
        except sdk.APITimeoutError as error:
            return Fault("timeout", str(error))
        except sdk.APIConnectionError as error:
            return Fault("connection", str(error.__cause__ or error))
        except sdk.APIStatusError as error:
            return _status_fault(error)
        except TypeError as error:
            if "authentication" not in str(error):
                raise
            return Fault("credentials", str(error))
        except (sdk.AnthropicError, ValueError) as error:  # a broken profile; JSON that is none
            return Fault("junk" if isinstance(error, ValueError) else "credentials", str(error))

    def _open(self) -> None:
        if self._client is not None:
            return
        # Deprecated models are announced by warnings, which -W error would turn into our failure.
        self._said = self._stack.enter_context(warnings.catch_warnings(record=True))
        warnings.simplefilter("always")
        import anthropic  # noqa: PLC0415 (the lazy seam)

        accepted = inspect.signature(anthropic.AsyncAnthropic.__init__).parameters
        quiet: dict[str, Any] = {"open_telemetry": False} if "open_telemetry" in accepted else {}
        try:
            # A timeout that is given explicitly lets the SDK allow long answers without streaming, too.
            client = anthropic.AsyncAnthropic(max_retries=0, timeout=self._patience.attempt, **quiet)
        except anthropic.AnthropicError as error:  # a profile that cannot be read
            raise RequestError(Fault("credentials", str(error))) from error
        self._stack.push_async_callback(client.close)
        self._sdk, self._client = anthropic, client


async def _parsed(raw: Any) -> Any:
    """The message in a raw answer; whether parsing is to be awaited differs between versions of the SDK."""
    message = raw.parse()
    return await message if inspect.isawaitable(message) else message


def _status_fault(error: Any) -> Fault:
    body = error.body if isinstance(error.body, Mapping) else {}
    error_body = body.get("error")
    inner: Mapping[str, Any] = error_body if isinstance(error_body, Mapping) else body
    message = str(inner.get("message") or error.message)
    headers = {name.lower(): value for name, value in error.response.headers.items()}
    return Fault("status", message, error.status_code, str(inner.get("type") or ""), codes_of(inner), headers)


def _batch_answer(result: Any) -> Answer | Fault:
    kind = str(getattr(result, "type", ""))
    if kind == "succeeded":
        return _answer(result.message)
    if kind != "errored":
        return Fault("batch", f"its batch ended without an answer to it ({kind or 'no word why'})")
    error = getattr(result.error, "error", result.error)
    return Fault("status", str(getattr(error, "message", "")), type=str(getattr(error, "type", "")))


def _answer(message: Any) -> Answer | Fault:
    """The SDK checks nothing: JSON of any shape arrives here as a message."""
    content = getattr(message, "content", None)
    if not isinstance(content, list):
        return Fault("junk", "the server's answer has no content")
    text = "\n".join(block.text for block in content if isinstance(getattr(block, "text", None), str))
    usage = getattr(message, "usage", None)
    return Answer(
        text=text,
        stop_reason=getattr(message, "stop_reason", None),
        usage=Usage(
            _count(usage, "input_tokens"),
            _count(usage, "output_tokens"),
            _count(usage, "cache_read_input_tokens"),
            _count(usage, "cache_creation_input_tokens"),
        ),
        model=str(getattr(message, "model", "") or ""),
        request_id=str(getattr(message, "_request_id", "") or ""),
    )


def _count(usage: Any, name: str) -> int:
    value = getattr(usage, name, 0)
    return value if isinstance(value, int) else 0
