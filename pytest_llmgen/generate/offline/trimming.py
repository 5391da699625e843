"""Of what became of an object only what a test needs: the looks at its state that kill what all of them together do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pytest_llmgen.generate.offline.calls import Callee
from pytest_llmgen.generate.offline.killing import Hunt
from pytest_llmgen.generate.offline.search import Find
from pytest_llmgen.generate.offline.shrinking import Needed
from pytest_llmgen.records import Mutant

_FEW = 2
"""Looks that are shown where no mutant tells which of them matter."""


def trimmed(hunt: Hunt, callee: Callee, wanted: Sequence[Needed]) -> list[Find]:
    """The inputs with the names of the looks that are worth showing, where the call changed several."""
    found = []
    for needed in wanted:
        looks = _changed(callee, needed.find)
        mutants = [mutant for mutant in hunt.mutants if mutant.id in needed.share]
        chosen = _chosen(hunt, needed.find, looks, mutants) if len(looks) > 1 else looks
        found.append(replace(needed.find, looks=tuple(chosen)))
    return found


def _changed(callee: Callee, find: Find) -> list[str]:
    """What shows a change of the object, the fullest first: lengths tell least."""
    changed = find.observation.changed
    names = [look for look in callee.looks_at(find.row) if look in changed and changed[look].source is not None]
    return sorted(names, key=lambda look: (look.startswith("len("), not look.startswith(("dict(", "list("))))


def _chosen(hunt: Hunt, find: Find, looks: Sequence[str], mutants: Sequence[Mutant]) -> list[str]:
    variants = [_seen_by(find, [look], looks) for look in looks]
    asked = [(mutant, tuple(range(len(variants)))) for mutant in mutants]
    met = hunt.differing(variants, asked)
    missing = [places for places in met if places]
    chosen: list[str] = []
    while missing:
        best = max(range(len(looks)), key=lambda place: (sum(place in places for places in missing), -place))
        chosen.append(looks[best])
        missing = [places for places in missing if best not in places]
    return [look for look in looks if look in chosen] or list(looks[:_FEW])


def _seen_by(find: Find, kept: Sequence[str], looks: Sequence[str]) -> Find:
    """The input as it would show itself by some looks only."""
    gone = set(looks) - set(kept)
    watch = tuple(name for name in find.probe.watch if name not in gone)
    changed = {name: value for name, value in find.observation.changed.items() if name not in gone}
    return replace(find, probe=replace(find.probe, watch=watch), observation=replace(find.observation, changed=changed))
