"""Functions whose results another one takes, by their names: ``verify(text, sig)`` that of ``get_signature(text)``.

No promise is read from such names: a test shows what comes of it, and that may well be an error.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pytest_llmgen.generate.offline.calls import Callee, Input
from pytest_llmgen.generate.offline.code import FunctionNode, parameters
from pytest_llmgen.generate.offline.partners import LONGEST, Partner, plain_others, rows_of, undoes, words_of_name
from pytest_llmgen.generate.offline.search import probe_of
from pytest_llmgen.generate.offline.terms import Term, from_source
from pytest_llmgen.records import Module, Prober, Target

_MAKERS = {"get", "make", "create", "generate", "compute", "calculate", "build", "new", "render", "find"}
_BACK = ("un", "de")
_SHORTEST = 3
"""Letters of a short form: ``sig`` for a signature."""
_MAX_FEEDERS = 3


@dataclass(frozen=True, slots=True)
class Feeder:
    """A function that is ready to be called, and the parameter of the target that takes what it gives."""

    partner: Partner
    taker: str


def feeders_of(target: Target, node: FunctionNode, module: Module) -> list[tuple[Target, str]]:
    """Functions that give what a parameter of the target is called after, each with that parameter."""
    needed = [item.name for item in parameters(node) if item.is_required and item.name not in {"self", "cls"}]
    others = [each for each in plain_others(target, module) if not undoes(target.name, each.name)]
    found = [(each, name) for each in others for name in needed if _is_meant(target.name, name, each.name, len(needed))]
    return found[:_MAX_FEEDERS]


def _is_meant(target: str, parameter: str, other: str, count: int) -> bool:
    mine, others, asked = words_of_name(target), words_of_name(other), words_of_name(parameter)
    is_turned = count == 1 and any(mine[:1] == [f"{back}{word}"] for back in _BACK for word in others[:1])
    return is_turned or _is_result(asked, others) or any(_is_done(word, others) for word in asked)


def _is_result(asked: Sequence[str], others: Sequence[str]) -> bool:
    """``sig`` or ``signature`` of ``get_signature``."""
    made = "_".join(others[1:]) if others[:1] and others[0] in _MAKERS else ""
    return len("_".join(asked)) >= _SHORTEST and made.startswith("_".join(asked))


def _is_done(word: str, others: Sequence[str]) -> bool:
    """``signed`` of ``sign``, ``encoded`` of ``encode``."""
    return word.endswith("ed") and bool({word.removesuffix("ed"), word.removesuffix("d")} & set(others[:1]))


def fed(prober: Prober, callee: Callee, base: Input, feeders: Sequence[Feeder]) -> list[Input]:
    """Inputs with what the feeders give, and with the object and the arguments that they gave it for."""
    asked = [(each, row) for each in feeders if each.taker in callee.places for row in rows_of(each.partner)]
    probes = [probe_of(each.partner.callee, row, f"feed#{rank}")[0] for rank, (each, row) in enumerate(asked)]
    seen = prober.probe(probes) if probes else []
    return [
        _input(callee, base, each, given, from_source(one.value.source, one.value.imports))
        for (each, given), one in zip(asked, seen, strict=True)
        if one.outcome == "returned" and one.value is not None
        if one.value.source and one.value.source != "None" and len(one.value.source) <= LONGEST
    ]


def _input(callee: Callee, base: Input, feeder: Feeder, given: Input, answer: Term) -> Input:
    """The usual input with an answer in its place, and with what that was given for."""
    theirs = dict(zip(feeder.partner.callee.places, given, strict=True))
    row = dict(zip(callee.places, base, strict=True))
    common = {callee.receiver, *(item.name for item in callee.parameters)} & theirs.keys()
    return tuple({**row, **{place: theirs[place] for place in common}, feeder.taker: answer}.values())
