"""Sets of values that a property is claimed for: a Hypothesis strategy, its name in words, and samples of it."""

from __future__ import annotations

import ast
import random
import string
from collections.abc import Callable
from dataclasses import dataclass

from pytest_llmgen.generate.offline.code import Parameter, dotted
from pytest_llmgen.generate.offline.terms import Term, value_of

RUNGS = 4
"""How often a domain is narrowed: anything, then nothing negative and letters only, then no boundary, then words."""
_MAX_TEXT, _MAX_ITEMS, _LARGEST = 12, 6, 20
_EDGE_SHARE = 0.15
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
_INTEGERS = (
    ("st.integers(-20, 20)", "integer from -20 to 20", -_LARGEST),
    ("st.integers(0, 20)", "integer from 0 to 20", 0),
    ("st.integers(1, 20)", "integer from 1 to 20", 1),
    ("st.integers(2, 20)", "integer from 2 to 20", 2),
)
_FLOATS = (
    ("st.floats(-100, 100)", "number from -100 to 100", -100.0),
    ("st.floats(0, 100)", "number from 0 to 100", 0.0),
    ("st.floats(1, 100)", "number from 1 to 100", 1.0),
    ("st.integers(1, 20).map(float)", "whole number", 1.0),
)
_ST = "from hypothesis import strategies as st"
_STRING = "import string"


@dataclass(frozen=True, slots=True)
class Domain:
    """Values of one kind."""

    kind: str  # the built-in type of its values
    source: str  # the strategy
    said: str  # one of its values, in words
    sample: Callable[[random.Random], object]
    inner: str = ""  # the kind of the items, where all are of one

    @property
    def imports(self) -> tuple[str, ...]:
        """What the strategy needs."""
        return (_ST, _STRING) if "string." in self.source else (_ST,)


def domain_of(parameter: Parameter, usual: Term, rung: int) -> Domain | None:
    """The domain of a parameter by its annotation, else by the value that is usual for it."""
    if parameter.annotation is not None and (found := by_annotation(parameter.annotation, rung)):
        return found
    if parameter.annotation is not None and not isinstance(parameter.annotation, ast.Name | ast.Subscript):
        return None
    try:
        return by_value(value_of(usual), rung)
    except ValueError:
        return None


def by_annotation(node: ast.expr, rung: int) -> Domain | None:
    """The domain of a plain annotation; None for one that is not made of built-in types."""
    match node:
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
            return _text(rung)
        case "int":
            source, said, least = _INTEGERS[rung]
            return Domain("int", source, said, lambda rng: _number(rng, least))
        case "float":
            source, said, low = _FLOATS[rung]
            whole = "integers" in source
            return Domain("float", source, said, lambda rng: float(_number(rng, 1)) if whole else _real(rng, low))
        case "bool":
            return Domain("bool", "st.booleans()", "truth value", lambda rng: rng.random() < 0.5)  # noqa: PLR2004
        case "bytes":
            return Domain("bytes", "st.binary(max_size=12)", "bytes", lambda rng: rng.randbytes(rng.randint(0, 12)))
        case "list" | "List":
            return _generic("list", [_plain("int", rung)], rung)
        case "dict" | "Dict":
            return _generic("dict", [_plain("str", max(rung, 2)), _plain("int", rung)], rung)
        case _:
            return None


def _text(rung: int) -> Domain:
    source, said, letters = _TEXTS[rung]
    least = 0 if rung < RUNGS - 2 else 1

    def sample(rng: random.Random) -> str:
        if rung == RUNGS - 1:
            words = ["".join(rng.choices(letters, k=rng.randint(2, 6))) for _ in range(rng.randint(1, 3))]
            return "_".join(words)
        few = letters if rng.random() < 0.5 else rng.choices(letters, k=3)  # noqa: PLR2004 (letters that repeat)
        return "".join(rng.choices(few, k=rng.randint(least, _MAX_TEXT)))

    return Domain("str", source, said, sample)


def _number(rng: random.Random, least: int) -> int:
    return rng.choice((least, least + 1, 1)) if rng.random() < _EDGE_SHARE else rng.randint(least, _LARGEST)


def _real(rng: random.Random, low: float) -> float:
    return rng.choice((low, 1.0, 0.5 + low)) if rng.random() < _EDGE_SHARE else rng.uniform(low, 100.0)


def _generic(name: str, parts: list[Domain | None], rung: int) -> Domain | None:
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    if name == "Optional":
        return known[0]
    least = 0 if rung < RUNGS - 2 else 1
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
