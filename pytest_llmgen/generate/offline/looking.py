"""A second look at what the search kept: is it the same again, and what became of the objects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pytest_llmgen.generate.offline.calls import Callee, Input, names_in
from pytest_llmgen.generate.offline.clock import elsewhere, later
from pytest_llmgen.generate.offline.ears import HEARD
from pytest_llmgen.generate.offline.search import Find, outcome_text, probe_of
from pytest_llmgen.generate.offline.write import Look, Seen
from pytest_llmgen.records import RESULT, Observation, Prober

_MAX_LOOKS = 8


_Key = tuple[Input, str]
Looked = dict[_Key, Observation | None]
"""What was the same each time, by input and by what was seen first; None where nothing was."""


def look_twice(
    prober: Prober,
    callee: Callee,
    finds: Sequence[Find],
    *,
    reads_clock: bool = False,
    known: Looked | None = None,
) -> list[Seen]:
    """The finds that came out the same a second time (with another clock, too), with what is seen of objects.

    What is not the same of an object is left out; where the outcome is not, so is the find. ``known`` is what earlier
    looks saw, and takes what is seen here.
    """
    known = {} if known is None else known
    asked = {_key(find): find for find in finds if _key(find) not in known}
    known.update(dict.fromkeys(asked))
    known.update({key: find.observation for key, find in _stable(prober, callee, asked, reads_clock).items()})
    same = [replace(find, observation=seen) for find in finds if (seen := known[_key(find)]) is not None]
    return [shown for find in same if (shown := _with_looks(callee, find)) is not None]


def _key(find: Find) -> _Key:
    return find.row, outcome_text(find.observation)


def _stable(prober: Prober, callee: Callee, finds: Mapping[_Key, Find], has_clock: bool) -> dict[_Key, Find]:
    """Those that came out the same, with what was the same each time."""
    probes = [
        elsewhere(replace(probe_of(callee, find.row, f"again#{rank}")[0], alone=True))
        for rank, find in enumerate(finds.values())
    ]
    stable = _agreeing(finds, prober.probe(probes) if probes else [])
    for place in (0, 1) if has_clock and stable else ():
        probes = [probe_of(callee, find.row, "")[0] for find in stable.values()]
        ahead = [later(probe, f"later#{rank}")[place] for rank, probe in enumerate(probes)]
        stable = _agreeing(stable, prober.probe(ahead))
    return stable


def _agreeing(finds: Mapping[_Key, Find], again: Sequence[Observation]) -> dict[_Key, Find]:
    pairs = zip(finds.items(), again, strict=True)
    return {key: agreed for (key, find), second in pairs if (agreed := _agreed(find, second)) is not None}


def _agreed(find: Find, second: Observation) -> Find | None:
    """The find with what was the same both times; None where the outcome was another one."""
    first = find.observation
    was_opaque = first.value is not None and first.value.source is None
    is_listed = was_opaque and second.value is not None and second.value.source is not None
    if is_listed and first.outcome == second.outcome:
        return replace(find, observation=second)
    if outcome_text(replace(first, changed={})) != outcome_text(replace(second, changed={})):
        return None
    both = {name: value for name, value in second.changed.items() if first.changed.get(name) == value}
    return replace(find, observation=replace(second, changed=both))


def _with_looks(callee: Callee, find: Find) -> Seen | None:
    observation = find.observation
    last = tuple(Look(text, observation.changed[text]) for text in find.scene.afterwards if text in observation.changed)
    if observation.outcome == "raised":
        asked = [Look(text, value) for text, value in observation.changed.items() if text in find.scene.watched]
        return Seen(find, callee, last=(*(each for each in asked if each.value.source is not None), *last))
    hidden = {*find.scene.bound.values(), *find.scene.watched, *find.scene.afterwards}
    looks = [
        Look(text, value)
        for text, value in observation.changed.items()
        if text not in hidden and value.source is not None and (find.looks is None or text in find.looks)
    ]
    heard = tuple(each for each in looks if each.expression in HEARD.values())
    parts = tuple(each for each in looks if RESULT in names_in(each.expression))[:_MAX_LOOKS]
    state = tuple(each for each in looks if each not in (*parts, *heard))[:_MAX_LOOKS]
    value = observation.value
    if value is not None and value.source is None and not (parts or state or heard or last):
        return None
    return Seen(find, callee, state, parts, heard, last)
