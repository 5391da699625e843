"""Vouchers and what they take off a subtotal."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import Enum

from shop.money import Money


class Kind(Enum):
    """What a voucher takes off."""

    AMOUNT = "amount"
    PERCENT = "percent"


class VoucherRefused(Exception):
    """The voucher cannot be used; the message says why."""


@dataclass
class Voucher:
    """A code that lowers a subtotal."""

    code: str
    kind: Kind
    value: int
    minimum: Money = field(default_factory=lambda: Money(0))
    expires: date | None = None
    used: bool = False

    def discount(self, subtotal: Money, today: date) -> Money:
        """The amount taken off, never more than the subtotal.

        Raises:
            VoucherRefused: used already, expired, or the subtotal is below the minimum.
        """
        if self.used:
            raise VoucherRefused(f"{self.code} was used")
        if self.expires is not None and today > self.expires:
            raise VoucherRefused(f"{self.code} expired on {self.expires.isoformat()}")
        if subtotal < self.minimum:
            raise VoucherRefused(f"{self.code} needs a minimum of {self.minimum}")
        if self.kind is Kind.PERCENT:
            return subtotal.times(Decimal(min(self.value, 100)) / 100)
        return min(Money(self.value, subtotal.currency), subtotal)

    def redeem(self, subtotal: Money, today: date) -> Money:
        """Use the voucher up and return what is left to pay."""
        left = subtotal - self.discount(subtotal, today)
        self.used = True
        return left


def normalise_code(code: str) -> str:
    """Upper case, without spaces and hyphens; empty codes are refused.

    >>> normalise_code(" ten-off ")
    'TENOFF'
    """
    cleaned = code.replace(" ", "").replace("-", "").upper()
    if not cleaned:
        raise ValueError("a voucher code must not be empty")
    return cleaned
