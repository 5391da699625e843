"""Value added tax, from a table in a file."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

from shop.money import Money

RATES = Path(__file__).with_name("rates.csv")


def read_rates(path: Path = RATES) -> dict[tuple[str, str], Decimal]:
    """The table as (country, category) to per cent.

    Raises:
        ValueError: a rate is below 0 or above 100.
    """
    rates = {}
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            percent = Decimal(row["percent"])
            if not 0 <= percent <= 100:
                raise ValueError(f"{row['country']}: {percent} % is no rate")
            rates[row["country"], row["category"]] = percent
    return rates


def vat(net: Money, country: str, category: str = "standard") -> Money:
    """The tax on a net amount; a category without a rate of its own pays the standard rate."""
    rates = read_rates()
    percent = rates.get((country, category), rates.get((country, "standard")))
    if percent is None:
        raise LookupError(f"no rate for {country}")
    return net.times(percent / 100)
