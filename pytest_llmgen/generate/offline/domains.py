"""Sets of values that a property is claimed for: a Hypothesis strategy, its name in words, and samples of it."""

from __future__ import annotations

import ast
import random
import string
from collections.abc import Callable
from dataclasses import dataclass

from pytest_llmgen.generate.offline.code import Parameter, ParameterKind, dotted
from pytest_llmgen.generate.offline.terms import Term, value_of
from pytest_llmgen.generate.offline.world import ClassKind, ClassShape

RUNGS = 6
"""How often a domain is narrowed: anything, then nothing negative and letters only, then no boundary, then words."""
WIDE = 3
"""Rungs with large numbers: a function that takes as many steps as a number says is slow there."""
_TEXT_RUNG = (0, 1, 2, 0, 2, 3)
"""Which texts go with the numbers of a rung."""
_MAX_TEXT, _MAX_ITEMS, _LARGEST, _LARGE = 12, 6, 20, 1000
_EDGE_SHARE, _SMALL_SHARE = 0.15, 0.6
_LISTS = {"list", "List", "Sequence", "MutableSequence", "Iterable", "Collection"}
_DICTS = {"dict", "Dict", "Mapping", "MutableMapping"}
_TEXTS = (
    ("st.text(string.printable, max_size=12)", "ASCII text", string.printable),
    ("st.text(string.ascii_letters + ' ', max_size=12)", "text of letters and spaces", string.ascii_letters + " "),
    ("st.text(string.ascii_lowercase, min_size=1, max_size=12)", "lower-case word", string.ascii_lowercase),
    (
        "st.lists(st.text(string.ascii_lowercase, min_size=2, max_size=6), min_size=1, max_size=3).map('_'.join)",
        "name in snake case",
        string.ascii_lowercase,
    ),
)
_WORDS = 2
"""Texts from here on are not empty."""
_INTEGERS = (
    ("st.integers(-1000, 1000)", "integer from -1000 to 1000", -_LARGE),
    ("st.integers(0, 1000)", "integer from 0 to 1000", 0),
    ("st.integers(1, 1000)", "integer from 1 to 1000", 1),
    ("st.integers(-20, 20)", "integer from -20 to 20", -_LARGEST),
    ("st.integers(0, 20)", "integer from 0 to 20", 0),
    ("st.integers(2, 20)", "integer from 2 to 20", 2),
)
_FLOATS = (
    ("st.floats(-100, 100)", "number from -100 to 100", -100.0),
    ("st.floats(0, 100)", "number from 0 to 100", 0.0),
    ("st.floats(1, 100)", "number from 1 to 100", 1.0),
    ("st.integers(1, 20).map(float)", "whole number", 1.0),
)
_MAX_FIELDS = 4
_MADE = {ClassKind.RECORD, ClassKind.PLAIN}
_ST = "from hypothesis import strategies as st"
_STRING = "import string"


@dataclass(frozen=True, slots=True)
class Made:
    """An object as the call that makes it."""

    call: str

    def __repr__(self) -> str:
        """As it stands in code."""
        return self.call


@dataclass(frozen=True, slots=True)
class Domain:
    """Values of one kind."""

    kind: str  # the built-in type of its values
    source: str  # the strategy
    said: str  # one of its values, in words
    sample: Callable[[random.Random], object]
    inner: str = ""  # the kind of the items, where all are of one
    needs: tuple[str, ...] = ()  # what its values need to be imported
    always: tuple[object, ...] = ()  # values that are among any samples

    @property
    def imports(self) -> tuple[str, ...]:
        """What the strategy needs."""
        return (*self.needs, _ST, _STRING) if "string." in self.source else (*self.needs, _ST)


