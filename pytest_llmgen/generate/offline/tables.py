"""What the tables of a module hold once it has been imported: each entry is an input that a reader would try.

A table may be filled by calls, by decorators or from a file, so that its entries are asked of the living module.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pytest_llmgen.generate.offline.code import dotted
from pytest_llmgen.generate.offline.regexes import patterns_probes, samples
from pytest_llmgen.generate.offline.terms import Term, literal
from pytest_llmgen.records import Module, Observation, Probe, Prober

_MAX_TABLES = 24
_MAX_ENTRIES = 120
_PER_PROBE = 30
_MAX_TEXT = 50
_MAX_ROWS = 80
_FIRST_VALUES = 8
_MAX_NUMBER = 10**7
_FEW = 2
_SETUP = """\
import importlib, types
module = importlib.import_module({module!r})
spaces = [vars(module), *(vars(each) for each in vars(module).values() if isinstance(each, type))]
tables = [(name, each) for space in spaces for name, each in space.items()
          if isinstance(each, (dict, list, tuple, set, frozenset, types.MappingProxyType))
          and len(each) > 1 and not name.startswith('__')]
def first(entry):
    return entry[0] if type(entry) in (list, tuple) and entry else entry
def plain(entry):
    entry = getattr(first(entry), 'pattern', first(entry))
    return entry if type(entry) is str and 0 < len(entry) <= {longest} or type(entry) is int else None
def entries(place):
    table = tables[place][1]
    table = sorted(table, key=repr) if isinstance(table, (set, frozenset)) else list(table)
    return [text for entry in table if (text := plain(entry)) is not None]"""


@dataclass(frozen=True, slots=True)
class Table:
    """A container at module level or in a class body: the keys of a mapping, or each item's first column."""

    name: str
    entries: tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Holdings:
    """What a module holds once it has been imported."""

    patterns: tuple[tuple[str, str, int], ...] = ()  # name, text and flags
    tables: tuple[Table, ...] = ()


NO_HOLDINGS = Holdings()


def holdings_of(prober: Prober, module: Module) -> Holdings:
    """The compiled patterns of a module and its tables."""
    probes = [Probe(f"patterns#{rank}", *text) for rank, text in enumerate(patterns_probes(module.name))]
    seen = prober.probe(probes) if "re" in module.source else []
    return Holdings(tuple(tuple(each) for one in seen for each in _read(one)), _tables_of(prober, module.name))


def _tables_of(prober: Prober, module: str) -> tuple[Table, ...]:
    setup = _SETUP.format(module=module, longest=_MAX_TEXT)
    sizes = f"[(name, len(entries(place))) for place, (name, _) in enumerate(tables[:{_MAX_TABLES}])]"
    (seen,) = prober.probe([Probe("tables", setup, sizes)])
    known: list[tuple[str, int]] = _read(seen)
    asked = [
        (place, start)
        for place, (_, size) in enumerate(known)
        for start in range(0, min(size, _MAX_ENTRIES), _PER_PROBE)
    ]
    probes = [Probe(f"table#{p}#{s}", setup, f"entries({p})[{s}:{s + _PER_PROBE}]") for p, s in asked]
    found = prober.probe(probes) if probes else []
    parts: dict[int, list[str | int]] = {}
    for (place, _), one in zip(asked, found, strict=True):
        parts.setdefault(place, []).extend(_read(one))
    return tuple(Table(known[place][0], tuple(entries)) for place, entries in parts.items())


def _read(seen: Observation) -> list:  # type: ignore[type-arg]  # of whatever the probe's expression has
    return list(ast.literal_eval(seen.value.source)) if seen.value and seen.value.source else []


def entries_for(tables: Iterable[Table], nodes: Sequence[ast.AST]) -> list[Term]:
    """An input for each entry of the tables that the code names; where it searches, a text that the entry matches."""
    items = [item for node in nodes for item in ast.walk(node) if isinstance(item, ast.expr)]
    named = {dotted(item) for item in items}
    lasts = {name.rpartition(".")[2] for name in named}
    is_searched = any(name.startswith("re.") for name in named)
    found: dict[str | int, None] = {}
    for table in tables:
        if table.name in lasts:
            found.update(dict.fromkeys(value for entry in table.entries for value in _inputs(entry, is_searched)))
    return [literal(value) for value in found][:_MAX_ROWS]


def _inputs(entry: str | int, is_searched: bool) -> list[str | int]:
    if isinstance(entry, int):
        return [entry] if abs(entry) <= _MAX_NUMBER else []
    if is_searched and re.escape(entry) != entry:
        return list(samples(entry)[:_FEW])
    return [entry]


def rows_with(entries: Sequence[Term], pools: Sequence[Sequence[Term]]) -> list[tuple[Term, ...]]:
    """The first input with each entry in its turn where a value of its type stands."""
    base = tuple(pool[0] for pool in pools)
    return [
        (*base[:place], entry, *base[place + 1 :])
        for place, pool in enumerate(pools)
        for entry in entries
        if any(_is_text(entry) == _is_text(term) and _is_plain(term) for term in pool[:_FIRST_VALUES])
    ][:_MAX_ROWS]


def _is_text(term: Term) -> bool:
    return term.source[:1] in {"'", '"'}


def _is_plain(term: Term) -> bool:
    return _is_text(term) or term.source.lstrip("-").isdigit()
