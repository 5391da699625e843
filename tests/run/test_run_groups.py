"""How the records of a group's children become proofs, and when another child is made."""

import colorsys
import decimal
import json
import logging
import os
import random
import signal
import sys
import threading
import types
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_llmgen.records import Mutant, MutantJob, Outcome, Region
from pytest_llmgen.run.contents import Watch
from pytest_llmgen.run.fork import CRASHED, DONE, TIMEOUT, End
from pytest_llmgen.run.groups import CPU_PATIENCE, PATIENCE, PATIENCE_FACTOR, Case, GroupChild, Settler, Tally, prove
from pytest_llmgen.run.history import History
from pytest_llmgen.run.items import ItemResult
from pytest_llmgen.run.judging import Proof
from pytest_llmgen.run.progress import Progress
from pytest_llmgen.run.states import modules_below, modules_of, process_state


class Item:
    def __init__(self, nodeid: str = "t") -> None:
        self.nodeid, self.path = nodeid, nodeid.partition("::")[0]


TEST = Item()


def case(name: str, timeout: float = 9.0) -> Case:
    mutant = Mutant(name, "p.py", "f", "f", "o", 0, 1, "a", "b", "b", Region(1, 1, 1, 2))
    return Case(MutantJob(mutant, ("t",), timeout), (TEST,))


def played(*children: tuple[str, End]) -> Callable[[Sequence[Case], Tally], tuple[End, int | None]]:
    """Children that meet a mutant for each sign: ``k`` killed, ``.`` left open; ``|`` tells, ``x`` of a change too."""
    left = list(children)

    def child(cases: Sequence[Case], tally: Tally) -> tuple[End, int | None]:
        signs, end = left.pop(0)
        place, kills = 0, []
        for sign in signs.strip():
            if sign in "|x":
                tally.add(
                    {
                        "until": place,
                        "kills": kills,
                        "restless": cases[0].items[0].nodeid if sign == "x" else "",
                        "unsure": False,
                    }
                )
                kills = []
            else:
                kills += [[place, [cases[place].items[0].nodeid], "", 1]] if sign == "k" else []
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
        ([("kx", End(DONE))], "a"),
        ([(".x", End(DONE))], ""),
        ([(NOT_BEGUN, End(CRASHED))], ""),
    ],
)
def test_a_child_that_ends_early_leaves_the_rest_to_the_next(children: list[tuple[str, End]], killed: str) -> None:
    tally = prove([case("a"), case("b"), case("c")], played(*children))
    assert "".join(sorted(name for name, proof in tally.proofs.items() if proof.killers)) == killed


def test_a_test_that_left_something_behind_ends_what_the_group_can_say_of_a_mutant() -> None:
    calm, restless = Item("calm"), Item("restless")
    first, second = replace(case("a"), items=(restless,)), replace(case("b"), items=(calm, restless))
    tally = prove([first, second], played((".x", End(DONE)), ("k|", End(DONE))))
    assert (tally.restless, tally.proofs["b"].killers) == ({restless}, ("calm",))


def test_of_a_matrix_it_is_known_which_tests_have_met_the_mutant() -> None:
    calm, restless = Item("calm"), Item("restless")
    job = replace(case("a").job, every_test=True)
    whole, cut = replace(case("a"), job=job, items=(calm, restless)), replace(case("b"), items=(calm,))
    assert prove([whole], played((".|", End(DONE)))).proofs["a"].met == {"calm", "restless"}
    first = replace(case("c"), items=(restless,))
    assert prove([first, whole], played(("..x", End(DONE)))).proofs["a"].met == {"calm"}
    assert prove([cut], played((".|", End(DONE)))).proofs["b"].met == frozenset()


class Played:
    """Stands in for what runs tests: ``stain`` leaves something behind, and ``after`` fails where it has."""

    def __init__(self) -> None:
        self.is_stained = False

    def run(self, items: Sequence[Any], *, after: Callable[[ItemResult], bool], described: bool = True) -> None:
        for item in items:
            fails = item.path.startswith("kills") or (item.nodeid == "after" and self.is_stained)
            self.is_stained = self.is_stained or item.nodeid == "stain"
            after(ItemResult(item.nodeid, Outcome.FAILED if fails else Outcome.PASSED, 0.0))

    def forget(self) -> None: ...

    reopen = close = forget


def told_by_a_child(*tests: tuple[str, ...], careful: bool = False) -> tuple[list[dict[str, Any]], int]:
    """What a child of candidates tells of mutants that meet these tests, and how often it has looked."""
    shortcut, records, looks = Played(), [], []
    job = replace(case("a").job, every_test=True, unproved=True)
    cases = [Case(job, tuple(Item(name) for name in names)) for names in tests]

    def is_fresh(_file: str | None) -> bool:
        looks.append(1)
        return not shortcut.is_stained

    def put_back() -> bool:
        shortcut.is_stained = False
        return False

    report = types.SimpleNamespace(send=lambda _kind, **record: records.append(record))
    settler = Settler(shortcut, is_fresh, put_back)
    GroupChild(shortcut, report, Progress(), settler, History()).meet(cases, careful=careful)
    return records, len(looks)


