"""Inputs that tell a surviving mutant from the code: both are probed with the same inputs."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace

from pytest_llmgen.generate.offline.calls import Callee, Input
from pytest_llmgen.generate.offline.search import Find, Limits, outcome_text, probe_of
from pytest_llmgen.generate.offline.terms import Term, from_source, unique
from pytest_llmgen.records import Module, Mutant, Probe, Prober

_MAX_INPUTS = 40
_BATCH = 10

_EXCHANGE = """\
import importlib
import types


def exchange(module, unit, path, source):
    owner = importlib.import_module(module)
    *outer, name = unit.split(".")
    for part in outer:
        owner = getattr(owner, part)
    function = vars(owner)[name]
    while not isinstance(function, types.FunctionType):
        function = getattr(function, "__wrapped__", None) or getattr(function, "__func__", None) or function.fget
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    waiting = [compile(source, path, "exec")]
    while waiting:
        code = waiting.pop(0)
        if code.co_qualname == unit:
            function.__code__ = code
            return
        waiting.extend(part for part in code.co_consts if isinstance(part, types.CodeType))
    raise LookupError(unit)"""


def mutated(module: Module, mutant: Mutant) -> str:
    """Statements that put a mutant in the place of its function."""
    source = module.source[: mutant.start] + mutant.replacement + module.source[mutant.end :]
    return f"{_EXCHANGE}\n\n\nexchange({module.name!r}, {mutant.unit!r}, {module.path!r}, {source!r})"


def killer(
    prober: Prober,
    callee: Callee,
    module: Module,
    mutant: Mutant,
    finds: Sequence[Find],
    limits: Limits,
) -> Find | None:
    """The first input whose outcome differs under the mutant, or None."""
    change = mutated(module, mutant)
    reaching = sorted(finds, key=lambda find: ("line", mutant.line, 0) not in find.goals)[:_MAX_INPUTS]
    for start in range(0, len(reaching), _BATCH):
        batch = reaching[start : start + _BATCH]
        if limits.is_over:
            return None
        limits.probes -= 2 * len(batch)
        plain = prober.probe([_probe(callee, find, "", rank) for rank, find in enumerate(batch)])
        other = prober.probe([_probe(callee, find, change, rank) for rank, find in enumerate(batch)])
        for find, one, two in zip(batch, plain, other, strict=True):
            if two.outcome in {"returned", "raised"} and outcome_text(one) != outcome_text(two):
                return find
    return None


def _probe(callee: Callee, find: Find, change: str, rank: int) -> Probe:
    probe, _ = probe_of(callee, find.row, f"find#{rank}")
    return replace(probe, setup=f"{change}\n{probe.setup}" if change else probe.setup)


def boundary_terms(mutants: Sequence[Mutant]) -> list[Term]:
    """Literals that the changed code mentions, with the numbers next to them."""
    found: list[Term] = []
    for mutant in mutants:
        for text in (mutant.before, mutant.after):
            found.extend(_literals(text))
    return unique(found)


def _literals(text: str) -> list[Term]:
    try:
        tree = ast.parse(text.strip())
    except SyntaxError:
        return []
    found: list[Term] = []
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=bool()):
                continue
            case ast.Constant(value=int() | float() as number):
                found.extend(from_source(repr(near)) for near in (number, number - 1, number + 1))
            case ast.Constant(value=str() as value):
                found.append(from_source(repr(value)))
    return found


def equal_rows(callee: Callee, mutants: Sequence[Mutant], known: Sequence[Input]) -> list[Input]:
    """Inputs in which two compared parameters are equal, for changed comparisons of parameters."""
    rows: list[Input] = []
    for mutant in mutants:
        for left, right in _compared(mutant.before):
            if left in callee.places and right in callee.places:
                one, other = callee.places.index(left), callee.places.index(right)
                rows.extend(_with(row, one, row[other]) for row in known[:_BATCH])
    return rows


def _compared(text: str) -> list[tuple[str, str]]:
    try:
        tree = ast.parse(text.strip())
    except SyntaxError:
        return []
    pairs = []
    for node in ast.walk(tree):
        match node:
            case ast.Compare(left=ast.Name(id=left), comparators=[ast.Name(id=right)]):
                pairs.append((left, right))
    return pairs


def _with(row: Input, place: int, term: Term) -> Input:
    return (*row[:place], term, *row[place + 1 :])
