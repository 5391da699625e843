"""A clock that is far ahead: whoever asks Python for the time, in a child, gets that of a day to come."""

from __future__ import annotations

import contextlib
import datetime as dt
import gc
import sys
import time
from collections.abc import Iterator, Sequence
from typing import Any

DAYS = 500
"""How far ahead: more than a year, so that its number is another one."""
LAST_HOUR = 23
_FROM_OTHERS = ("strptime", "fromisoformat", "fromordinal", "combine", "fromisocalendar")

_Exchange = tuple[dict[str, Any], str, object, object]


class Clock:
    """Finds once, in a process, where the clock is asked for; its names are exchanged for as long as a call takes."""

    def __init__(self) -> None:
        self._modules = 0  # when it was looked at last
        self._ahead = dt.timedelta()
        self._exchanges: list[_Exchange] = []

    @contextlib.contextmanager
    def at(self, hour: int) -> Iterator[None]:
        """It is that hour of a day to come: its first minute, of the last hour its last minute."""
        moment = dt.datetime.now()  # noqa: DTZ005 (as the code under test asks)
        then = moment + dt.timedelta(days=DAYS)
        self._ahead = then.replace(hour=hour, minute=59 if hour == LAST_HOUR else 1) - moment
        if len(sys.modules) != self._modules:
            self._exchanges, self._modules = self._found(), len(sys.modules)
        current = [each for each in self._exchanges if each[0].get(each[1]) is each[2]]
        try:
            for space, name, _, new in current:
                space[name] = new
            yield
        finally:
            for space, name, old, _ in current:
                space[name] = old

    def _found(self) -> list[_Exchange]:
        shifted = self._shifted()
        new_of = {id(old): (old, new) for old, new in shifted}
        was_frozen = gc.get_freeze_count() > 0
        gc.unfreeze()  # what is frozen is not seen by get_referrers
        spaces = [each for each in gc.get_referrers(*(old for old, _ in shifted)) if _is_module(each)]
        if was_frozen:
            gc.freeze()
        return [
            (space, name, *new_of[id(value)])
            for space in spaces
            for name, value in space.items()
            if id(value) in new_of and not name.startswith("_")
        ]

    def _shifted(self) -> Sequence[tuple[object, object]]:
        real, day = dt.datetime, dt.date
        now, local, utc = time.time, time.localtime, time.gmtime
        later = _like(
            real,
            now=staticmethod(lambda tz=None: real.now(tz) + self._ahead),
            utcnow=staticmethod(lambda: real.utcnow() + self._ahead),
            today=staticmethod(lambda: real.today() + self._ahead),
        )

        def today() -> dt.date:
            return (real.today() + self._ahead).date()

        def seconds() -> float:
            return now() + self._ahead.total_seconds()

        return [
            (real, later),
            (day, _like(day, today=staticmethod(today))),
            (now, seconds),
            (local, lambda at=None: local(seconds() if at is None else at)),
            (utc, lambda at=None: utc(seconds() if at is None else at)),
        ]


def _is_module(thing: object) -> bool:
    return type(thing) is dict and "__spec__" in thing


class _Meta(type):
    """Of a class whose instances are those of another one."""

    real: type

    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, cls.real)


def _like(kind: type, **late: object) -> type:
    """A class that stands for another one, makes its instances, and answers some of its questions otherwise."""
    members = {name: _member(kind, name) for name in dir(kind) if not name.startswith("__") and _is_copied(kind, name)}

    def new(_cls: type, *args: Any, **named: Any) -> Any:
        return kind(*args, **named)

    return _Meta(kind.__name__, (kind,), {**members, **late, "real": kind, "__new__": new})


def _is_copied(kind: type, name: str) -> bool:
    return isinstance(vars(kind).get(name), classmethod) or "timestamp" in name or name in _FROM_OTHERS


def _member(kind: type, name: str) -> object:
    value = getattr(kind, name)
    return staticmethod(value) if callable(value) else value
