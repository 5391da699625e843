"""The file that outlives a run: small JSON values by kind and key, in SQLite, which keeps two runs apart.

Nothing in it is trusted beyond its form: what can't be read counts as not there.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

FILE = "kept.sqlite"
FORMAT = 1
"""Of the table; a file of another format is set aside."""
PATIENCE = 20.0
"""Seconds to wait for another run that writes."""
KEPT_RUNS = 30
"""Entries that no run has wanted for so many runs are dropped."""
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS kept (kind TEXT, key TEXT, value TEXT, run INTEGER, PRIMARY KEY (kind, key))"
    " WITHOUT ROWID"
)


class Store:
    """Values of earlier runs; what is put is written by :meth:`save`, in one transaction.

    Args:
        file: where it is; it and its folder may be missing.
        fresh: nothing of earlier runs is wanted.
    """

    def __init__(self, file: Path, *, fresh: bool = False) -> None:
        self._file = file
        self._values: dict[tuple[str, str], Any] = {}
        self._wanted: set[tuple[str, str]] = set()
        self._new: dict[tuple[str, str], Any] = {}
        self._run = 0
        self.problem: str | None = None  # why earlier values are not used
        self._read()
        if fresh:
            self._values.clear()

    def get(self, kind: str, key: str) -> Any:
        """An earlier value, or None."""
        entry = kind, key
        if entry in self._new:
            return self._new[entry]
        text = self._values.get(entry)
        if text is None:
            return None
        self._wanted.add(entry)
        try:
            return json.loads(text)
        except ValueError:
            return None

    def put(self, kind: str, key: str, value: Mapping[str, Any]) -> None:
        """Keep a value for later runs."""
        self._new[kind, key] = value

    def forget(self, why: str) -> None:
        """Keep nothing of this run."""
        self._new.clear()
        self.problem = why

    def save(self) -> None:
        """Write what is new, and which old entries are still wanted."""
        try:
            with closing(self._connect()) as connection, connection:
                connection.execute(_SCHEMA)
                connection.execute(f"PRAGMA user_version = {FORMAT}")
                connection.executemany(
                    "INSERT OR REPLACE INTO kept VALUES (?, ?, ?, ?)",
                    [(kind, key, json.dumps(value), self._run) for (kind, key), value in self._new.items()],
                )
                connection.executemany(
                    "UPDATE kept SET run = ? WHERE kind = ? AND key = ?",
                    [(self._run, *entry) for entry in self._wanted],
                )
                connection.execute("DELETE FROM kept WHERE run < ?", (self._run - KEPT_RUNS,))
        except (sqlite3.Error, OSError) as error:
            self.problem = f"verdicts could not be kept for later runs in {self._file}: {error}"

    def _read(self) -> None:
        if not self._file.exists():
            return
        try:
            with closing(self._connect()) as connection:
                (version,) = connection.execute("PRAGMA user_version").fetchone()
                if version != FORMAT:
                    raise sqlite3.DatabaseError(f"it has format {version}, not {FORMAT}")
                rows = connection.execute("SELECT kind, key, value, run FROM kept").fetchall()
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                self.problem = f"earlier verdicts are not used: another run holds {self._file}"
            else:
                self._set_aside(error)
        except (sqlite3.Error, OSError, TypeError, ValueError) as error:
            self._set_aside(error)
        else:
            self._values = {(kind, key): value for kind, key, value, _ in rows if isinstance(value, str)}
            self._run = 1 + max((run for *_, run in rows if isinstance(run, int)), default=0)

    def _set_aside(self, error: Exception) -> None:
        aside = self._file.with_name(f"{self._file.name}.broken")
        with suppress(OSError):
            self._file.replace(aside)
        self.problem = f"earlier verdicts are not used: {self._file} can't be read ({error}); it is now {aside.name}"

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self._file, timeout=PATIENCE)
