"""A second look at what the search kept: is it the same again, and what became of the objects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pytest_llmgen.generate.offline.calls import Callee, look
from pytest_llmgen.generate.offline.clock import later
from pytest_llmgen.generate.offline.questions import showing
from pytest_llmgen.generate.offline.search import Find, outcome_text, probe_of
from pytest_llmgen.generate.offline.world import ClassShape, World
from pytest_llmgen.generate.offline.write import Look, Seen
from pytest_llmgen.records import Observation, Probe, Prober

_MAX_LOOKS = 6


def look_twice(
    prober: Prober, callee: Callee, world: World, finds: Sequence[Find], *, reads_clock: bool = False
) -> list[Seen]:
    """The finds that came out the same a second time (with another clock, too), with their objects' attributes."""
    probes = [replace(probe_of(callee, find.row, f"again#{rank}")[0], alone=True) for rank, find in enumerate(finds)]
    again = prober.probe(probes) if probes else []
    pairs = zip(finds, again, strict=True)
    stable = [replace(find, observation=second) for find, second in pairs if _is_same(find, second)]
    if reads_clock and stable:
        shifted = [later(probe_of(callee, find.row, "")[0], f"later#{rank}") for rank, find in enumerate(stable)]
        pairs = zip(stable, prober.probe(shifted), strict=True)
        stable = [find for find, seen_later in pairs if _is_same(find, seen_later)]
    return [seen for find in stable if (seen := _with_looks(prober, callee, world, find)) is not None]


def _is_same(find: Find, second: Observation) -> bool:
    first = find.observation
    was_listed = first.value is not None and first.value.source is None and second.value is not None
    if was_listed and first.outcome == second.outcome == "returned":
        return True
    return outcome_text(first) == outcome_text(second)


def _with_looks(prober: Prober, callee: Callee, world: World, find: Find) -> Seen | None:
    observation = find.observation
    if observation.outcome == "raised":
        return Seen(find, callee)
    state = _state(callee.looks_at(find.row) if find.looks is None else find.looks, observation)
    parts: tuple[Look, ...] = ()
    value = observation.value
    if value is not None and value.source is None:
        made = world.class_of(value.type_name)
        parts = _parts(prober, callee, made, find) if made else ()
        if not parts and not state:
            return None
    return Seen(find, callee, state, parts)


def _state(looks: Sequence[str], observation: Observation) -> tuple[Look, ...]:
    """Attributes of the object that the call changed."""
    changed = [(text, observation.changed[text]) for text in looks if text in observation.changed]
    return tuple(Look(text, value) for text, value in changed if value.source is not None)[:_MAX_LOOKS]


def _parts(prober: Prober, callee: Callee, made: ClassShape, find: Find) -> tuple[Look, ...]:
    """Attributes of an object that the call returned."""
    probe, scene = probe_of(callee, find.row, "parts")
    names = made.attributes[:_MAX_LOOKS] or showing(made)
    expressions = [look("result", name) for name in names]
    seen = _values(prober, f"{probe.setup}\nresult = {scene.expression}", expressions)
    pairs = zip(expressions, seen, strict=True)
    return tuple(Look(text, item.value) for text, item in pairs if _is_shown(item) and item.value is not None)


def _values(prober: Prober, setup: str, expressions: Sequence[str]) -> list[Observation]:
    probes = [Probe(text, setup, text) for text in expressions]
    found = prober.probe(probes) if probes else []
    return [replace(item, seconds=0.0, output="") for item in found]


def _is_shown(observation: Observation) -> bool:
    return observation.outcome == "returned" and observation.value is not None and observation.value.source is not None
