"""Values within the limits that a model states: ``Field(gt=0)``, ``constr(pattern=...)``, ``PositiveInt``."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence

from pytest_llmgen.generate.offline.code import dotted
from pytest_llmgen.generate.offline.regexes import samples
from pytest_llmgen.generate.offline.terms import Term, from_source, unique, value_of

NAMED = {
    "PositiveInt": "Annotated[int, Field(gt=0)]",
    "NonNegativeInt": "Annotated[int, Field(ge=0)]",
    "NegativeInt": "Annotated[int, Field(lt=0)]",
    "NonPositiveInt": "Annotated[int, Field(le=0)]",
    "PositiveFloat": "Annotated[float, Field(gt=0)]",
    "NonNegativeFloat": "Annotated[float, Field(ge=0)]",
    "NegativeFloat": "Annotated[float, Field(lt=0)]",
    "NonPositiveFloat": "Annotated[float, Field(le=0)]",
    "StrictStr": "str",
    "StrictInt": "int",
    "StrictBool": "bool",
    "StrictFloat": "float",
}
"""Types of pydantic by name, as annotations."""
MADE = {"conint": "int", "confloat": "float", "constr": "str", "condecimal": "Decimal", "conbytes": "bytes"}
"""Functions of pydantic that make types, with the type that is limited."""
_POSITIONAL = {"Gt": "gt", "Ge": "ge", "Lt": "lt", "Le": "le", "MinLen": "min_length", "MaxLen": "max_length"}
_WORDS = {"gt", "ge", "lt", "le", "min_length", "max_length", "min_items", "max_items", "multiple_of"}
_SAME = {"min_items": "min_length", "max_items": "max_length", "regex": "pattern"}
_FAR = 10**6
_TEXT = "hello world and more "


def limits_of(nodes: Sequence[ast.expr]) -> dict[str, object]:
    """The limits that calls like ``Field(ge=1)`` and ``Ge(1)`` state, under the words of pydantic."""
    found: dict[str, object] = {}
    for call in (node for node in nodes if isinstance(node, ast.Call)):
        name = dotted(call.func).rpartition(".")[2]
        words = [(word.arg or "", word.value) for word in call.keywords]
        words += [(_POSITIONAL[name], value) for value in call.args[:1] if name in _POSITIONAL]
        for word, value in words:
            plain = _plain(value)
            if plain is not None and (word in _WORDS or _SAME.get(word, word) == "pattern"):
                found[_SAME.get(word, word)] = plain
    return found


def _plain(node: ast.expr) -> object:
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError):
        return None


def within(terms: Sequence[Term], limits: Mapping[str, object]) -> list[Term]:
    """The terms that keep to the limits, and values at these; never empty where one could be made."""
    if not limits or not terms:
        return list(terms)
    if "pattern" in limits:
        texts = [from_source(repr(text)) for text in samples(str(limits["pattern"]))]
        return _lasting(texts, limits) or list(terms)
    kinds = {type(value).__name__ for value in map(_value, terms)}
    numbers = [repr(each) for each in _numbers(limits)]
    if "str" in kinds or "bytes" in kinds:
        return _lasting([*terms, *_of_lengths(limits)], limits)
    if any("Decimal(" in term.source for term in terms):
        made = [from_source(f"Decimal('{number}')", terms[0].imports) for number in numbers]
        return [each for each in unique([*terms, *made]) if _decimal_fits(each, limits)]
    if kinds & {"int", "float"}:
        known = [term for term in terms if _value(term) is not ...]  # of infinity nothing is known
        return _lasting([*known, *map(from_source, numbers)], limits)
    return _lasting(terms, limits) or list(terms)


def _lasting(terms: Sequence[Term], limits: Mapping[str, object]) -> list[Term]:
    return [term for term in unique(list(terms)) if _fits(_value(term), limits) and _has_length(term, limits)]


def _value(term: Term) -> object:
    try:
        return value_of(term)
    except ValueError:
        return ...


_CHECKS: dict[str, Callable[[float, float], bool]] = {
    "gt": lambda value, limit: value > limit,
    "ge": lambda value, limit: value >= limit,
    "lt": lambda value, limit: value < limit,
    "le": lambda value, limit: value <= limit,
    "multiple_of": lambda value, limit: value % limit == 0,
}


def _fits(value: object, limits: Mapping[str, object]) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return True
    checks = [(check, limits.get(word)) for word, check in _CHECKS.items()]
    return all(check(value, limit) for check, limit in checks if isinstance(limit, int | float))


def _decimal_fits(term: Term, limits: Mapping[str, object]) -> bool:
    number = term.source.partition("('")[2].partition("'")[0]
    return not number or _fits(float(number), limits)


def _has_length(term: Term, limits: Mapping[str, object]) -> bool:
    low, high = limits.get("min_length", 0), limits.get("max_length", _FAR)
    node = ast.parse(term.source, mode="eval").body
    match node:
        case ast.Constant(value=str() | bytes() as text):
            size = len(text)
        case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items):
            size = len(items)
        case ast.Dict(keys=keys):
            size = len(keys)
        case _:
            return True
    return isinstance(low, int) and isinstance(high, int) and low <= size <= high


def _numbers(limits: Mapping[str, object]) -> list[float]:
    """Numbers at the limits and next to them."""
    known = [
        limit for word in ("ge", "gt", "le", "lt", "multiple_of") if isinstance(limit := limits.get(word), int | float)
    ]
    return [near for limit in known for near in (limit, limit + 1, limit - 1, limit + 10, limit * 2)]


def _of_lengths(limits: Mapping[str, object]) -> list[Term]:
    sizes = [size for word in ("min_length", "max_length") if isinstance(size := limits.get(word), int)]
    return [from_source(repr((_TEXT * (size // len(_TEXT) + 1))[:size])) for size in sizes if size < _FAR]
