"""Functions that may undo each other: by their names, or just by what they take."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pytest_llmgen.generate.offline.calls import Callee, Input
from pytest_llmgen.records import Module, Target, TargetKind

MAX_PARTNERS = 8
_PAIRS = (
    "encode decode, encrypt decrypt, encipher decipher, compress decompress, serialize deserialize, dumps loads, "
    "serialise deserialise, dump load, pack unpack, quote unquote, escape unescape, marshal unmarshal, format parse, "
    "flatten unflatten, to from, stringify parse, join split, render parse, pluralize singularize, wrap unwrap, "
    "camelize underscore, zip unzip, encode_to decode_from, hexlify unhexlify, add_prefix remove_prefix"
)
_BY_NAME = [(pair.split()[0], pair.split()[1]) for pair in _PAIRS.split(", ")]
"""What one says the other undoes."""


@dataclass(frozen=True, slots=True)
class Partner:
    """Another function of the module, ready to be called with what is usual for it."""

    callee: Callee
    base: Input
    is_named: bool  # the names say that the target undoes it


def partners_of(target: Target, module: Module) -> list[Target]:
    """Functions of the same module whose work the target may undo, those that the names tell of first."""
    if target.kind is not TargetKind.FUNCTION or "." in target.qualname:
        return []
    plain = [
        each
        for each in module.targets
        if each.kind is TargetKind.FUNCTION
        and "." not in each.qualname
        and each.key != target.key
        and not (each.is_async or each.is_generator)
    ]
    plain.sort(key=lambda each: (not undoes(target.name, each.name), not each.is_public))
    return plain[:MAX_PARTNERS]


def undoes(name: str, other: str) -> bool:
    """Whether a function called ``name`` should undo what ``other`` does."""
    mine, others = _words(name), _words(other)
    return any(_is_pair(mine, others, *pair) for pair in _BY_NAME) or _is_turned(mine, others)


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


def _words(name: str) -> list[str]:
    return [word.lower() for word in re.split(r"_|(?<=[a-z])(?=[A-Z])", name.strip("_")) if word]