def test_candidates_that_leave_nothing_are_looked_after_once_a_mutant() -> None:
    (record,), looks = told_by_a_child(("kills", "after", "kills-too"), ("kills",))
    kills = [[place, killers] for place, killers, *_ in record["kills"]]
    assert (kills, record["until"], looks) == ([[0, ["kills", "kills-too"]], [1, ["kills"]]], 2, 2)


def test_of_the_tests_of_a_candidate_one_that_kills_is_enough() -> None:
    (record,), _ = told_by_a_child(("calm::a", "kills::a", "kills::b", "calm::b", "kills-too::a"))
    assert record["kills"] == [(0, ["kills::a", "kills-too::a"], "", 4)]


def test_what_failed_after_a_candidate_that_had_left_something_is_asked_once_more_with_a_look_after_each() -> None:
    *_, record = told_by_a_child(("kills", "stain", "after"))[0]
    assert (record["unsure"], record["until"], record["kills"]) == (True, 0, [])
    (record,), _ = told_by_a_child(("kills", "stain", "after"), careful=True)
    assert (record["restless"], [killers for _, killers, *_ in record["kills"]]) == ("", [["kills"]])


def test_a_mutant_that_hangs_in_a_group_is_known_to_have_done_so() -> None:
    tally = prove([case("a"), case("b")], played(("k|", End(TIMEOUT)), ("", End(DONE))))
    assert tally.proofs["b"] == Proof(hung=True)


def test_a_mutant_has_no_more_time_in_a_group_than_alone() -> None:
    assert case("a", 0.01).limits() == (0.01, 0.01)
    assert case("a").limits() == (PATIENCE, CPU_PATIENCE)
    assert replace(case("a"), clean=1.0).limits() == (PATIENCE + PATIENCE_FACTOR, CPU_PATIENCE + PATIENCE_FACTOR)


def test_a_look_at_the_environment_asks_for_no_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    class Variables(dict[bytes, bytes]):
        def __getitem__(self, name: bytes) -> bytes:
            raise AssertionError(name)

        __iter__ = None  # such a dictionary has no short way of being copied

    before = process_state()
    monkeypatch.setattr(os.environ, "_data", Variables(os.environ._data))  # type: ignore[attr-defined]
    assert process_state() == before


CHANGES = {
    "global": "LIMIT = 4",
    "dictionary": "SEEN['a'] = 1",
    "nested": "SEEN.setdefault('inner', {})['x'] = 1",
    "far below": "DEEP[0][0][0][0][0].append(1)",
    "one of many": "MANY[500].append(1)",
    "class attribute": "Box.size = 2",
    "attribute of an object": "BOX.full = True",
    "list in an object": "BOX.items.append(1)",
    "slot": "SLOTTED.here = 2",
    "attribute of a function": "twice.calls = 1",
    "another's function": "colorsys.hls_to_rgb = len",
    "default value": "twice.__defaults__[0].append(1)",
    "closure": "counter()",
    "cache": "thrice(1)",
    "cache of one": "last(2)",
    "what a cache holds": "listed(1).append(2)",
    "counter": "next(NUMBERS)",
    "counter behind a method": "next_number()",
    "order": "ORDERED.move_to_end('a')",
    "queue": "QUEUE.rotate()",
    "set": "SET.add(3)",
    "bytes": "BYTES.append(1)",
    "thread's own": "LOCAL.n = 1",
    "argument of a test": "PARAMS['n'].append(1)",
    "chance": "random.random()",
    "chance of its own": "CHANCE.random()",
    "context": "CONTEXT.set(1)",
    "precision": "decimal.getcontext().prec = 5",
    "log level": "logging.getLogger('llmgen.x').setLevel(3)",
    "environment": "os.environ['LLMGEN_X'] = '1'",
    "import path": "sys.path.append('x')",
    "log handler": "logging.getLogger().addHandler(logging.NullHandler())",
    "thread": "threading.Thread(target=STOP.wait, daemon=True).start()",
    "signal": "signal.signal(signal.SIGUSR1, lambda *_: None)",
    "another signal": "signal.signal(signal.SIGUSR2, lambda *_: None)",
    "file": "KEPT = open(os.devnull)",
    "mask": "os.umask(0o1)",
    "hook": "sys.excepthook = print",
}
MODULE = """\
import collections, colorsys, contextvars, decimal, functools, itertools, logging, os, random, re, signal, sys
import threading
STOP = threading.Event()
LIMIT, SEEN = 3, {'inner': {}}
DEEP, MANY, SET, BYTES = [[[[[[]]]]]], [[] for _ in range(1000)], {1, 2}, bytearray(b'a')
NUMBERS, QUEUE, ORDERED = itertools.count(), collections.deque([1, 2]), collections.OrderedDict(a=1, b=2)
next_number = itertools.count().__next__
LOCAL, CHANCE, CONTEXT = threading.local(), random.Random(1), contextvars.ContextVar('c', default=0)
LOGGER, WORD = logging.getLogger('llmgen.x'), re.compile('a')
class Box:
    size = 1
    def __init__(self): self.items = []
class Slotted:
    __slots__ = ('here', 'never')
    def __init__(self): self.here = 1
BOX, SLOTTED = Box(), Slotted()
def twice(n=[]): return n + n
def counting():
    n = 0
    def count():
        nonlocal n
        n += 1
    return count
counter = counting()
@functools.cache
def thrice(n): return 3 * n
@functools.lru_cache(maxsize=1)
def last(n): return n
@functools.lru_cache(maxsize=9)
def listed(n): return [n]
last(1), listed(1)
"""


