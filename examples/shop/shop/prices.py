"""Prices from a remote service, over a transport that the caller provides."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from shop.money import Money


class PriceUnavailable(Exception):
    """The service has no price, or no answer."""


@dataclass(frozen=True)
class Response:
    """What came back over HTTP."""

    status: int
    body: str = ""


Transport = Callable[[str], Awaitable[Response]]


class PriceClient:
    """Asks the service for prices and remembers them."""

    def __init__(self, transport: Transport, retries: int = 2) -> None:
        self._transport = transport
        self._retries = retries
        self._known: dict[str, Money] = {}

    async def price(self, sku: str) -> Money:
        """The price of a product; a busy service (503) is asked again.

        Raises:
            PriceUnavailable: unknown product, or the service stays busy.
        """
        if sku in self._known:
            return self._known[sku]
        for _ in range(self._retries + 1):
            response = await self._transport(f"/prices/{sku}")
            if response.status != 503:
                break
            await asyncio.sleep(0)
        if response.status != 200:
            raise PriceUnavailable(f"{sku}: status {response.status}")
        data = json.loads(response.body)
        self._known[sku] = Money.parse(data["amount"], data.get("currency", "EUR"))
        return self._known[sku]

    async def prices(self, *skus: str) -> dict[str, Money]:
        """Several prices at once."""
        found = await asyncio.gather(*(self.price(sku) for sku in skus))
        return dict(zip(skus, found, strict=True))
