"""Results that hang on the time of day, or on which files are open: the same call under other circumstances."""

from __future__ import annotations

import re
from dataclasses import replace

from pytest_llmgen.records import Probe

_READS_CLOCK = re.compile(
    r"\b(now|today|utcnow|time|time_ns|monotonic|localtime|gmtime|strftime|ctime)\s*\(|\b(timesince|timeago|naturaltime)\b"
)
_LATER = """
def _later(call, hour):
    import datetime, gc, time
    real, day, moment = datetime.datetime, datetime.date, datetime.datetime.now()
    ahead = (moment + datetime.timedelta(days=500)).replace(hour=hour, minute=hour and 59 or 1) - moment

    class Meta(type):
        def __instancecheck__(cls, value):
            return isinstance(value, cls.real)

    def made(kind, **late):
        names = [name for name in dir(kind) if not name.startswith("__")]
        members = {name: staticmethod(getattr(kind, name)) if callable(getattr(kind, name)) else getattr(kind, name)
                   for name in names if isinstance(kind.__dict__.get(name), classmethod) or "timestamp" in name
                   or name in ("strptime", "fromisoformat", "fromordinal", "combine", "fromisocalendar")}
        new = lambda cls, *args, **named: kind(*args, **named)
        return Meta(kind.__name__, (kind,), {**members, **late, "real": kind, "__new__": new})

    later = made(
        real,
        now=staticmethod(lambda tz=None: real.now(tz) + ahead),
        utcnow=staticmethod(lambda: real.utcnow() + ahead),
        today=staticmethod(lambda: real.today() + ahead),
    )
    later_day = made(day, today=staticmethod(lambda: (real.today() + ahead).date()))
    now, local, utc, seconds = time.time, time.localtime, time.gmtime, ahead.total_seconds()
    shifted = [
        (real, later), (day, later_day),
        (now, lambda: now() + seconds),
        (local, lambda at=None: local(now() + seconds if at is None else at)),
        (utc, lambda at=None: utc(now() + seconds if at is None else at)),
    ]
    undo = []
    gc.unfreeze()  # what is frozen is not seen by get_referrers
    try:
        for old, new in shifted:
            spaces = [each for each in gc.get_referrers(old) if type(each) is dict and "__spec__" in each]
            for space in spaces:
                for name in [name for name, value in space.items() if value is old and not name.startswith("_")]:
                    undo.append((space, name, old))
                    space[name] = new
        return call()
    finally:
        for space, name, old in undo:
            space[name] = old
"""
"""Python code, run where the code under test is: whoever asks for the time gets one that is far ahead."""


def reads_clock(source: str) -> bool:
    """Whether a module seems to ask for the time."""
    return bool(_READS_CLOCK.search(source))


def later(probe: Probe, identity: str) -> tuple[Probe, Probe]:
    """The same probe on a day to come, at its beginning and at its end: whatever hangs on the hour differs in one."""
    setup = f"{probe.setup}\n{_LATER}"
    early, late = (
        replace(
            probe,
            id=f"{identity}@{hour}",
            setup=setup,
            expression=f"_later(lambda: ({probe.expression}), {hour})",
            alone=True,
        )
        for hour in (0, 23)
    )
    return early, late


_FILES = """
class _Held:
    def __init__(self):
        import os
        self.files, self.close = [os.dup(2) for _ in range(7)], os.close

    def __del__(self):
        for file in self.files:
            self.close(file)

_held = _Held()
"""
"""More files are open, so that the numbers of those that the call opens are others."""


def elsewhere(probe: Probe) -> Probe:
    """The same probe in a process with more open files."""
    return replace(probe, setup=f"{_FILES}{probe.setup}")
