"""Inputs on the way to where a comparison turns: less, equal and more of each, key after key of each table.

Numbers follow the secant of what a change of one number of the input did to the distance of both sides; texts are put
where the other side was seen.  After input-to-state correspondence (Aschermann et al., "Redqueen", 2019) and the
alternating variable method (Korel, 1990).
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from pytest_llmgen.generate.offline.calls import Input
from pytest_llmgen.generate.offline.code import dotted
from pytest_llmgen.generate.offline.terms import Term, from_source
from pytest_llmgen.records import Heard

_ORDERED = {"<", "<=", ">", ">="}
_MAX_TRIES = 4
_MAX_ROWS = 14
_MAX_KEYS = 14
_MAX_KNOBS = 8
_MAX_SOURCE = 160
_MAX_TEXT = 120
_KINDS = "1aA -"
_MAX_LETTERS, _MAX_MISSING = 8, 8
_SOURCES = 2
"""Finds that one goal is approached from."""
_STEPS = (1, 10, 1000)
_PARTS = (0.4, -0.4)
"""Of a number that counts hours or days: nearly the next whole one."""
_LARGEST = 10**12

Optional = Mapping[str, Sequence[tuple[str, int, str]]]
"""Class to what its constructor may leave out: name, place among the arguments, default."""
Goal = tuple[int, object]
"""A site with a way, or with a key as text."""


@dataclass(frozen=True, slots=True)
class Knob:
    """A plain value of an input that can be set: a number, a text, or the size of a display."""

    place: int
    part: int  # 0 for the expression, then the steps
    index: int  # among the nodes of that part
    kind: str  # "number", "text" or "size"
    value: float | str


@dataclass(frozen=True, slots=True)
class _Trace:
    """That an input came from another one by one knob."""

    knob: Knob
    value: float
    base: Input


@dataclass(slots=True)
class Climber:
    """Looks at what was compared and proposes inputs for what has not been seen yet."""

    defaults: tuple[str, ...] = ()  # for each place what it is where it is left out, as source; empty where not known
    optional: Optional = field(default_factory=dict)
    _best: dict[tuple[int, int], list[tuple[float, int, Input, Heard]]] = field(default_factory=dict)
    _words: dict[int, str] = field(default_factory=dict)
    _keys: dict[int, dict[object, None]] = field(default_factory=dict)
    _met_keys: set[Goal] = field(default_factory=set)
    _tries: dict[Goal, int] = field(default_factory=dict)
    _traces: dict[Input, _Trace] = field(default_factory=dict)
    _steep: dict[int, list[tuple[Input, Knob, float, float]]] = field(default_factory=dict)  # site -> (…, apart, slope)
    _apart: dict[Input, Mapping[int, float]] = field(default_factory=dict)
    _count: int = 0

    def note(self, row: Input, heard: Sequence[Heard]) -> None:
        """Take what one input compared."""
        trace = self._traces.get(row)
        before = self._apart.get(trace.base, {}) if trace is not None else {}
        self._apart[row] = {item.site: item.apart for item in heard}
        for item in heard:
            self._count += 1
            self._words[item.site] = item.word
            if isinstance(item.right, list):
                self._keys.setdefault(item.site, {}).update(dict.fromkeys(item.right))
                self._met_keys.add((item.site, _key(item.left)))
            near = self._best.setdefault((item.site, item.way), [])
            near.append((abs(item.apart), self._count, row, item))
            near.sort(key=lambda entry: entry[:2])
            del near[_SOURCES:]
            if trace is not None and item.site in before and trace.knob.value != trace.value:
                change = item.apart - before[item.site]
                slope = change / (trace.value - float(trace.knob.value))
                if slope:
                    self._steep.setdefault(item.site, []).append((row, trace.knob, item.apart, slope))

    def proposals(self) -> list[Input]:
        """Inputs for the goals that are open and were not tried too often."""
        rows: dict[Input, None] = {}
        for goal in self._open():
            tries = self._tries[goal] = self._tries.get(goal, 0) + 1
            found = dict.fromkeys(self._toward(goal, tries))
            rows.update(dict.fromkeys(list(found)[:_MAX_ROWS]))
        return list(rows)

    def _open(self) -> list[Goal]:
        ways: list[Goal] = [
            (site, way)
            for site, word in self._words.items()
            for way in ((0, -1, 1) if word in _ORDERED else (0, 1))
            if not self._is_met(site, way)
        ]
        keys: list[Goal] = [
            (site, _key(key))
            for site, known in self._keys.items()
            for key in list(known)[:_MAX_KEYS]
            if (site, _key(key)) not in self._met_keys
        ]
        return [goal for goal in [*keys, *ways] if self._tries.get(goal, 0) < _MAX_TRIES]

    def _is_met(self, site: int, way: int) -> bool:
        """Whether a comparison came out so; of whole numbers in an order only the next one counts."""
        near = self._best.get((site, way))
        if not near:
            return False
        apart, _, _, heard = near[0]
        is_counted = type(heard.left) is type(heard.right) is int and heard.word in _ORDERED
        return not is_counted or apart <= 1

    def _toward(self, goal: Goal, tries: int) -> Iterator[Input]:
        site, wanted = goal
        near = sorted(
            (entry for (at, _), entries in self._best.items() if at == site for entry in entries),
            key=lambda entry: entry[:2],
        )[:_SOURCES]
        for _, _, plain, heard in near:
            row = self._told(plain)
            self._apart.setdefault(row, self._apart.get(plain, {}))
            if isinstance(heard.right, list):
                yield from _with_keys(row, heard, wanted)
            elif isinstance(heard.left, str) and isinstance(heard.right, str):
                yield from _with_texts(row, heard, wanted == 0)
            if heard.word not in {"in", "not in", "[]", "get", "startswith", "endswith"}:
                yield from _with_letters(row, heard, wanted if isinstance(wanted, int) else 0)
                yield from self._with_numbers(row, heard, wanted if isinstance(wanted, int) else 0, tries)

    def _told(self, row: Input) -> Input:
        """The input with the defaults of what it leaves out, so that these can be changed, too."""
        if len(self.defaults) == len(row):
            pairs = zip(row, self.defaults, strict=True)
            row = tuple(from_source(text) if term.is_omitted and text else term for term, text in pairs)
        return tuple(_with_optional(term, self.optional) for term in row) if self.optional else row

    def _with_numbers(self, row: Input, heard: Heard, way: int, tries: int) -> Iterator[Input]:
        yield from self._along_slopes(heard, way)
        numbers = [knob for knob in knobs_of(row) if knob.kind != "text"][:_MAX_KNOBS]
        for knob in numbers:
            yield from self._direct(row, knob, heard, way)
        for knob in numbers:
            value = float(knob.value)
            step = _STEPS[min(tries, len(_STEPS)) - 1]
            for near in (value + step, value * 2) if tries > 1 else (value + step,):
                yield from self._set(row, knob, near)

    def _direct(self, row: Input, knob: Knob, heard: Heard, way: int) -> Iterator[Input]:
        """As if the number of the input were one of the sides, or moved with one."""
        if knob.kind == "number" and knob.value in {heard.left, heard.right}:
            other, sign = (heard.right, 1) if knob.value == heard.left else (heard.left, -1)
            if isinstance(other, int | float):
                yield from self._set(row, knob, other + way * sign)
        for more in (-heard.apart + way, heard.apart - way):
            yield from self._set(row, knob, float(knob.value) + more)

    def _along_slopes(self, heard: Heard, way: int) -> Iterator[Input]:
        for base, knob, apart, slope in self._steep.get(heard.site, ())[-_SOURCES:]:
            current = next((item for item in knobs_of(base) if item.place == knob.place and _same(item, knob)), None)
            if current is None:
                continue
            step = -apart / slope
            half = abs(1 / slope) / 2
            for more in (step, step + way / slope, step + half, step - half, step + 1, step - 1):
                yield from self._set(base, current, float(current.value) + more)
            if abs(slope) >= 1 and "timedelta(" in base[knob.place].source:
                for part in _PARTS:
                    yield from self._set(base, replace(current, kind="part"), float(current.value) + step + part)

    def _set(self, row: Input, knob: Knob, value: float) -> Iterator[Input]:
        if abs(value) > _LARGEST:
            return
        changed = with_knob(row, knob, value)
        if changed is not None and changed != row:
            self._traces.setdefault(changed, _Trace(knob, _value_in(changed, knob), row))
            yield changed


def _with_optional(term: Term, optional: Optional) -> Term:
    """The term with the defaults of what its constructor calls leave out: ``Customer('Ann', seats=1)``."""
    trees = _trees(term)
    if not trees:
        return term
    is_changed = False
    for call in [node for node in ast.walk(trees[0]) if isinstance(node, ast.Call)]:
        given = {each.arg for each in call.keywords}
        missing = [(name, text) for name, at, text in optional.get(dotted(call.func), ()) if at >= len(call.args)]
        more = [ast.keyword(name, ast.parse(text, mode="eval").body) for name, text in missing if name not in given]
        if more and None not in given:
            call.keywords.extend(more)
            is_changed = True
    return replace(term, source=ast.unparse(trees[0])) if is_changed else term


def _value_in(row: Input, knob: Knob) -> float:
    found = next((item for item in knobs_of(row) if item.place == knob.place and _same(item, knob)), knob)
    return float(found.value)


def _same(one: Knob, other: Knob) -> bool:
    return (one.part, one.index, one.kind) == (other.part, other.index, other.kind)


def _key(value: object) -> object:
    return f"{type(value).__name__}:{value}"


def _with_keys(row: Input, heard: Heard, wanted: object) -> Iterator[Input]:
    assert isinstance(heard.right, list)
    if wanted == 1:
        yield from _exchanged(row, heard.left, f"{heard.left}x" if isinstance(heard.left, str) else -1)
        return
    for key in heard.right[:_MAX_KEYS]:
        if wanted in {0, _key(key)}:
            yield from _exchanged(row, heard.left, key)


def _with_texts(row: Input, heard: Heard, is_equal: bool) -> Iterator[Input]:
    left, right = str(heard.left), str(heard.right)
    if heard.word in {"startswith", "endswith"}:
        for knob in (item for item in knobs_of(row) if item.kind == "text"):
            text = f"{right}{knob.value}" if heard.word == "startswith" else f"{knob.value}{right}"
            yield from _one(with_knob(row, knob, text if is_equal else f"x{knob.value}x"))
        return
    if not is_equal:
        yield from _exchanged(row, left, f"{left}x")
        yield from _exchanged(row, right, f"{right}x")
        return
    yield from _exchanged(row, left, right)
    yield from _exchanged(row, right, left)
    if heard.word in {"in", "not in"}:
        for knob in (item for item in knobs_of(row) if item.kind == "text" and item.value == right):
            yield from _one(with_knob(row, knob, f"{right}{left}"))


def _with_letters(row: Input, heard: Heard, way: int) -> Iterator[Input]:
    """As if a side were the code of a letter of the input, or the number of times that it has one."""
    for knob in (item for item in knobs_of(row) if item.kind == "text"):
        text = str(knob.value)
        for letter in dict.fromkeys(text[:_MAX_LETTERS]):
            for side, other, sign in ((heard.left, heard.right, 1), (heard.right, heard.left, -1)):
                is_code = isinstance(side, int) and side in {ord(letter), ord(letter.lower()), ord(letter.upper())}
                if is_code and isinstance(other, int) and 0 < other + way * sign < sys.maxunicode:
                    yield from _one(with_knob(row, knob, text.replace(letter, chr(other + way * sign), 1)))
        missing = abs(round(-heard.apart + way))
        if 0 < missing <= _MAX_MISSING and float(heard.apart).is_integer():
            for letter in _kinds_of_letters(text):
                yield from _one(with_knob(row, knob, text.replace(letter, letter * (missing + 1), 1)))
            for letter in (each for each in _KINDS if each not in text):
                yield from _one(with_knob(row, knob, text[:1] + letter * missing + text[1:]))


def _kinds_of_letters(text: str) -> list[str]:
    """The first digit, letter, space and mark of a text."""
    kinds = (str.isdigit, str.isupper, str.islower, str.isspace, lambda letter: not letter.isalnum())
    found = [next((letter for letter in text if is_kind(letter)), "") for is_kind in kinds]
    return list(dict.fromkeys(letter for letter in found if letter))


def _exchanged(row: Input, old: object, new: object) -> Iterator[Input]:
    """The input with one value, or a part of a text, set to another one: in the same case, and in others."""
    for knob in knobs_of(row):
        if knob.kind == "number" and isinstance(new, int | float) and knob.value == old:
            yield from _one(with_knob(row, knob, new))
        if knob.kind == "number" and _is_digit(old) and _is_digit(new) and str(old) in str(knob.value):
            digits = str(knob.value)
            for place in dict.fromkeys((digits.find(str(old)), digits.rfind(str(old)))):
                yield from _one(with_knob(row, knob, float(f"{digits[:place]}{new}{digits[place + 1 :]}")))
        if knob.kind != "text" or not isinstance(new, str):
            continue
        text, part = str(knob.value), str(old)
        at = text.casefold().find(part.casefold()) if part else -1
        if at < 0 and isinstance(old, str) and part:
            continue
        for form in dict.fromkeys((new, new.lower(), new.upper())):
            changed = form if at < 0 else text[:at] + form + text[at + len(part) :]
            if len(changed) <= _MAX_TEXT:
                yield from _one(with_knob(row, knob, changed))


def _is_digit(value: object) -> bool:
    return type(value) is int and 0 <= value <= 9  # noqa: PLR2004 (the digits)


def _one(row: Input | None) -> Iterator[Input]:
    if row is not None:
        yield row


def knobs_of(row: Input) -> list[Knob]:
    """What can be set in an input, in order."""
    return [Knob(place, *each) for place, term in enumerate(row) for each in _knobs_in(term)]


@lru_cache(maxsize=4096)  # inputs share most of their terms
def _knobs_in(term: Term) -> tuple[tuple[int, int, str, float | str], ...]:
    """Part, index, kind and value of what can be set in a term."""
    return tuple(
        (part, index, kind, value)
        for part, tree in enumerate(_trees(term))
        for keys in [_keys_in(tree)]
        for index, node in enumerate(ast.walk(tree))
        if id(node) not in keys
        for kind, value in _settings(node)
    )


def _keys_in(tree: ast.AST) -> set[int]:
    """Keys of dictionaries: with other ones it is not the same kind of thing."""
    return {id(key) for node in ast.walk(tree) if isinstance(node, ast.Dict) for key in node.keys}


def _settings(node: ast.AST) -> Iterator[tuple[str, float | str]]:
    match node:
        case ast.Constant(value=bool()):
            return
        case ast.Constant(value=int() | float() as number) if abs(number) <= _LARGEST:
            yield "number", number
        case ast.Constant(value=str() as text):
            yield "text", text
            yield "size", len(text)
        case ast.List(elts=items) | ast.Tuple(elts=items):
            yield "size", len(items)


def _trees(term: Term) -> list[ast.Module]:
    if term.is_omitted or term.before or term.fixtures or "*" in term.source[:1]:
        return []
    try:
        return [_folded(term.source), *(_folded(f"x{step}") for step in term.steps)]
    except SyntaxError:  # several arguments in one
        return []


class _Fold(ast.NodeTransformer):
    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        match node:
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as number)):
                return ast.Constant(-number)
        return node


def _folded(source: str) -> ast.Module:
    tree = _Fold().visit(ast.parse(source))
    assert isinstance(tree, ast.Module)
    return tree


def with_knob(row: Input, knob: Knob, value: float | str) -> Input | None:
    """The input with one knob set; None where that is not possible."""
    term = row[knob.place]
    tree = _trees(term)[knob.part]
    node = list(ast.walk(tree))[knob.index]
    if not _set(node, knob, value):
        return None
    first = tree.body[0]
    text = ast.unparse(first.value if isinstance(first, ast.Expr) else first)  # alone a text would be a docstring
    if len(text) > _MAX_SOURCE:
        return None
    if knob.part:
        steps = (*term.steps[: knob.part - 1], text[1:], *term.steps[knob.part :])
        changed = replace(term, steps=steps, label="")
    elif isinstance(first, ast.Assign):  # an option with its name
        changed = replace(term, source=text.replace(" = ", "=", 1))
    else:
        changed = replace(term, source=text, is_edge=from_source(text).is_edge, label="")
    return (*row[: knob.place], changed, *row[knob.place + 1 :])


def _set(node: ast.AST, knob: Knob, value: float | str) -> bool:
    match node, knob.kind, value:
        case ast.Constant(value=int()), "number", int() | float():
            node.value = round(value)
        case ast.Constant(value=int()), "part", int() | float():
            node.value = round(value, 1)
        case ast.Constant(value=float()), "number", int() | float():
            node.value = round(float(value), 6)
        case ast.Constant(), "text", str():
            node.value = value
        case ast.Constant(value=str() as text), "size", int() | float():
            if not 0 <= value <= _MAX_TEXT:
                return False
            node.value = _resized(text, round(value))
        case ((ast.List(elts=items) | ast.Tuple(elts=items)), "size", int() | float()):
            if not 0 <= value <= _MAX_TEXT // 4 or (not items and value):
                return False
            node.elts = [items[place % len(items)] for place in range(round(value))]
        case _:
            return False
    return True


def _resized(text: str, size: int) -> str:
    return ((text or "a") * size)[:size]
