"""Inputs made as short as they can be while they reach and kill what they were chosen for."""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pytest_llmgen.generate.offline.calls import Callee, Input
from pytest_llmgen.generate.offline.code import dotted
from pytest_llmgen.generate.offline.killing import Hunt
from pytest_llmgen.generate.offline.search import Find, Limits, goals_of, kind_of, probe_of
from pytest_llmgen.generate.offline.showing import error_name
from pytest_llmgen.generate.offline.suggestions import TEXTS
from pytest_llmgen.generate.offline.terms import OMITTED, Term, is_edge, written_like
from pytest_llmgen.records import Prober

_ROUNDS = 6
_MAX_VARIANTS = 14
_MAX_FINDS = 24
_EXACT = {"date", "datetime", "time", "timedelta", "Decimal", "Fraction", "UUID", "Path", "range", "stat_result"}
_CODE = re.compile(r"\w*\d\w*([.:/-]\w+)+")
"""``1.4.0rc1``, ``192.0.2.7``, ``3494-6``: a text that some constructor reads, and that means something as a whole."""
_PER_ARGUMENT, _PER_STEP, _PER_ODDITY = 6, 16, 12
_SOME = "hello"
_WORD = re.compile("|".join([r"'[a-z]{1,8}'|'[A-Z]{1,4}'", *map(re.escape, sorted(TEXTS))]))
_ODD = re.compile(r"(?<![\w'])''(?!')|'[^\w']+'|\bdate(?:time)?\((?:1|9999),[^)]*\)|\\x|\\u")
"""Empty texts and texts of signs, the first and the last year, characters that can't be shown."""


@dataclass(frozen=True, slots=True)
class Needed:
    """An input with what it is wanted for."""

    find: Find
    share: frozenset[object]  # goals, and ids of mutants

    @property
    def goals(self) -> frozenset[object]:
        """The lines and arcs that it must reach."""
        return frozenset(item for item in self.share if not isinstance(item, str))


def shares(gains: Mapping[int, frozenset[object]], chosen: Sequence[int]) -> list[frozenset[object]]:
    """What each of the chosen places gains that those before it do not."""
    found: list[frozenset[object]] = []
    seen: set[object] = set()
    for place in chosen:
        found.append(gains[place] - seen)
        seen |= gains[place]
    return found


def shrunk(
    prober: Prober,
    callee: Callee,
    hunt: Hunt,
    wanted: Sequence[Needed],
    base: Input,
    limits: Limits,
    *,
    only_steps: bool = False,
) -> list[Needed]:
    """The inputs, each as short as was found: the same kind of outcome, and nothing lost that it is wanted for.

    ``only_steps``: values stay as they are, what was done to objects before goes where it does nothing.
    """
    variants = fewer_steps if only_steps else shorter
    current = list(wanted)
    waiting = set(range(min(len(current), _MAX_FINDS)))
    for _ in range(_ROUNDS):
        if not waiting or limits.is_over:
            break
        rows = [
            (place, row) for place in sorted(waiting) for row in variants(current[place].find.row, base)[:_MAX_VARIANTS]
        ]
        finds = _observed(prober, callee, [row for _, row in rows], limits.call)
        pairs = [
            (
                place,
                replace(
                    current[place].find,
                    row=find.row,
                    scene=find.scene,
                    probe=find.probe,
                    observation=find.observation,
                    goals=find.goals,
                ),
            )
            for (place, _), find in zip(rows, finds, strict=True)
            if _is_alike(find, current[place]) and hunt.tells(find)
        ]
        better = _best(hunt, current, pairs)
        for place, find in better.items():
            current[place] = replace(current[place], find=find)
        waiting = set(better)
    return current


def _observed(prober: Prober, callee: Callee, rows: Sequence[Input], timeout: float) -> list[Find]:
    made = [probe_of(callee, row, f"shorter#{rank}") for rank, row in enumerate(rows)]
    seen = prober.probe([probe for probe, _ in made], timeout) if made else []
    return [
        Find(row, scene, probe, observation, goals_of(observation, callee))
        for row, (probe, scene), observation in zip(rows, made, seen, strict=True)
    ]


