"""How the records of a group's children become proofs, and when another child is made."""

import json
import logging
import signal
import sys
import threading
import types
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from pytest_llmgen.records import Mutant, MutantJob, Region
from pytest_llmgen.run.fork import CRASHED, DONE, TIMEOUT, End
from pytest_llmgen.run.groups import CPU_PATIENCE, PATIENCE, PATIENCE_FACTOR, Case, Tally, prove
from pytest_llmgen.run.judging import Proof
from pytest_llmgen.run.states import modules_of, state_of


class Item:
    nodeid = "t"


def case(name: str, timeout: float = 9.0) -> Case:
    mutant = Mutant(name, "p.py", "f", "f", "o", 0, 1, "a", "b", "b", Region(1, 1, 1, 2))
    return Case(MutantJob(mutant, ("t",), timeout), (Item(),))


def played(*children: tuple[str, End]) -> Callable[[Sequence[Case], int, Tally], tuple[End, int | None]]:
    """Children that meet a mutant for each sign: ``k`` killed, ``.`` left open; ``|`` ends a batch, ``x`` spoils it."""
    left = list(children)

    def child(cases: Sequence[Case], _batch: int, tally: Tally) -> tuple[End, int | None]:
        signs, end = left.pop(0)
        place, kills = 0, []
        for sign in signs.strip():
            if sign in "|x":
                kind = "proved" if sign == "|" else "spoiled"
                tally.add({"kind": kind, "until": place, "kills": kills, "changed": sign == "x", "tests_run": 1})
                kills = []
            else:
                kills += [[place, ["t"], "", 1]] if sign == "k" else []
                place += 1
        assert place <= len(cases)
        return end, None if signs == NOT_BEGUN else place

    return child


NOT_BEGUN = " "


@pytest.mark.parametrize(
    ("children", "killed"),
    [
        ([("k.k|", End(DONE))], "ac"),
        ([("k|", End(DONE)), ("kk|", End(DONE))], "abc"),
        ([("k|", End(TIMEOUT)), ("k|", End(DONE))], "ac"),
        ([("k", End(CRASHED)), ("kk|", End(DONE))], "ac"),
        ([(".|", End(CRASHED)), ("k|", End(DONE))], "c"),
        ([("kkkx", End(DONE)), ("k|", End(DONE)), ("k|k|", End(DONE))], "abc"),
        ([("kkkx", End(DONE)), (".|", End(DONE)), (".|k|", End(DONE))], "c"),
        ([(NOT_BEGUN, End(CRASHED))], ""),
    ],
)
def test_a_child_that_ends_early_leaves_the_rest_to_the_next(children: list[tuple[str, End]], killed: str) -> None:
    tally = prove([case("a"), case("b"), case("c")], played(*children))
    assert "".join(sorted(name for name, proof in tally.proofs.items() if proof.killers)) == killed


def test_a_mutant_that_hangs_in_a_group_is_known_to_have_done_so() -> None:
    tally = prove([case("a"), case("b")], played(("k|", End(TIMEOUT)), ("", End(DONE))))
    assert tally.proofs["b"] == Proof(hung=True)


def test_a_mutant_has_no_more_time_in_a_group_than_alone() -> None:
    assert case("a", 0.01).limits() == (0.01, 0.01)
    assert case("a").limits() == (PATIENCE, CPU_PATIENCE)
    assert replace(case("a"), clean=1.0).limits() == (PATIENCE + PATIENCE_FACTOR, CPU_PATIENCE + PATIENCE_FACTOR)


CHANGES = {
    "global": "LIMIT = 4",
    "dictionary": "SEEN['a'] = 1",
    "nested": "SEEN.setdefault('inner', {})['x'] = 1",
    "class attribute": "Box.size = 2",
    "attribute of an object": "BOX.full = True",
    "list in an object": "BOX.items.append(1)",
    "attribute of a function": "twice.calls = 1",
    "cache": "thrice(1)",
    "environment": "os.environ['LLMGEN_X'] = '1'",
    "import path": "sys.path.append('x')",
    "log handler": "logging.getLogger().addHandler(logging.NullHandler())",
    "thread": "threading.Thread(target=STOP.wait, daemon=True).start()",
    "signal": "signal.signal(signal.SIGUSR1, lambda *_: None)",
}
MODULE = """\
import functools, logging, os, signal, sys, threading
STOP = threading.Event()
LIMIT, SEEN = 3, {'inner': {}}
class Box:
    size = 1
    def __init__(self): self.items = []
BOX = Box()
def twice(n): return n + n
@functools.cache
def thrice(n): return 3 * n
"""


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_what_a_test_leaves_behind_shows(change: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.path", list(sys.path))
    monkeypatch.setenv("LLMGEN_X", "0")
    module = types.ModuleType("watched")
    exec(MODULE, vars(module))
    before = state_of([module])
    assert state_of([module]) == before
    handler, log_handlers = signal.getsignal(signal.SIGUSR1), list(logging.getLogger().handlers)
    threads = threading.enumerate()
    try:
        exec(change, vars(module))
        assert state_of([module]) != before
    finally:
        signal.signal(signal.SIGUSR1, handler)
        logging.getLogger().handlers[:] = log_handlers
        module.STOP.set()
        for thread in set(threading.enumerate()) - set(threads):
            thread.join()  # or the next test sees it end


def test_modules_are_found_by_their_file() -> None:
    assert modules_of([str(json.__file__)]) == (json,)