def domain_of(parameter: Parameter, usual: Term, rung: int, way: int = 0) -> Domain | None:
    """The domain of a parameter by its annotation, else by the value that is usual for it.

    ``way`` is the number of one of several types that the annotation names.
    """
    if parameter.annotation is not None:
        kinds = alternatives(parameter.annotation)
        if found := by_annotation(kinds[way % len(kinds)], rung):
            return found
    if parameter.annotation is not None and not isinstance(parameter.annotation, ast.Name | ast.Subscript):
        return None
    try:
        return by_value(value_of(usual), rung)
    except ValueError:
        return None


def by_annotation(node: ast.expr, rung: int) -> Domain | None:
    """The domain of a plain annotation, of the first of several types; None for one not made of built-in types."""
    match alternatives(node)[0]:
        case ast.Constant(value=str() as text):
            try:
                return by_annotation(ast.parse(text, mode="eval").body, rung)
            except SyntaxError:
                return None
        case ast.Name(id=name):
            return _plain(name, rung)
        case ast.Subscript(value=value, slice=inner):
            parts = list(inner.elts) if isinstance(inner, ast.Tuple) else [inner]
            return _generic(dotted(value).rpartition(".")[2], [by_annotation(part, rung) for part in parts], rung)
        case _:
            return None


def alternatives(node: ast.expr) -> list[ast.expr]:
    """The types that an annotation names: ``str`` and ``bytes`` of ``str | bytes``, without None."""
    match node:
        case ast.BinOp(op=ast.BitOr(), left=left, right=right):
            found = [left, right]
        case ast.Subscript(value=value, slice=ast.Tuple(elts=parts)) if dotted(value).endswith("Union"):
            found = parts
        case ast.Subscript(value=value, slice=part) if dotted(value).endswith("Optional"):
            found = [part]
        case ast.Constant(value=str() as text):
            try:
                found = [ast.parse(text, mode="eval").body]
            except SyntaxError:
                return [node]
        case _:
            return [node]
    kept = [part for part in found if not (isinstance(part, ast.Constant) and part.value is None)]
    return [each for part in kept for each in alternatives(part)] or [node]


def of_class(shape: ClassShape, rung: int) -> Domain | None:
    """Objects of a class of the project, made by its constructor; None where a parameter is of no known kind."""
    needed = [item for item in shape.parameters if item.is_required]
    parts = [by_annotation(item.annotation, rung) if item.annotation is not None else None for item in needed]
    known = [part for part in parts if part is not None]
    if not known or len(known) < len(parts) or len(known) > _MAX_FIELDS or shape.kind not in _MADE:
        return None
    names = [f"{item.name}=" if item.kind is ParameterKind.KEYWORD else "" for item in needed]
    given = ", ".join(f"{name}{part.source}" for name, part in zip(names, known, strict=True))

    def sample(rng: random.Random) -> object:
        values = ", ".join(f"{name}{part.sample(rng)!r}" for name, part in zip(names, known, strict=True))
        return Made(f"{shape.name}({values})")

    imports = tuple(dict.fromkeys([shape.statement, *(line for part in known for line in part.imports)]))
    return Domain(shape.name, f"st.builds({shape.name}, {given})", f"{shape.name} object", sample, needs=imports)


def by_value(value: object, rung: int) -> Domain | None:
    """The domain of values like this one."""
    if isinstance(value, list) and value and len({type(item) for item in value}) == 1:
        return _generic("list", [by_value(value[0], rung)], rung)
    if isinstance(value, dict) and value:
        key, item = next(iter(value.items()))
        return _generic("dict", [by_value(key, rung), by_value(item, rung)], rung)
    return None if isinstance(value, list | dict) else _plain(type(value).__name__, rung)