def _is_alike(find: Find, needed: Needed) -> bool:
    one, other = find.observation, needed.find.observation
    if one.outcome != other.outcome or error_name(one) != error_name(other) or not needed.goals <= find.goals:
        return False
    changed = other.changed.keys() - {*needed.find.scene.afterwards}  # what is asked at the end may turn out needless
    return one.outcome == "raised" or (kind_of(one) == kind_of(other) and one.changed.keys() >= changed)


def _best(hunt: Hunt, current: Sequence[Needed], pairs: Sequence[tuple[int, Find]]) -> dict[int, Find]:
    """For each place the shortest variant that still kills all that it should."""
    if not pairs:
        return {}
    finds = [find for _, find in pairs]
    left = set(hunt.steady(finds))
    places = {place: tuple(rank for rank, (at, _) in enumerate(pairs) if at == place) for place, _ in pairs}
    asked = [(place, mutant) for place in places for mutant in hunt.mutants if mutant.id in current[place].share]
    met = hunt.differing(finds, [(mutant, places[place]) for place, mutant in asked])
    for (place, _), differing in zip(asked, met, strict=True):
        left -= set(places[place]) - differing
    best: dict[int, Find] = {}
    for rank in sorted(left, key=lambda rank: size(pairs[rank][1].row)):
        best.setdefault(*pairs[rank])
    return best


def size(row: Input) -> int:
    """How much there is to read in an input."""
    return sum(_size(term) for term in row)


def _size(term: Term) -> int:
    if term.is_omitted:
        return 0
    parts = (*term.steps, *term.before)
    return _PER_ARGUMENT + _effort(term.source) + sum(_PER_STEP + _effort(part) for part in parts)


def _effort(source: str) -> int:
    """How hard a text of code is to read: a short word is no harder than a letter, what nobody would write is."""
    return len(_WORD.sub("'a'", source)) + _PER_ODDITY * len(_ODD.findall(source))


def fewer_steps(row: Input, _base: Input) -> list[Input]:
    """Variants in which one thing less was done to an object before."""
    return [
        (*row[:place], replace(term, steps=(*term.steps[:rank], *term.steps[rank + 1 :])), *row[place + 1 :])
        for place, term in enumerate(row)
        for rank in range(len(term.steps))
    ]


def shorter(row: Input, base: Input) -> list[Input]:
    """Variants with less to read; none of them makes a boundary of what was none.

    First those that change the same thing wherever it stands, then the shortest.
    """
    found: list[Input] = []
    for place, term in enumerate(row):
        variants = [each for each in _variants(term, base[place]) if _size(each) < _size(term)]
        found += [(*row[:place], each, *row[place + 1 :]) for each in variants if each.is_edge <= term.is_edge]
    plain = tuple(usual if _size(usual) <= _size(term) else term for term, usual in zip(row, base, strict=True))
    if plain != row and size(plain) < size(row):
        found.append(plain)
    same = [other for other in _everywhere(row) if size(other) < size(row)]
    return list(dict.fromkeys([*same, *sorted(dict.fromkeys(found), key=size)]))


def _everywhere(row: Input) -> Iterator[Input]:
    """Variants in which the same part is made plainer wherever it stands: two prices stay equal ones."""
    texts = [text for term in row for text in (term.source, *term.steps)]
    for part, plainer in dict.fromkeys(pair for text in texts for pair in _parts(text)):
        if sum(text.count(part) for text in texts) > 1:
            yield tuple(_exchanged(term, part, plainer) for term in row)


def _exchanged(term: Term, part: str, plainer: str) -> Term:
    steps = tuple(step.replace(part, plainer) for step in term.steps)
    source = term.source.replace(part, plainer)
    return term if (source, steps) == (term.source, term.steps) else replace(term, source=source, steps=steps)


def _parts(text: str) -> Iterator[tuple[str, str]]:
    """Calls of an expression or a step, and what they are with a keyword less; a word for an empty text."""
    try:
        tree = ast.parse(text if not text.startswith((".", "[", "(")) else f"it{text}", mode="eval")
    except SyntaxError:
        return  # several arguments, or an assignment
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            for at in range(len(node.keywords)):
                fewer = ast.Call(node.func, node.args, [*node.keywords[:at], *node.keywords[at + 1 :]])
                yield ast.unparse(node), ast.unparse(fewer)
        elif isinstance(node, ast.Constant) and node.value == "":
            yield "''", repr(_SOME)


