"""Mutants that meet calls, in the server: one child takes mutant after mutant as long as each leaves it as it was."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from pytest_llmgen.mutate.activate import NeedsImport
from pytest_llmgen.mutate.units import CompileFailed
from pytest_llmgen.records import Mutant, Probe
from pytest_llmgen.run import protocol
from pytest_llmgen.run.channel import Channel
from pytest_llmgen.run.fork import DONE, Reporter
from pytest_llmgen.run.mutants import Judge, StartChild
from pytest_llmgen.run.probing import Piece, compiled, differing
from pytest_llmgen.run.wire import from_json

_MAX_PIECES = 5000
"""Compiled calls that are kept: those of one target, as a rule."""


@dataclass(frozen=True, slots=True)
class _Met:
    """A mutant, none for the code as it is, with the calls that it meets."""

    number: int
    mutant: Mutant | None
    places: Sequence[int]


class Challenger:
    """Answers requests of the kind ``challenge``."""

    def __init__(self, judge: Judge, child: StartChild, channel: Channel, root: Path) -> None:
        self._judge, self._child, self._channel, self._root = judge, child, channel, root
        self._pieces: dict[tuple[Probe, str], Piece] = {}

    def serve(self, request: dict[str, Any]) -> None:
        """Say of each mutant which calls show something else than is expected."""
        pieces = {
            number: self._piece(*data) for number, data in zip(request["numbers"], request["pieces"], strict=True)
        }
        asked = request["challenges"]
        waiting = [_Met(data["number"], from_json(Mutant, data["mutant"]), data["places"]) for data in asked]
        while waiting:
            waiting = waiting[self._take_turn(waiting, pieces, request) :]

    def _piece(self, data: Any, expected: str) -> Piece:
        key = (from_json(Probe, data), expected)
        if key not in self._pieces:
            if len(self._pieces) >= _MAX_PIECES:
                self._pieces.clear()
            self._pieces[key] = compiled(*key)
        return self._pieces[key]

    def _tell(self, met: _Met, places: Sequence[int], *, all_same: bool) -> None:
        self._channel.send(protocol.DIFFERING, number=met.number, places=places, all_same=all_same)

    def _take_turn(self, waiting: Sequence[_Met], pieces: dict[int, Piece], request: dict[str, Any]) -> int:
        """Let mutants meet their calls in one child; how many have done so."""
        done, limit = 0, float(request["timeout"])

        def on_record(record: dict[str, Any]) -> float:
            nonlocal done
            if record["kind"] == "met":
                places = record["places"]
                self._tell(waiting[done], places or [], all_same=places == [] and not self._is_half(waiting[done]))
                done += 1
            else:
                self._channel.send(protocol.ALIVE)
            return limit

        looks_fresh = self._judge.freshness(request["path"])

        def work(report: Reporter) -> None:
            is_fresh = looks_fresh()
            for met in waiting:
                report.send("met", places=self._meet(met, pieces, request, report))
                if not is_fresh():
                    return

        end = self._child(work, on_record, limit)
        if done < len(waiting) and (end.how != DONE or not done):
            self._tell(waiting[done], [], all_same=False)
            done += 1
        return done

    def _is_half(self, met: _Met) -> bool:
        """Whether it ran at import, too: what that did here is the code's, so that sameness proves nothing."""
        return met.mutant is not None and not met.mutant.needs_import and self._judge.ran_at_import(met.mutant)

    def _meet(self, met: _Met, pieces: dict[int, Piece], request: dict[str, Any], report: Reporter) -> list[int] | None:
        """The calls that differ, in the child; None where the mutant can't be made what runs there."""
        mine, raised = [(place, pieces[place]) for place in met.places], frozenset(request["raised"])
        try:
            changed: AbstractContextManager[object] = self._judge.change(met.mutant) if met.mutant else nullcontext()
            with changed:
                return list(differing(mine, raised, request["enough"], self._root, partial(report.send, "alive")))
        except (NeedsImport, CompileFailed):
            return None
