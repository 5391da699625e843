"""From drafts to mutants: each one compiled, told apart from all others, counted and named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import CodeType

from pytest_llmgen.mutate.edits import Lines
from pytest_llmgen.mutate.units import CompileFailed, Unit, compile_module, mutated_text, units_of
from pytest_llmgen.records import Module, Mutant
from pytest_llmgen.review.ids import long_id
from pytest_llmgen.review.texts import canonical_text


@dataclass(frozen=True, slots=True)
class Draft:
    """A change that may turn out to be none, or not Python; the fields are those of Mutant."""

    unit: str
    qualname: str
    operator: str
    start: int
    end: int
    replacement: str
    before: str
    after: str
    line: int
    in_signature: bool


def mutants_from(module: Module, lines: Lines, drafts: Iterable[Draft]) -> tuple[Mutant, ...]:
    """The drafts that are mutants of their own, in the order of the text."""
    ordered = sorted(drafts, key=lambda draft: (draft.start, draft.end))
    counts: Counter[tuple[str, str, str, str]] = Counter()
    return tuple(_named(module.path, lines, draft, counts) for draft in _distinct(module, ordered))


def _distinct(module: Module, drafts: Iterable[Draft]) -> Iterator[Draft]:
    """Drop what doesn't compile, changes nothing, or equals a mutant before it, judged by bytecode."""
    units = units_of(module.source)
    seen: dict[Unit, set[CodeType]] = {}
    for draft in drafts:
        unit = units.at(draft.start)
        if unit not in seen:
            original = module.source[unit.start : unit.end]
            seen[unit] = {_without_lines(compile_module(original, module.path, unit, units.flags))}
        try:
            code = compile_module(mutated_text(module.source, unit, draft), module.path, unit, units.flags)
        except CompileFailed:
            continue
        code = _without_lines(code)
        if code not in seen[unit]:
            seen[unit].add(code)
            yield draft


def _without_lines(code: CodeType) -> CodeType:
    consts = tuple(_without_lines(const) if isinstance(const, CodeType) else const for const in code.co_consts)
    return code.replace(co_consts=consts, co_firstlineno=1, co_linetable=b"")


def _named(path: str, lines: Lines, draft: Draft, counts: Counter[tuple[str, str, str, str]]) -> Mutant:
    anchor = (draft.qualname, draft.operator, canonical_text(draft.before), canonical_text(draft.after))
    counts[anchor] += 1
    return Mutant(
        id=f"{path}:{long_id('M', draft.qualname, draft.operator, draft.before, draft.after, counts[anchor])}",
        path=path,
        unit=draft.unit,
        qualname=draft.qualname,
        operator=draft.operator,
        start=draft.start,
        end=draft.end,
        before=draft.before,
        after=draft.after,
        replacement=draft.replacement,
        region=lines.region(draft.start, draft.end),
        nth=counts[anchor],
        in_signature=draft.in_signature,
        line=draft.line,
    )
