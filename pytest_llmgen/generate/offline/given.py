"""Fixtures of the project as values: what each gives is seen once, in a probe that calls it as a function."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pytest_llmgen.generate.offline.calls import stand_ins
from pytest_llmgen.generate.offline.code import Parameter, dotted
from pytest_llmgen.generate.offline.terms import Term
from pytest_llmgen.records import Fixture, Probe, Prober, Target

_MAX_FIXTURES = 40
_QUICK = 0.25
"""Seconds, by the clock: a fixture that waits is as dear as one that works."""
_START, _TAKEN = "import time\n_started = time.perf_counter()", f"time.perf_counter() - _started < {_QUICK}"
_RESERVED = {"result", "expected", "value", "collect", "answers", "calls"}
"""Names that generated tests use themselves."""


@dataclass(frozen=True, slots=True)
class Given:
    """A fixture that a test may ask for, and the full name of the type that it gives."""

    name: str
    type_name: str
    stand_in: tuple[str, ...]  # what a probe has in its place

    @property
    def term(self) -> Term:
        """The fixture as a value."""
        return Term(self.name, fixtures=(self.name,), is_shared=True, label=self.name.replace("_", " "))


def given_by(prober: Prober, fixtures: Iterable[Fixture]) -> tuple[Given, ...]:
    """The fixtures that can be stood in for, give something, and are quick: a search calls them a thousand times."""
    fitting = [each for each in fixtures if each.stand_in and each.name not in _RESERVED][:_MAX_FIXTURES]
    lines = {each.name: (*stand_ins(each.needs), *each.stand_in) for each in fitting}
    probes = [Probe(f"fixture#{name}", "\n".join(code), name) for name, code in lines.items()]
    timed = [Probe(f"time#{name}", "\n".join([_START, *code]), _TAKEN) for name, code in lines.items()]
    found = prober.probe([*probes, *timed]) if probes else []
    seen, slow = found[: len(probes)], [one.value is None or one.value.source != "True" for one in found[len(probes) :]]
    return tuple(
        Given(each.name, one.value.type_name, lines[each.name])
        for each, one, is_slow in zip(fitting, seen, slow, strict=True)
        if not is_slow
        and one.outcome == "returned"
        and one.value is not None
        and one.value.type_name != "builtins.NoneType"
    )


def usable(given: Iterable[Given], target: Target) -> list[Given]:
    """Those whose names don't hide the function under test."""
    return [each for each in given if each.name not in {target.name, target.qualname.partition(".")[0]}]


def objects_of(given: Iterable[Given]) -> Mapping[str, list[Term]]:
    """The fixtures by the plain name of the class that they give an object of."""
    found: dict[str, list[Term]] = {}
    for each in given:
        if not each.type_name.startswith("builtins."):
            found.setdefault(each.type_name.rpartition(".")[2], []).append(each.term)
    return found


def named(given: Iterable[Given], parameter: Parameter) -> list[Term]:
    """The fixture of a parameter's own name, unless it gives another type than the one that is annotated."""
    kind = dotted(parameter.annotation).rpartition(".")[2] if parameter.annotation is not None else ""
    return [
        each.term
        for each in given
        if each.name == parameter.name and kind in {"", "Any", each.type_name.rpartition(".")[2]}
    ]
