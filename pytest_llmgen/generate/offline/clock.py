"""Results that hang on the time of day, or on which files are open: the same call under other circumstances."""

from __future__ import annotations

import re
from dataclasses import replace

from pytest_llmgen.records import Probe

_READS_CLOCK = re.compile(
    r"\b(now|today|utcnow|time|time_ns|monotonic|localtime|gmtime|strftime|ctime)\s*\(|\b(timesince|timeago|naturaltime)\b"
)


def reads_clock(source: str) -> bool:
    """Whether a module seems to ask for the time."""
    return bool(_READS_CLOCK.search(source))


def later(probe: Probe, identity: str) -> tuple[Probe, Probe]:
    """The same probe on a day to come, at its beginning and at its end: whatever hangs on the hour differs in one.

    Whoever asks for the time while the expression is evaluated gets one that is far ahead.
    """
    early, late = (replace(probe, id=f"{identity}@{hour}", hour=hour, alone=True) for hour in (0, 23))
    return early, late


HELD = "_held"
"""The name of what holds files open, which is let go when all was seen."""
_FILES = f"""
class _Held:
    def __init__(self):
        import os
        self.files, self.close = [os.dup(2) for _ in range(7)], os.close

    def __del__(self):
        for file in self.files:
            self.close(file)

{HELD} = _Held()
"""
"""More files are open, so that the numbers of those that the call opens are others."""


def elsewhere(probe: Probe) -> Probe:
    """The same probe in a process with more open files."""
    return replace(probe, setup=f"{_FILES}{probe.setup}")