def _plain(name: str, rung: int) -> Domain | None:  # noqa: PLR0911 (one case a line)
    match name:
        case "str":
            return _text(_TEXT_RUNG[rung])
        case "int":
            source, said, least = _INTEGERS[rung]
            most = _LARGE if rung < WIDE else _LARGEST
            small = tuple(range(max(least, -_LARGEST), _LARGEST + 1))
            return Domain("int", source, said, lambda rng: _number(rng, least, most), always=small)
        case "float":
            source, said, low = _FLOATS[_TEXT_RUNG[rung]]
            whole = "integers" in source
            return Domain(
                "float", source, said, lambda rng: float(_number(rng, 1, _LARGEST)) if whole else _real(rng, low)
            )
        case "bool":
            return Domain("bool", "st.booleans()", "truth value", lambda rng: rng.random() < 0.5)  # noqa: PLR2004
        case "bytes":
            return Domain("bytes", "st.binary(max_size=12)", "bytes", lambda rng: rng.randbytes(rng.randint(0, 12)))
        case "list" | "List":
            return _generic("list", [_plain("int", rung)], rung)
        case "dict" | "Dict":
            return _generic("dict", [_text(_WORDS), _plain("int", rung)], rung)
        case _:
            return None


def _text(way: int) -> Domain:
    source, said, letters = _TEXTS[way]
    least = 0 if way < _WORDS else 1

    def sample(rng: random.Random) -> str:
        if way > _WORDS:
            words = ["".join(rng.choices(letters, k=rng.randint(2, 6))) for _ in range(rng.randint(1, 3))]
            return "_".join(words)
        few = letters if rng.random() < 0.5 else rng.choices(letters, k=3)  # noqa: PLR2004 (letters that repeat)
        return "".join(rng.choices(few, k=rng.randint(least, _MAX_TEXT)))

    return Domain("str", source, said, sample)


def _number(rng: random.Random, least: int, most: int) -> int:
    if rng.random() < _EDGE_SHARE:
        return rng.choice((least, least + 1, 1))
    if most > _LARGEST and rng.random() < _SMALL_SHARE:
        return rng.randint(max(least, -_LARGEST), _LARGEST)
    return rng.randint(least, most)


def _real(rng: random.Random, low: float) -> float:
    return rng.choice((low, 1.0, 0.5 + low)) if rng.random() < _EDGE_SHARE else rng.uniform(low, 100.0)


def _generic(name: str, parts: list[Domain | None], rung: int) -> Domain | None:
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    if name == "Optional":
        return known[0]
    least = 0 if _TEXT_RUNG[rung] < _WORDS else 1
    if name in _LISTS and len(known) == 1:
        return _list(known[0], least)
    return _dict(known[0], known[1], least) if name in _DICTS and len(known) == 2 else None  # noqa: PLR2004


def _list(item: Domain, least: int) -> Domain:
    size = f"min_size={least}, max_size={_MAX_ITEMS}" if least else f"max_size={_MAX_ITEMS}"
    said = f"{'non-empty ' if least else ''}list of {plural(item.said)}"

    def sample(rng: random.Random) -> list[object]:
        found = [item.sample(rng) for _ in range(rng.randint(least, _MAX_ITEMS))]
        return [*found[:-1], found[0]] if len(found) > 1 and rng.random() < _EDGE_SHARE else found

    return Domain("list", f"st.lists({item.source}, {size})", said, sample, item.kind)


def _dict(key: Domain, value: Domain, least: int) -> Domain | None:
    if key.kind not in {"str", "int", "bool", "bytes"}:
        return None
    size = f"min_size={least}, max_size={_MAX_ITEMS}" if least else f"max_size={_MAX_ITEMS}"

    def sample(rng: random.Random) -> dict[object, object]:
        return {key.sample(rng): value.sample(rng) for _ in range(rng.randint(least, _MAX_ITEMS))}

    said = f"{'non-empty ' if least else ''}dict"
    return Domain("dict", f"st.dictionaries({key.source}, {value.source}, {size})", said, sample, value.kind)


def plural(said: str) -> str:
    """``lists of positive integers`` for ``list of positive integers``: the noun comes before any ``of``."""
    if said.endswith("text") or said.startswith(("text", "bytes")):
        return said.replace("text", "texts", 1)
    for joint in (" from ", " of ", " in "):
        head, found, rest = said.partition(joint)
        if found:
            return f"{head}s{joint}{rest}"
    return f"{said}s"
