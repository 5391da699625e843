"""Of what became of an object only what a test needs: the looks at its state that kill what all of them together do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pytest_llmgen.generate.offline.killing import Hunt
from pytest_llmgen.generate.offline.search import Find
from pytest_llmgen.generate.offline.shrinking import Needed
from pytest_llmgen.records import Mutant

_FEW = 2
"""Looks that are shown where no mutant tells which of them matter."""


def trimmed(hunt: Hunt, wanted: Sequence[Needed]) -> list[Find]:
    """The inputs with the names of the looks that are worth showing, where there are several."""
    found = []
    for needed in wanted:
        looks = _looks(needed.find)
        mutants = [mutant for mutant in hunt.mutants if mutant.id in needed.share]
        chosen = _chosen(hunt, needed.find, looks, mutants) if len(looks) > 1 else looks
        found.append(replace(needed.find, looks=tuple(chosen)))
    return found


def _looks(find: Find) -> list[str]:
    """What shows the object, the result or what was said, the fullest first: lengths tell least."""
    plain = {*find.scene.bound.values(), *find.scene.watched, *find.scene.afterwards}
    seen = find.observation.changed.items()
    names = [name for name, value in seen if name not in plain and value.source is not None]
    return sorted(names, key=lambda look: (look.startswith("len("), not look.startswith(("dict(", "list("))))


def _chosen(hunt: Hunt, find: Find, looks: Sequence[str], mutants: Sequence[Mutant]) -> list[str]:
    variants = [_seen_by(find, look, looks) for look in looks]
    steady = hunt.steady(variants)
    met = hunt.differing(variants, [(mutant, tuple(steady)) for mutant in mutants]) if steady else []
    missing = [places for places in met if places]
    chosen: list[str] = []
    while missing:
        best = max(steady, key=lambda place: (sum(place in places for places in missing), -place))
        chosen.append(looks[best])
        missing = [places for places in missing if best not in places]
    return [look for look in looks if look in chosen] or list(looks[:_FEW])


def _seen_by(find: Find, kept: str, looks: Sequence[str]) -> Find:
    """The input as it would show itself by one look only."""
    gone = frozenset(looks) - {kept}
    watch = tuple(name for name in find.probe.watch if name not in gone)
    probe = replace(find.probe, watch=watch, unseen=tuple(dict.fromkeys([*find.probe.unseen, *sorted(gone)])))
    changed = {name: value for name, value in find.observation.changed.items() if name not in gone}
    return replace(find, probe=probe, observation=replace(find.observation, changed=changed))
