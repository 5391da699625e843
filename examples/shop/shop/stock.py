"""How much of what is on the shelf, in memory or in SQLite."""

from __future__ import annotations

import sqlite3
from typing import Protocol


class OutOfStock(Exception):
    """Less on the shelf than was asked for."""


class Repository(Protocol):
    """Where quantities are kept."""

    def quantity(self, sku: str) -> int: ...

    def store(self, sku: str, quantity: int) -> None: ...


class MemoryRepository:
    """Quantities in a dictionary."""

    def __init__(self, quantities: dict[str, int] | None = None) -> None:
        self._quantities = dict(quantities or {})

    def quantity(self, sku: str) -> int:
        """The quantity of a product, 0 where it is unknown."""
        return self._quantities.get(sku, 0)

    def store(self, sku: str, quantity: int) -> None:
        """Set the quantity of a product."""
        self._quantities[sku] = quantity


class SqliteRepository:
    """Quantities in a table of their own."""

    def __init__(self, path: str = ":memory:") -> None:
        self._database = sqlite3.connect(path)
        self._database.execute("CREATE TABLE IF NOT EXISTS stock (sku TEXT PRIMARY KEY, quantity INTEGER NOT NULL)")

    def quantity(self, sku: str) -> int:
        """The quantity of a product, 0 where it is unknown."""
        row = self._database.execute("SELECT quantity FROM stock WHERE sku = ?", (sku,)).fetchone()
        return row[0] if row else 0

    def store(self, sku: str, quantity: int) -> None:
        """Set the quantity of a product."""
        with self._database:
            self._database.execute("REPLACE INTO stock VALUES (?, ?)", (sku, quantity))

    def close(self) -> None:
        """Give the database back."""
        self._database.close()


class Stock:
    """The rules of taking things off the shelf."""

    def __init__(self, repository: Repository, warn_below: int = 3) -> None:
        self._repository = repository
        self._warn_below = warn_below

    def receive(self, sku: str, quantity: int) -> int:
        """Put a delivery on the shelf; returns the new quantity."""
        if quantity <= 0:
            raise ValueError("a delivery must not be empty")
        total = self._repository.quantity(sku) + quantity
        self._repository.store(sku, total)
        return total

    def take(self, sku: str, quantity: int = 1) -> bool:
        """Take off the shelf; whether what is left is little enough for a warning.

        Raises:
            OutOfStock: less is there than was asked for.
        """
        there = self._repository.quantity(sku)
        if quantity > there:
            raise OutOfStock(f"{sku}: {there} left, {quantity} wanted")
        self._repository.store(sku, there - quantity)
        return there - quantity < self._warn_below
