"""The cart: lines of products, a subtotal, and paying for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from shop.money import Money
from shop.vouchers import Voucher


@dataclass(frozen=True)
class Line:
    """So many of one product."""

    sku: str
    price: Money
    quantity: int = 1

    @property
    def total(self) -> Money:
        """Price times quantity."""
        return self.price.times(self.quantity)


class Cart:
    """What a customer means to buy."""

    def __init__(self, currency: str = "EUR") -> None:
        self.currency = currency
        self._lines: dict[str, Line] = {}
        self.voucher: Voucher | None = None

    def add(self, sku: str, price: Money, quantity: int = 1) -> None:
        """Add a product, or more of one that is there already.

        Raises:
            ValueError: the quantity is less than 1, or the price differs from the line's.
        """
        if quantity < 1:
            raise ValueError("quantity must be at least 1")
        known = self._lines.get(sku)
        if known is not None:
            if known.price != price:
                raise ValueError(f"{sku} has two prices")
            quantity += known.quantity
        self._lines[sku] = Line(sku, price, quantity)

    def remove(self, sku: str) -> bool:
        """Take a product out; whether it was there."""
        return self._lines.pop(sku, None) is not None

    def __len__(self) -> int:
        return sum(line.quantity for line in self._lines.values())

    @property
    def subtotal(self) -> Money:
        """The sum of all lines."""
        total = Money(0, self.currency)
        for line in self._lines.values():
            total = total + line.total
        return total

    def expensive(self, limit: Money) -> Iterator[Line]:
        """Lines that cost more than the limit, dearest first."""
        for line in sorted(self._lines.values(), key=lambda line: line.total, reverse=True):
            if line.total <= limit:
                return
            yield line

    def checkout(self, today: date) -> Money:
        """What is to be paid, the voucher taken off and used up.

        Raises:
            ValueError: the cart is empty.
        """
        if not self._lines:
            raise ValueError("the cart is empty")
        if self.voucher is None:
            return self.subtotal
        return self.voucher.redeem(self.subtotal, today)
