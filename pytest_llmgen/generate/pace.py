"""How long to hold a request back, by what the server said of its limits with its last answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

PREFIX = "anthropic-ratelimit-"
LONGEST_HOLD = 60.0
"""Seconds: a reset that lies further away is met by trying, and by Retry-After."""
_TOKEN_KINDS = ("tokens", "input-tokens")


def hold(headers: Mapping[str, str], tokens: int, now: datetime) -> float:
    """Seconds until a request of so many tokens fits into the limits.

    Args:
        headers: of an earlier answer, names in lower case; the API's own, absent on most other servers.
        tokens: what the request may send.
        now: the time, with its zone.
    """
    waits = [_until_reset(headers, "requests", now)] if _remaining(headers, "requests") == 0 else []
    for kind in _TOKEN_KINDS:
        left = _remaining(headers, kind)
        if left is not None and left < tokens:
            waits.append(_until_reset(headers, kind, now))
    return max(waits, default=0.0)


def _remaining(headers: Mapping[str, str], kind: str) -> int | None:
    try:
        return int(headers[f"{PREFIX}{kind}-remaining"])
    except (KeyError, ValueError):
        return None


def _until_reset(headers: Mapping[str, str], kind: str, now: datetime) -> float:
    try:
        reset = datetime.fromisoformat(headers[f"{PREFIX}{kind}-reset"])
    except (KeyError, ValueError):
        return 0.0
    reset = reset if reset.tzinfo else reset.replace(tzinfo=UTC)
    return min(LONGEST_HOLD, max(0.0, (reset - now).total_seconds()))