def _variants(term: Term, usual: Term) -> Iterator[Term]:
    if usual.is_omitted:
        yield OMITTED
    if term.is_omitted or "*" in term.source[:1]:
        return
    yield usual
    for rank, step in enumerate(term.steps):
        yield replace(term, steps=(*term.steps[:rank], *term.steps[rank + 1 :]))
        for smaller in _plainer(step):
            yield replace(term, steps=(*term.steps[:rank], smaller, *term.steps[rank + 1 :]))
    try:
        tree = ast.parse(term.source, mode="eval")
    except SyntaxError:
        return  # several arguments, or a keyword with its value
    for changed in _smaller(tree):
        source = written_like(term, ast.unparse(changed))
        if source and source != term.source:
            yield replace(term, source=source, is_edge=is_edge(changed.body), label="")


def _plainer(step: str) -> Iterator[str]:
    """A step with an option less, ``.add(Money(3))`` for ``.add(Money(3, currency='a'))``, or a word for no text."""
    if not step.startswith("."):
        return
    try:
        tree = ast.parse(f"it{step}", mode="eval")
    except SyntaxError:
        return  # an assignment
    for rank, node in enumerate(ast.walk(tree)):
        if isinstance(node, ast.Call) and node.keywords:
            for at in range(len(node.keywords)):
                changed = copy.deepcopy(tree)
                call = list(ast.walk(changed))[rank]
                assert isinstance(call, ast.Call)
                del call.keywords[at]
                yield ast.unparse(changed).removeprefix("it")
        elif isinstance(node, ast.Constant) and node.value == "":
            changed = copy.deepcopy(tree)
            text = list(ast.walk(changed))[rank]
            assert isinstance(text, ast.Constant)
            text.value = _SOME
            yield ast.unparse(changed).removeprefix("it")


def _smaller(tree: ast.Expression) -> Iterator[ast.Expression]:
    """The expression with one of its parts made smaller."""
    exact = {id(each) for node in ast.walk(tree) if _is_exact(node) for each in ast.walk(node)}
    for rank, node in enumerate(ast.walk(tree)):
        if id(node) in exact:
            continue
        for attribute, value in _replacements(node):
            changed = copy.deepcopy(tree)
            at = list(ast.walk(changed))[rank]
            setattr(at, attribute, value)
            yield changed


def _is_exact(node: ast.AST) -> bool:
    """Whether shorter parts would only look odd: ``date(1, 1, 1)``, ``Version('0rc')``."""
    if not isinstance(node, ast.Call):
        return False
    name = dotted(node.func).rpartition(".")[2]
    match node:
        case ast.Call(args=[ast.Constant(value=str() as text)], keywords=[]) if name[:1].isupper():
            return name in _EXACT or _CODE.fullmatch(text) is not None
    return name in _EXACT


def _replacements(node: ast.AST) -> Iterator[tuple[str, object]]:
    match node:
        case ast.Constant(value=str() as text) if len(text) > 1:
            yield from (("value", part) for part in _texts(text))
        case ast.Constant(value=bytes() as data) if len(data) > 1:
            yield from (("value", data[:1]), ("value", data[: len(data) // 2]))
        case ast.Constant(value=bool()):
            return
        case ast.Constant(value=int() as number) if number > 1:
            yield from (
                ("value", less) for less in dict.fromkeys((1, 2, number // 10, number // 2)) if 0 < less < number
            )
        case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items) if len(items) > 1:
            yield "elts", items[:1]
            yield from (("elts", items[:rank] + items[rank + 1 :]) for rank in range(len(items)))
        case ast.Call(args=args, keywords=words):
            if len(args) == 1:  # an option may be given by position
                yield "args", []
            yield from (("keywords", words[:rank] + words[rank + 1 :]) for rank in range(len(words)))


def _texts(text: str) -> Iterator[str]:
    """Shorter texts: words, a letter, halves, one letter less."""
    half = len(text) // 2
    words = text.split()
    options = [*words, text[:1], text[-1:], text[:half], text[half:], text[1:], text[:-1]]
    yield from (part for part in dict.fromkeys(options) if 0 < len(part) < len(text) and part.strip())
