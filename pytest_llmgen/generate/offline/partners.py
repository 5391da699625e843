"""Functions that may undo each other: by their names, or just by what they take."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pytest_llmgen.generate.offline.calls import Callee, Input
from pytest_llmgen.generate.offline.search import probe_of
from pytest_llmgen.generate.offline.terms import Term, from_source, unique
from pytest_llmgen.generate.offline.world import ClassShape
from pytest_llmgen.records import Module, Prober, Target, TargetKind

MAX_PARTNERS = 8
_WORD = 5
"""Letters of a word that tells something also where it stands in another."""
_ANSWERS = 6
LONGEST = 120
"""Characters of an answer that may stand in a test."""
_PAIRS = (
    "encode decode, encrypt decrypt, encipher decipher, compress decompress, serialize deserialize, dumps loads, "
    "serialise deserialise, dump load, pack unpack, quote unquote, escape unescape, marshal unmarshal, format parse, "
    "flatten unflatten, to from, stringify parse, join split, render parse, pluralize singularize, wrap unwrap, "
    "camelize underscore, zip unzip, encode_to decode_from, hexlify unhexlify, add_prefix remove_prefix"
)
_BY_NAME = [(pair.split()[0], pair.split()[1]) for pair in _PAIRS.split(", ")]
"""What one says the other undoes."""


_OF_TEXT = {"parse", "from_string", "from_str", "from_text", "fromstring", "loads", "parse_string", "from_repr"}
"""Names of what reads the text that an object is shown as."""
_CALLED = {TargetKind.FUNCTION, TargetKind.METHOD, TargetKind.CLASSMETHOD, TargetKind.STATICMETHOD}


@dataclass(frozen=True, slots=True)
class Partner:
    """Another function of the module, ready to be called with what is usual for it."""

    callee: Callee
    base: Input
    is_named: bool  # the names say that the target undoes it
    pools: Sequence[Sequence[Term]] = ()  # values for each place, the most typical first
    shape: ClassShape | None = None  # the class of a method


def partners_of(target: Target, module: Module) -> list[Target]:
    """Functions of the same module whose work the target may undo, those that the names tell of first.

    Of methods only such as the names tell of, in the same class: ``Color.parse`` and ``Color.__str__``.
    """
    is_method = "." in target.qualname
    plain = [each for each in plain_others(target, module) if not is_method or undoes(target.name, each.name)]
    plain.sort(key=lambda each: (not undoes(target.name, each.name), not each.is_public))
    return plain[:MAX_PARTNERS]


def plain_others(target: Target, module: Module) -> list[Target]:
    """The other functions of the module that just give a result, or methods of the same class."""
    owner = target.qualname.rpartition(".")[0]
    if target.kind not in _CALLED or "." in owner or (owner and target.kind is TargetKind.FUNCTION):
        return []
    others = [each for each in module.targets if each.key != target.key and each.kind in _CALLED]
    same = [each for each in others if each.qualname.rpartition(".")[0] == owner]
    return [each for each in same if not (each.is_async or each.is_generator)]


def undoes(name: str, other: str) -> bool:
    """Whether a function called ``name`` should undo what ``other`` does."""
    if other == "__str__":
        return name.strip("_").lower() in _OF_TEXT
    mine, others = words_of_name(name), words_of_name(other)
    is_glued = any(_is_glued(name.lower(), other.lower(), *pair) for pair in _BY_NAME)
    return is_glued or any(_is_pair(mine, others, *pair) for pair in _BY_NAME) or _is_turned(mine, others)


def _is_glued(mine: str, others: str, there: str, back: str) -> bool:
    """``b58decode`` and ``b58encode``."""
    return min(len(there), len(back)) >= _WORD and back in mine and mine.replace(back, there) == others


def _is_pair(mine: Sequence[str], others: Sequence[str], there: str, back: str) -> bool:
    """``decode_shift`` and ``encode_shift``: the same words but for one that turns into its opposite."""
    if back not in mine or there not in others:
        return False
    return [word for word in mine if word != back] == [word for word in others if word != there]


def _is_turned(mine: Sequence[str], others: Sequence[str]) -> bool:
    """``roman_to_int`` and ``int_to_roman``."""
    for joint in ("to", "2"):
        if joint in mine[1:-1] and joint in others[1:-1]:
            at, there = mine.index(joint), others.index(joint)
            return (mine[:at], mine[at + 1 :]) == (others[there + 1 :], others[:there])
    return False


def words_of_name(name: str) -> list[str]:
    """The words of a name in snake or camel case."""
    return [word.lower() for word in re.split(r"_|(?<=[a-z])(?=[A-Z])", name.strip("_")) if word]


def answers(prober: Prober, callee: Callee, partners: Sequence[Partner]) -> list[tuple[int, Term]]:
    """What a function gives that the target undoes by its name, as values for the place of the one that it needs."""
    places = [at for at, item in enumerate(callee.parameters) if item.is_required]
    if len(places) != 1:
        return []
    rows = [(each, row) for each in partners if each.is_named for row in rows_of(each)]
    probes = [probe_of(each.callee, row, f"answer#{rank}")[0] for rank, (each, row) in enumerate(rows)]
    seen = prober.probe(probes) if probes else []
    given = [one.value for one in seen if one.outcome == "returned" and one.value is not None]
    terms = unique([from_source(value.source, value.imports) for value in given if value.source])
    return [(places[0] + bool(callee.receiver), term) for term in terms if len(term.source) <= LONGEST]


def rows_of(partner: Partner) -> list[Input]:
    """Inputs of a partner that differ in what varies: its one argument, or else the object."""
    places = [at for at, item in enumerate(partner.callee.parameters) if item.is_required]
    at = places[0] + bool(partner.callee.receiver) if places else 0
    return [(*partner.base[:at], term, *partner.base[at + 1 :]) for term in partner.pools[at][:_ANSWERS]]
