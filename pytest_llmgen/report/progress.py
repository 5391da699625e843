"""Progress while a run goes on: a line that is rewritten on a terminal, plain lines in a log."""

from __future__ import annotations

import time
from collections.abc import Callable

from pytest_llmgen.records import Ratio, SuiteInfo
from pytest_llmgen.report.layout import Line, count, cut, cut_middle, fraction, wrapped

HEARTBEAT = 60.0
"""Seconds of silence after which a line is written to a log: some CI services stop silent jobs."""

_OUTCOME_WIDTH = 33
_COST_WIDTH = 6
_LEAST_TARGET = 12
_CLEAR = "\r\x1b[K"


def progress_line(number: int, total: int, target: str, outcome: str, cost: str, width: int) -> str:
    """``[1/7] shop/cart.py::Cart.total   4 tests kept, 1 dropped   $0.06``, never wider than ``width``."""
    start = f"[{number}/{total}] "
    tail = f"{outcome.ljust(_OUTCOME_WIDTH)} {cost.rjust(_COST_WIDTH)}"
    room = max(width - 1 - len(start) - len(tail) - 2, _LEAST_TARGET)
    return cut(f"{start}{cut_middle(target, room).ljust(room)}  {tail}".rstrip(), width)


def baseline_line(suite: SuiteInfo, lines: Ratio, mutants: int, *, new_code: bool) -> str:
    """``baseline  212 passed in 4.1s   lines 41/63 covered   58 mutants in scope``."""
    red = f", {len(suite.failed)} failed and set aside" if suite.failed else ""
    what = "changed lines" if new_code else "lines"
    tests = f"{suite.passed} passed{red} in {suite.seconds:.1f}s"
    return f"baseline  {tests}   {what} {fraction(lines)} covered   {count(mutants, 'mutant')} in scope"


def outcome_text(kept: int, dropped: int, bugs: int = 0, why: str = "", verb: str = "kept") -> str:
    """What came of one target: ``4 tests kept, 1 dropped``."""
    parts = [f"{count(kept, 'test')} {verb}"]
    if dropped:
        parts.append(f"{dropped} dropped" + (f" ({why})" if why else ""))
    if bugs:
        parts.append(count(bugs, "suspected bug"))
    return ", ".join(parts)


class Progress:
    """Writes progress through ``write``, which gets text with its own line ends."""

    def __init__(
        self,
        write: Callable[[str], object],
        *,
        is_terminal: bool,
        quiet: bool = False,
        width: int = 80,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._write = write
        self._is_terminal = is_terminal
        self._quiet = quiet
        self._width = width
        self._clock = clock
        self._last = clock()
        self._open = False

    def stage(self, text: str) -> None:
        """Say what is going on now: at once on a terminal, in a log only after long silence."""
        if self._quiet:
            return
        if self._is_terminal:
            self._write(_CLEAR + cut(text, self._width - 1))
            self._open = True
        elif self._clock() - self._last >= HEARTBEAT:
            self._line(text)

    def done(self, line: str) -> None:
        """Write the line of a finished item, on as many lines as it needs."""
        if self._quiet:
            return
        self.close()
        for part in wrapped(line, self._width, hanging=2) if len(line) > self._width else (Line(line),):
            self._line(part.text)

    def close(self) -> None:
        """Take the rewritten line away, so that others may write."""
        if self._open:
            self._write(_CLEAR)
            self._open = False

    def _line(self, text: str) -> None:
        self._write(f"{text}\n")
        self._last = self._clock()
