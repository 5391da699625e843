"""What can go wrong between here and a model, what it means, and how long to wait before trying again."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.timeouts import Timeouts

RETRY_AFTER_CAP = 60.0
"""Seconds waited at most for one Retry-After: the API may name an hour."""
TOTAL_CAP = Timeouts().retries
"""Seconds after which a request is not tried again: shorter than one time-out, which may have been paid for."""
_RETRIED_STATUS = frozenset({408, 409, 429})
_OK, _SERVER_ERROR = 200, 500
_TOO_LONG = ("prompt is too long", "context length", "context window", "context size", "maximum context")
"""In the words of the API, vLLM, LM Studio, llama.cpp and Ollama."""
_SPENT = ("_spend_limit_reached", "billing", "credit balance")


@dataclass(frozen=True, slots=True)
class Patience:
    """How often and how long a request is tried again; seconds."""

    attempts: int = 5
    first_wait: float = 0.5
    longest_wait: float = 8.0
    retry_after_cap: float = RETRY_AFTER_CAP
    total: float = TOTAL_CAP
    attempt: float = Timeouts().request


@dataclass(frozen=True, slots=True)
class Fault:
    """A request that got no reply."""

    kind: str  # "status", "connection", "timeout", "junk", "credentials" or "batch"
    message: str
    status: int | None = None
    type: str = ""  # the API's word: rate_limit_error
    codes: tuple[str, ...] = ()  # finer words, where there are any: enforced_spend_limit_reached
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def slug(self) -> str:
        """What it is called in messages and in the ledger."""
        return _BY_KIND.get(self.kind) or self._slug_of_status()

    def _slug_of_status(self) -> str:
        text = " ".join([self.type, self.message, *self.codes]).lower()
        if any(word in text for word in _SPENT):
            return "spend-limit"
        if any(words in text for words in _TOO_LONG):
            return "prompt-too-long"
        return _BY_STATUS.get(self.status or 0, "service-unavailable" if self._is_server_error() else "request-refused")

    def _is_server_error(self) -> bool:
        in_stream = self.status == _OK and self.type in {"overloaded_error", "api_error"}
        return in_stream or (self.status or 0) >= _SERVER_ERROR

    @property
    def is_passing(self) -> bool:
        """Whether the same request may succeed later."""
        if self.kind != "status":
            return self.kind != "credentials"
        if self.slug == "spend-limit":
            return False
        if (said := self.headers.get("x-should-retry")) in {"true", "false"}:
            return said == "true"
        return self.status in _RETRIED_STATUS or self._is_server_error()

    @property
    def is_final(self) -> bool:
        """Whether every other request would end like this one."""
        return self.slug in _FINAL

    def error(self, model: str) -> LlmgenError:
        """For the user."""
        where = f" (status {self.status})" if self.status else ""
        message = f"{_WHAT.get(self.slug, 'the model could not be asked')}{where}: {self.message}"
        return LlmgenError(message, slug=self.slug, fix=_FIXES.get(self.slug, "").format(model=model))


_BY_KIND = {
    "connection": "no-network",
    "timeout": "request-timeout",
    "junk": "junk-reply",
    "credentials": "no-credentials",
    "batch": "batch-unanswered",
}
_BY_STATUS = {
    401: "bad-credentials",
    402: "spend-limit",
    403: "permission-denied",
    404: "model-not-found",
    408: "request-timeout",
    413: "prompt-too-long",
    429: "rate-limit",
}
_WHAT = {
    "no-network": "no connection to the model's server",
    "request-timeout": "the model did not answer in time",
    "junk-reply": "the answer of the model's server is not a message",
    "no-credentials": "no credentials for the model",
    "bad-credentials": "the key was not accepted",
    "permission-denied": "the key does not allow this request",
    "spend-limit": "the account's money is used up",
    "model-not-found": "there is no such model or address",
    "rate-limit": "the server's rate limit was still in force after several tries",
    "service-unavailable": "the model's server had a fault in several tries",
    "prompt-too-long": "the prompt is too long for the model",
    "batch-unanswered": "a request of a batch has no answer",
    "request-refused": "the server refused the request",
}
_FINAL = frozenset(
    {"no-network", "no-credentials", "bad-credentials", "permission-denied", "spend-limit", "model-not-found"}
)
_FIXES = {
    "no-network": "check the connection, proxies (HTTPS_PROXY, NO_PROXY) and ANTHROPIC_BASE_URL",
    "request-timeout": "ask again, or give it longer with llm_timeouts = request=1200",
    "rate-limit": "ask again later, or fewer at once with --llm-concurrency=1",
    "service-unavailable": "ask again later: replies that came are kept and cost nothing",
    "no-credentials": "set ANTHROPIC_API_KEY or use --llm-provider=offline",
    "bad-credentials": "check ANTHROPIC_API_KEY, or use --llm-provider=offline",
    "permission-denied": "use a key that may call {model}, or another --llm-model",
    "spend-limit": "raise the account's limit, or use --llm-provider=offline",
    "model-not-found": "check --llm-model={model}; ANTHROPIC_BASE_URL must not end in /v1",
}


def wait_before(patience: Patience, fault: Fault, attempt: int, elapsed: float) -> float | None:
    """Seconds until attempt number ``attempt + 1``, or None to give up; ``elapsed`` since the first."""
    if attempt >= patience.attempts or not fault.is_passing:
        return None
    said = _retry_after(fault.headers)
    if said is not None:
        wait = min(said, patience.retry_after_cap)
    else:
        wait = min(patience.first_wait * 2 ** (attempt - 1), patience.longest_wait)
        wait *= random.uniform(0.75, 1)  # noqa: S311 (spreads requests, guards nothing)
    return wait if elapsed + wait <= patience.total else None


def _retry_after(headers: Mapping[str, str]) -> float | None:
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            seconds = float(headers[name]) * unit
        except (KeyError, ValueError):
            continue  # a date, as HTTP also allows, is answered by our own pace
        if seconds >= 0:
            return seconds
    return None


def codes_of(value: Any) -> tuple[str, ...]:
    """Every string of an error's details: where the API keeps its finer codes has changed before."""
    if isinstance(value, str):
        return (value,)
    if isinstance(value, Mapping):
        return tuple(code for item in value.values() for code in codes_of(item))
    return ()
