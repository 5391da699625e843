"""From assignments to requests, and what requests may cost before they are sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pytest_llmgen.generate.budget import Estimate
from pytest_llmgen.generate.prices import Pricer, Usage
from pytest_llmgen.prompt import PROMPT_TOKENS, Messages, Private, render
from pytest_llmgen.records import Assignment, Stage

MAX_OUTPUT_TOKENS = 8192
"""Room for some thirty tests; what a reply may cost is reckoned with it."""
USUAL_OUTPUT_TOKENS = 600
"""For the forecast only. The 90 recorded replies of examples/shop have 377 on average; thinking comes on top."""
BYTES_PER_TOKEN = 3
"""Code has fewer bytes to a token than prose; a cap must hold, so this errs on the dear side."""

Request = Mapping[str, Any]
"""The body of ``POST /v1/messages``."""


@dataclass(frozen=True, slots=True)
class Writer:
    """What makes a request out of an assignment; ``hard`` is the model for what the first one left open."""

    model: str
    instructions: str = ""
    private: Private = field(default_factory=Private)
    hard: str = ""

    def __call__(self, assignment: Assignment, tokens: int = PROMPT_TOKENS) -> Request:
        """The request, about so many tokens long at most, with nothing private in it."""
        messages = render(assignment, self.instructions, tokens).redacted(self.private)
        return request_of(messages, self.model_for(assignment))

    def model_for(self, assignment: Assignment) -> str:
        """The model that is asked."""
        return self.hard if self.hard and assignment.stage is Stage.GAPS else self.model


def request_of(messages: Messages, model: str) -> dict[str, Any]:
    """The body of a request: the system text and each turn's first block are marked for the cache."""
    cached = {"cache_control": {"type": "ephemeral"}}
    turns: list[dict[str, Any]] = []
    for role, text in messages.turns:
        block = {"type": "text", "text": text}
        if turns and turns[-1]["role"] == role:
            turns[-1]["content"].append(block)
        else:
            turns.append({"role": role, "content": [{**block, **cached}]})
    system = [{"type": "text", "text": messages.system, **cached}]
    return {"model": model, "max_tokens": MAX_OUTPUT_TOKENS, "system": system, "messages": turns}


def input_tokens_of(request: Request) -> int:
    """What a request sends, in tokens, rather too many than too few."""
    blocks = [*request["system"], *(block for turn in request["messages"] for block in turn["content"])]
    return sum(len(block["text"].encode("utf-8", "replace")) for block in blocks) // BYTES_PER_TOKEN


def estimate_of(request: Request, price: Pricer) -> Estimate:
    """The most that a request can use: its text, written to the cache, and a full answer."""
    tokens = input_tokens_of(request)
    usage = Usage(0, request["max_tokens"], 0, tokens)
    return Estimate(tokens + request["max_tokens"], price(request["model"], usage))


@dataclass(frozen=True, slots=True)
class Forecast:
    """What requests may cost; dollars are None where a price is not known."""

    models: Mapping[str, int]  # requests by model
    input_tokens: int
    usual_usd: float | None
    most_usd: float | None


def forecast(requests: Sequence[Request], price: Pricer) -> Forecast:
    """What these requests will send, usually cost, and cost at most."""
    usual = [price(r["model"], Usage(input_tokens_of(r), USUAL_OUTPUT_TOKENS)) for r in requests]
    most = [estimate_of(request, price).usd for request in requests]
    models = Counter(request["model"] for request in requests)
    return Forecast(models, sum(map(input_tokens_of, requests)), _sum(usual), _sum(most))


def describe(forecast: Forecast, recorded: int, max_cost: float) -> str:
    """A forecast in words, with the number of replies that are recorded already and the cap in dollars."""
    asked = ", ".join(f"{number} to {model}" for model, number in sorted(forecast.models.items())) or "none"
    parts = [f"requests: {asked}"]
    if forecast.models:
        parts.append(f"{forecast.input_tokens:,} tokens in")
        parts.append(_dollars(forecast, max_cost))
    if recorded:
        parts.append(f"{recorded} recorded already")
    return "; ".join(parts)


def _dollars(forecast: Forecast, max_cost: float) -> str:
    if forecast.usual_usd is None or forecast.most_usd is None:
        return "price not known"
    cap = f", cap ${max_cost:.2f}" if max_cost >= 0 else ""
    return f"about ${forecast.usual_usd:.2f}, at most ${forecast.most_usd:.2f}{cap}"


def _sum(dollars: Sequence[float | None]) -> float | None:
    known = [each for each in dollars if each is not None]
    return sum(known) if len(known) == len(dollars) else None
