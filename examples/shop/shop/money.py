"""Amounts of money in whole cents, so that nothing is lost to floats."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal


class CurrencyMismatch(ValueError):
    """Two amounts of different currencies met."""


@dataclass(frozen=True, order=True)
class Money:
    """An amount in the smallest unit of its currency."""

    cents: int
    currency: str = "EUR"

    @classmethod
    def parse(cls, text: str, currency: str = "EUR") -> Money:
        """Read an amount such as ``12.50`` or ``-3``.

        Raises:
            ValueError: the text is no amount, or has more than two decimals.
        """
        whole, _, fraction = text.strip().partition(".")
        negative = whole.startswith("-")
        digits = whole.lstrip("-")
        if not digits.isdigit() or (fraction and not fraction.isdigit()):
            raise ValueError(f"not an amount: {text!r}")
        if len(fraction) > 2:
            raise ValueError(f"more than two decimals: {text!r}")
        cents = int(digits) * 100 + int(fraction.ljust(2, "0"))
        return cls(-cents if negative else cents, currency)

    def __add__(self, other: Money) -> Money:
        self._check(other)
        return Money(self.cents + other.cents, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._check(other)
        return Money(self.cents - other.cents, self.currency)

    def times(self, factor: int | Decimal) -> Money:
        """Multiply, rounding half a cent away from zero."""
        exact = Decimal(self.cents) * Decimal(factor)
        return Money(int(exact.quantize(Decimal(1), ROUND_HALF_UP)), self.currency)

    def split(self, parts: int) -> list[Money]:
        """Divide into parts that differ by at most one cent and add up to the whole.

        >>> [m.cents for m in Money(100).split(3)]
        [34, 33, 33]

        Raises:
            ValueError: ``parts`` is less than 1.
        """
        share, rest = divmod(self.cents, parts)
        return [Money(share + (1 if i < rest else 0), self.currency) for i in range(parts)]

    @property
    def is_debt(self) -> bool:
        """Whether the amount is below zero."""
        return self.cents < 0

    def __str__(self) -> str:
        sign = "-" if self.is_debt else ""
        return f"{sign}{abs(self.cents) // 100}.{abs(self.cents) % 100:02d} {self.currency}"

    def _check(self, other: Money) -> None:
        if other.currency != self.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency}")