def loaded(text: str) -> types.ModuleType:
    module = types.ModuleType("watched")
    module.__file__ = "/watched.py"
    exec(text, vars(module))
    return module


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_what_a_test_leaves_behind_shows(change: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.path", list(sys.path))
    monkeypatch.setenv("LLMGEN_X", "0")
    module, params = loaded(MODULE), {"n": [1]}
    files, process = ["/test_watched.py"], process_state()
    watch = Watch([module], {"/test_watched.py": [params]})
    assert (watch.can_see(*files), watch.is_same(files), process_state() == process) == (True, True, True)
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    another, mask = signal.getsignal(signal.SIGUSR2), os.umask(0o22)
    os.umask(mask)
    handler, log_handlers = signal.getsignal(signal.SIGUSR1), list(logging.getLogger().handlers)
    monkeypatch.setattr(colorsys, "hls_to_rgb", colorsys.hls_to_rgb)
    token = module.CONTEXT.set(0)
    process = process_state()
    threads = threading.enumerate()
    try:
        with decimal.localcontext():
            exec(change, vars(module) | {"PARAMS": params} if "PARAMS" in change else vars(module))
            assert not (watch.is_same(files) and process_state() == process)
    finally:
        signal.signal(signal.SIGUSR1, handler)
        signal.signal(signal.SIGUSR2, another)
        os.umask(mask)
        logging.getLogger().handlers[:] = log_handlers
        logging.getLogger("llmgen.x").setLevel(logging.NOTSET)
        module.CONTEXT.reset(token)
        module.STOP.set()
        for thread in set(threading.enumerate()) - set(threads):
            thread.join()  # or the next test sees it end


@pytest.mark.parametrize(
    "text",
    [
        "from itertools import cycle\nCOLOURS = cycle('ab')",
        "from itertools import cycle\nclass Box:\n    colours = {'a': [cycle('ab')]}",
        "LINES = iter(['a'])",
        "NUMBERS = (n for n in [1, 2])",
        "import io\ndef read(text=io.StringIO('a')): pass",
        "next_line = iter(['a']).__next__",
        "import zlib\nclass Packer:\n    def __init__(self): self.packer = zlib.compressobj()\nP = Packer()",
    ],
)
def test_what_cannot_be_looked_into_is_told(text: str) -> None:
    module = loaded(text)
    assert not Watch([module]).can_see("/test_a.py")
    apart = Watch([module], {"/watched.py": ()})
    assert (apart.can_see("/watched.py"), apart.can_see("/test_a.py")) == (False, True)


def test_a_test_file_that_uses_what_another_holds_is_as_blind_as_that() -> None:
    held = loaded("COLOURS = iter('ab')\ndef colour(): return next(COLOURS)")
    user = types.ModuleType("user")
    user.__file__, user.colour = "/user.py", held.colour  # type: ignore[attr-defined]
    other = types.ModuleType("other")
    other.__file__ = "/other.py"
    watch = Watch([user, other, held], {"/user.py": (), "/other.py": (), "/watched.py": ()})
    assert [watch.can_see(file) for file in ("/user.py", "/other.py")] == [False, True]


def test_a_module_of_machine_code_may_hold_anything() -> None:
    module = loaded("LIMIT = 3")
    module.__file__ = "/fast.so"
    assert not Watch([module]).can_see("/test_a.py")


def test_an_object_of_a_shape_that_nobody_knows_is_not_looked_into() -> None:
    text = "class Odd:\n    @property\n    def __dict__(self): raise OSError\nODD = Odd()"
    watch = Watch([loaded(text)])
    assert (watch.can_see("/test_a.py"), watch.is_same()) == (False, True)


def test_equal_plain_values_are_no_change() -> None:
    module = loaded("TEXT, SIZE = 'a b', 1000\n__warningregistry__ = {}")
    watch = Watch([module])
    exec("TEXT, SIZE, __warningregistry__ = ' '.join('ab'), int('1000'), {'version': 3}", vars(module))
    assert watch.is_same()


def test_the_functions_of_random_are_no_change_though_a_fork_seeds_them_anew() -> None:
    watch = Watch([loaded("from random import choice")])
    random.seed()
    assert (watch.can_see("/test_a.py"), watch.is_same()) == (True, True)


def test_modules_are_found_by_their_file() -> None:
    assert modules_of([str(json.__file__)]) == (json,)


def test_modules_are_found_by_their_folder() -> None:
    found = modules_below(str(Path(json.__file__).parent))
    assert json in found
    assert pytest not in found
