"""The arguments that functions got while tests ran, in the child: as source where they have one, few of each."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import CodeType, FrameType
from typing import Any

from pytest_llmgen.run.values import describe

MOST_CALLS = 6
"""Different calls of one function that are kept."""
_MOST_LOOKS = 60
"""Calls of one function that are looked at; after these it is left alone."""
_MAX_SOURCE = 160

Wanted = Mapping[tuple[str, int], Sequence[str]]
"""File and first line of a function's code to the names of its parameters."""
Calls = dict[tuple[str, int], list[dict[str, str]]]
"""For each function the arguments of its calls: name to source."""


@contextmanager
def recording(wanted: Wanted) -> Iterator[Calls]:
    """Note the calls of these functions while the body runs in this thread."""
    recorder = _Recorder(wanted)
    before = sys.gettrace()
    sys.settrace(recorder.on_call)
    try:
        yield recorder.calls
    finally:
        sys.settrace(before)


class _Recorder:
    def __init__(self, wanted: Wanted) -> None:
        self.calls: Calls = {}
        self._wanted = wanted
        self._looks: dict[tuple[str, int], int] = {}
        self._is_looking = False

    def on_call(self, frame: FrameType, event: str, _argument: Any) -> None:
        code = frame.f_code
        place = (code.co_filename, code.co_firstlineno)
        if event != "call" or self._is_looking or place not in self._wanted:
            return
        looks = self._looks[place] = self._looks.get(place, 0) + 1
        known = self.calls.setdefault(place, [])
        if looks > _MOST_LOOKS or len(known) >= MOST_CALLS:
            return
        self._is_looking = True  # what describing a value calls is no call of the tests
        try:
            row = _row(frame, code, self._wanted[place])
        finally:
            self._is_looking = False
        if row is not None and row not in known:
            known.append(row)


def _row(frame: FrameType, code: CodeType, names: Sequence[str]) -> dict[str, str] | None:
    row = {}
    for name in names:
        if name not in code.co_varnames or name not in frame.f_locals:
            return None
        source = describe(frame.f_locals[name]).source
        if source is None or len(source) > _MAX_SOURCE:
            if name == "self":
                continue
            return None
        row[name] = source
    return row
