"""What tokens cost: ``llm_price`` where the user says so, else genai-prices where it is installed."""

from __future__ import annotations

import importlib
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pytest_llmgen.errors import LlmgenError

CACHE_WRITE = 1.25
CACHE_READ = 0.1
"""Cached input in parts of the price of input, as the API counts them for a cache of five minutes."""
BATCH = 0.5
"""The price of a request in a batch, in parts of that of one alone."""
_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one reply; ``input_tokens`` without those written to or read from the cache."""

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0


Pricer = Callable[[str, Usage], float | None]
"""Dollars for a model's usage, None where the price is not known."""

Rates = tuple[float, float]
"""Dollars per million tokens of input and of output."""


def pricer(price: str = "") -> Pricer:
    """The prices of models; ``price`` is the setting ``llm_price``, in USD per million tokens.

    ``input,output`` holds for every model, ``name=input,output`` for one; several stand apart by spaces or
    semicolons.  What is not stated is asked of the price library.

    Raises:
        LlmgenError: ``price`` is not of this form.
    """
    stated = _stated(price)
    library = None if "" in stated else _library()

    def priced(model: str, usage: Usage) -> float | None:
        rates = stated.get(model, stated.get(""))
        if rates is not None:
            return _charged(rates, usage)
        return _calculated(library, model, usage) if library else None

    return priced


def in_batches(price: Pricer) -> Pricer:
    """The prices of the Batches API."""

    def priced(model: str, usage: Usage) -> float | None:
        dollars = price(model, usage)
        return None if dollars is None else dollars * BATCH

    return priced


def _stated(price: str) -> dict[str, Rates]:
    """By model; the empty name stands for all others."""
    entries = re.sub(r"\s*,\s*", ",", price.strip()).replace(";", " ").split()
    parts = [entry.rpartition("=") for entry in entries]
    return {name: _numbers(numbers, price) for name, _, numbers in parts}


def _numbers(numbers: str, price: str) -> Rates:
    try:
        per_input, per_output = (float(part) for part in numbers.split(","))
    except ValueError:
        per_input = per_output = math.nan
    if not (math.isfinite(per_input) and math.isfinite(per_output) and min(per_input, per_output) >= 0):
        raise LlmgenError(
            f"llm_price={price}: not a price",
            fix="give dollars per million tokens as 'input,output' or 'model=input,output', as in llm_price = 3,15",
            slug="bad-price",
        )
    return per_input, per_output


def _charged(rates: Rates, usage: Usage) -> float:
    cached = CACHE_READ * usage.cache_read_tokens + CACHE_WRITE * usage.cache_write_tokens
    return ((usage.input_tokens + cached) * rates[0] + usage.output_tokens * rates[1]) / _MILLION


def _library() -> Any:
    """The module genai_prices (0.2 s to import, optional), or None."""
    try:
        return importlib.import_module("genai_prices")
    except ImportError:
        return None


def _calculated(library: Any, model: str, usage: Usage) -> float | None:
    tokens = library.Usage(
        input_tokens=usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens,
        cache_read_tokens=usage.cache_read_tokens,
        cache_write_tokens=usage.cache_write_tokens,
        output_tokens=usage.output_tokens,
    )
    try:
        return float(library.calc_price(tokens, model_ref=model, provider_id="anthropic").total_price)
    except LookupError:
        return None
