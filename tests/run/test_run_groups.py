"""How the records of a group's children become proofs, and when another child is made."""

import json
import signal
import sys
import types
from collections.abc import Callable, Sequence

import pytest

from pytest_llmgen.records import Mutant, MutantJob, Region
from pytest_llmgen.run.fork import CRASHED, DONE, TIMEOUT, End
from pytest_llmgen.run.groups import PATIENCE, Case, Tally, prove
from pytest_llmgen.run.states import modules_of, state_of


def case(name: str, timeout: float = 9.0) -> Case:
    mutant = Mutant(name, "p.py", "f", "f", "o", 0, 1, "a", "b", "b", Region(1, 1, 1, 2))
    return Case(MutantJob(mutant, ("t",), timeout), (), pytest.MonkeyPatch.context)


def played(*children: tuple[str, End]) -> Callable[[Sequence[Case], Tally], End]:
    """Children that begin a mutant for each sign: ``k`` is killed, ``.`` is left open."""
    left = list(children)

    def child(cases: Sequence[Case], tally: Tally) -> End:
        signs, end = left.pop(0)
        for sign, each in zip(signs, cases, strict=False):
            tally.add({"kind": "mutant"})
            if sign == "k":
                name = each.job.mutant.id
                tally.add({"kind": "killed", "id": name, "killers": ["t"], "message": "", "tests_run": 1})
        return end

    return child


@pytest.mark.parametrize(
    ("children", "killed"),
    [
        ([("k.k", End(DONE))], "ac"),
        ([("k", End(DONE)), ("kk", End(DONE))], "abc"),
        ([("k.", End(TIMEOUT)), ("k", End(DONE))], "ac"),
        ([(".", End(CRASHED)), (".k", End(DONE))], "c"),
        ([("", End(CRASHED))], ""),
    ],
)
def test_a_child_that_ends_early_leaves_the_rest_to_the_next(children: list[tuple[str, End]], killed: str) -> None:
    proofs = prove([case("a"), case("b"), case("c")], played(*children))
    assert "".join(sorted(name for name, proof in proofs.items() if proof.killers)) == killed


def test_a_mutant_has_no_more_time_in_a_group_than_alone() -> None:
    tally = Tally([case("a", 0.1), case("b")])
    assert [tally.add({"kind": "mutant"}) for _ in "ab"] == [0.1, PATIENCE]


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
    "thread": "threading.Thread(target=STOP.wait, daemon=True).start()",
    "signal": "signal.signal(signal.SIGUSR1, lambda *_: None)",
}
MODULE = """\
import functools, os, signal, sys, threading
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
    handler = signal.getsignal(signal.SIGUSR1)
    try:
        exec(change, vars(module))
        assert state_of([module]) != before
    finally:
        signal.signal(signal.SIGUSR1, handler)
        module.STOP.set()


def test_modules_are_found_by_their_file() -> None:
    assert modules_of([str(json.__file__)]) == (json,)
