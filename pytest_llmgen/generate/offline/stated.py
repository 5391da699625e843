"""What running text promises of every result: ``never negative``, ``sorted``, ``a copy``; where it is broken."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from pytest_llmgen.generate.offline.calls import Callee, Form
from pytest_llmgen.generate.offline.search import Find
from pytest_llmgen.records import Observation

_SECTION = re.compile(
    r"^\s*(arg(ument)?s|param(eter)?s|raises?|examples?|notes?|see also|warnings?|yields|attributes)\s*:?\s*$",
    re.IGNORECASE,
)
_END = re.compile(r"(?<=[.!])\s+|\n\s*\n|\n\s*[-*]\s+")
_RESULT = re.compile(
    r"\b(returns?|result|gives?|output|yields?|produces?|computes?|is|are|makes?|copy)\b", re.IGNORECASE
)
_HEDGED = re.compile(
    r"\b(if|when|unless|should|must|given|assum\w+|input|by|based|according|argument|parameter|otherwise|may|might|"
    r"descending|decreasing|reverse\w*|except|expects?|requires?|usually|"
    r"not sorted|sort(s|ed)? (it|them)|lexicographic\w*)\b",
    re.IGNORECASE,
)
_BEGINS = re.compile(r"(returns?|gives?)\b", re.IGNORECASE)
_IN_PLACE = re.compile(r"in[- ]place", re.IGNORECASE)
_CHANGEABLE = (ast.List, ast.Dict, ast.Set)


@dataclass(frozen=True, slots=True)
class Statement:
    """A promise in words and how a test says it."""

    name: str
    says: str
    check: str  # with ``{call}`` for the call, or ``{name}`` and ``{before}`` for an argument that must stay


@dataclass(frozen=True, slots=True)
class Broken:
    """A promise with an input that breaks it."""

    statement: Statement
    find: Find
    argument: str = ""  # the place that was changed though it must not be


def _is_negative(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value < 0


def _is_not_positive(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value <= 0


def _is_unsorted(value: object) -> bool:
    try:
        return isinstance(value, list) and sorted(value) != value
    except TypeError:
        return False


def _has_doubles(value: object) -> bool:
    return isinstance(value, list | tuple) and len({repr(item) for item in value}) < len(value)


_OF_RESULTS: tuple[tuple[re.Pattern[str], Statement, Callable[[object], bool]], ...] = (
    (
        re.compile(r"\b(never|not|cannot be|can't be) negative\b|\bnon-?negative\b", re.IGNORECASE),
        Statement("is_never_negative", "is never negative", "assert {call} >= 0"),
        _is_negative,
    ),
    (
        re.compile(r"\balways (a )?positive\b", re.IGNORECASE),
        Statement("is_always_positive", "is always positive", "assert {call} > 0"),
        _is_not_positive,
    ),
    (
        re.compile(
            r"\bsorted (list|copy|in ascending order)\b|\bin (ascending|increasing|non-decreasing|sorted) order\b",
            re.IGNORECASE,
        ),
        Statement("gives_sorted_items", "gives its items in order", "assert {call} == sorted({call})"),
        _is_unsorted,
    ),
    (
        re.compile(r"\b(no|without|free of|removes? all) duplicates\b", re.IGNORECASE),
        Statement("gives_no_item_twice", "gives no item twice", "assert len(set({call})) == len({call})"),
        _has_doubles,
    ),
    (
        re.compile(r"\bnever (returns? |gives? )?None\b"),
        Statement("never_gives_none", "never gives None", "assert {call} is not None"),
        lambda value: value is None,
    ),
)
_UNTOUCHED = re.compile(
    r"\b(does not|doesn't|without|never|not) (modify|mutate|change|alter|touch)(ing|es|s)?\b|"
    r"\bwithout (modify|mutat|chang|alter)ing\b|\b(left|remains?|stays?) (unchanged|untouched|unmodified|intact)\b|"
    r"\breturns? a (new|shallow copy|deep copy|copy)\b|\b(is|are) not (modified|mutated|changed|altered)\b",
    re.IGNORECASE,
)
_STAYS = Statement("leaves_its_argument_alone", "leaves its argument as it is", "assert {name} == {before}")


def broken(callee: Callee, docstring: str, finds: Sequence[Find]) -> Iterator[Broken]:
    """The shortest input that breaks each promise that the documentation makes of all results or arguments."""
    if callee.form not in {Form.PLAIN, Form.ASYNC, Form.ATTRIBUTE}:
        return
    sentences = list(_sentences(docstring))
    finds = [find for find in finds if _is_usual(callee, find)]
    names = {item.name for item in callee.parameters}
    for pattern, statement, is_broken in _OF_RESULTS:
        if any(pattern.search(text) and _is_of_result(text, names) for text in sentences):
            yield from _shortest([find for find in finds if _breaks(find.observation, is_broken)], statement)
    if any(_UNTOUCHED.search(text) for text in sentences) and not _IN_PLACE.search(docstring):
        yield from _touched(callee, finds)


def _is_usual(callee: Callee, find: Find) -> bool:
    """Whether nothing optional is given: an option may be what makes the difference."""
    given = dict(zip(callee.places, find.row, strict=True))
    return all(given[item.name].is_omitted for item in callee.parameters if not item.is_required)


def _sentences(docstring: str) -> Iterator[str]:
    """The running text, section by section, without what is said of arguments, errors and examples."""
    kept: list[str] = []
    is_left_out = False
    for line in docstring.splitlines():
        if not line.strip():
            is_left_out = False
        if _SECTION.match(line) or line.lstrip().startswith((":param", ":raise", ":type")):
            is_left_out = True
        if line.lstrip().startswith(">>>"):
            is_left_out = True
        if not is_left_out:
            kept.append(line)
    yield from (" ".join(text.split()) for text in _END.split("\n".join(kept)) if text.strip())


def _is_of_result(sentence: str, names: set[str]) -> bool:
    """Whether it speaks of every result, and not of an argument or of some cases."""
    speaks_of_arguments = bool(set(re.findall(r"\w+", sentence)) & names) and not _BEGINS.match(sentence)
    return bool(_RESULT.search(sentence)) and not _HEDGED.search(sentence) and not speaks_of_arguments


def _breaks(seen: Observation, is_broken: Callable[[object], bool]) -> bool:
    if seen.outcome != "returned" or seen.value is None or seen.value.source is None:
        return False
    try:
        return is_broken(ast.literal_eval(seen.value.source))
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return False


def _shortest(finds: Sequence[Find], statement: Statement, argument: str = "") -> Iterator[Broken]:
    usual = [find for find in finds if not any(term.source == "None" for term in find.row)]
    if usual:
        shortest = min(usual, key=lambda find: sum(len(term.source) for term in find.row))
        yield Broken(statement, shortest, argument)


def _touched(callee: Callee, finds: Sequence[Find]) -> Iterator[Broken]:
    for place, name in {place: name for find in finds for place, name in find.scene.bound.items()}.items():
        if place == callee.receiver:
            continue
        changed = [
            find
            for find in finds
            if find.observation.outcome == "returned"
            and name in find.observation.changed
            and isinstance(_node(find.row[callee.places.index(place)].source), _CHANGEABLE)
        ]
        yield from _shortest(changed, _STAYS, place)


def _node(source: str) -> ast.expr | None:
    try:
        return ast.parse(source, mode="eval").body
    except SyntaxError:
        return None
